//! Who joined and who left, and how many could be written to at any time: every state of consent that a person was seen in,
//! in its order.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::America::New_York;
use serde_json::Value;

use super::account::fields;
use super::facts::{Deed, Fact, Way, count, many, share};
use super::paper::{Figure, Numbers, Paper, Range};
use super::{CROWD, METRICS};
use crate::support::{Served, seed};

/// As if profiles had been read since noon of 30 October in New York. Whoever had left was a subscriber before; and some went
/// in November, for good or for a few days.
const HISTORY: &str = "
    update klaviyo_consent_history
    set seen_at = greatest(timestamp '2026-10-30 16:00', changed_at + interval '1' hour);
    update klaviyo_consent_history
    set seen_at = seen_at + interval '1' minute, previous_consent = 'SUBSCRIBED', previous_can_receive = true
    where not can_receive;
    insert into klaviyo_consent_history (profile_id, channel, consent, can_receive, changed_at, seen_at)
    select profile_id, channel, 'SUBSCRIBED', true, changed_at - interval '40' day, timestamp '2026-10-30 16:00'
    from klaviyo_consent_history
    where not can_receive;
    insert into klaviyo_consent_history
        (profile_id, channel, consent, can_receive, reason, changed_at, seen_at, previous_consent, previous_can_receive)
    select
        profile_id, channel, if(hash(profile_id) % 5 = 0, 'UNSUBSCRIBED', 'SUBSCRIBED'), false,
        ['UNSUBSCRIBE', 'USER_SUPPRESSED', 'HARD_BOUNCE', 'SPAM_COMPLAINT', 'INVALID_EMAIL'][1 + cast(hash(profile_id) % 5 as integer)],
        timestamp '2026-11-03 03:00' + to_minutes(cast(hash(profile_id) % 2880 as integer)),
        timestamp '2026-11-05 12:00', 'SUBSCRIBED', true
    from (select *, count(*) over (partition by profile_id, channel) as states from klaviyo_consent_history)
    where can_receive and states = 1 and changed_at < '2026-10-29' and hash(profile_id || channel) % 5 < 2;
    insert into klaviyo_consent_history
        (profile_id, channel, consent, can_receive, changed_at, seen_at, previous_consent, previous_can_receive)
    select
        profile_id, channel, 'SUBSCRIBED', true,
        timestamp '2026-11-08 12:00' + to_minutes(cast(hash(profile_id) % 2880 as integer)),
        timestamp '2026-11-11 12:00', consent, false
    from klaviyo_consent_history
    where seen_at = '2026-11-05 12:00' and not can_receive and hash(profile_id || channel) % 5 = 0";

/// As if it had been read for years.
const EARLIER: &str = "update klaviyo_consent_history set seen_at = seen_at - interval '5' year";

const CHANNELS: [(&str, &str); 4] = [("email", "Email"), ("sms", "SMS"), ("push", "Push"), ("whatsapp", "WhatsApp")];

/// Somebody who can be written to since then, or who cannot any more.
struct Move {
    channel: String,
    at: NaiveDateTime,
    joined: bool,
    /// In words.
    reason: &'static str,
}

/// All that is known of consent.
struct History {
    began_at: NaiveDateTime,
    moves: Vec<Move>,
    /// Who ever consented to texts.
    texted: BTreeSet<String>,
}

fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").expect("a time")
}

/// When a local day begins, in UTC.
pub(super) fn midnight(day: NaiveDate) -> NaiveDateTime {
    New_York.from_local_datetime(&day.and_time(NaiveTime::MIN)).single().expect("a midnight").naive_utc()
}

impl History {
    fn read() -> History {
        let sql = "select
                profile_id, channel, seen_at, can_receive, changed_at, coalesce(consent, '') as consent,
                coalesce(reason, '') as reason
            from klaviyo_consent_history";
        let mut rows = fields(&CROWD.store, sql);
        rows.sort_by_key(|it| (it[0].clone(), it[1].clone(), at(&it[2])));
        let mut history = History {
            began_at: rows.iter().map(|it| at(&it[2])).min().expect("a history"),
            moves: Vec::new(),
            texted: BTreeSet::new(),
        };
        for (place, row) in rows.iter().enumerate() {
            let before = place.checked_sub(1).map(|it| &rows[it]).filter(|it| it[..2] == row[..2]);
            let could = before.is_some_and(|it| it[3] == "true");
            let can = row[3] == "true";
            if row[1].starts_with("sms") && matches!(row[5].as_str(), "SUBSCRIBED" | "UNSUBSCRIBED") {
                history.texted.insert(row[0].clone());
            }
            if can != could {
                let was_suppressed = before.is_some_and(|it| !it[6].is_empty());
                let reason = if can { came(was_suppressed) } else { left(&row[6], &row[5]) };
                history.moves.push(Move { channel: row[1].clone(), at: at(&row[4]), joined: can, reason });
            }
        }
        history
    }

    /// How many could be written to just before then: nobody knows of a time before the history.
    fn stock(&self, channel: &str, before: NaiveDateTime) -> Option<i64> {
        let own = self.moves.iter().filter(|it| it.channel == channel && it.at < before);
        let sum = own.map(|it| if it.joined { 1 } else { -1 }).sum();
        Some(sum).filter(|_| self.began_at < before)
    }

    /// Who joined and left from the one time to before the other.
    fn moved(&self, channel: &str, from: NaiveDateTime, until: NaiveDateTime) -> (i64, i64) {
        let own = || self.moves.iter().filter(|it| it.channel == channel && from <= it.at && it.at < until);
        (many(own().filter(|it| it.joined)), many(own().filter(|it| !it.joined)))
    }
}

fn came(was_suppressed: bool) -> &'static str {
    if was_suppressed { "Can be written to again" } else { "Subscribed" }
}

fn left(reason: &str, consent: &str) -> &'static str {
    match (reason, consent) {
        ("HARD_BOUNCE", _) => "Suppressed: hard bounce",
        ("INVALID_EMAIL", _) => "Suppressed: invalid address",
        ("SPAM_COMPLAINT", _) => "Suppressed: marked as spam",
        ("USER_SUPPRESSED", _) => "Suppressed by hand",
        ("UNSUBSCRIBE", _) | (_, "UNSUBSCRIBED") => "Unsubscribed",
        ("DELETED", _) => "Profile deleted",
        _ => "Not told",
    }
}

#[test]
fn growth_is_what_the_history_of_consent_says() {
    let mut known = 0;
    for change in [HISTORY, EARLIER] {
        seed(&CROWD.store, change);
        let (history, served) = (History::read(), CROWD.serve());
        for range in CROWD.ranges() {
            for channel in [None, Some("email"), Some("sms")] {
                let of = channel.map(|it| format!("&channel={it}")).unwrap_or_default();
                let paper = Paper::of(&served, &format!("/audience?range={}&limit=1000{of}", range.text));
                known += growth(&paper, &range, &history, channel);
                stocks(&paper, &range, &history, channel);
                reasons(&paper, &range, &history, channel);
            }
            overview(&Paper::of(&served, &format!("/overview?range={}", range.text)), &range, &history);
            rules(&served, &range, &history);
        }
    }
    assert!(known > 20, "what is unknown proves nothing: {known}");
}

fn now(channel: &str) -> i64 {
    many(CROWD.account.profiles.values().filter(|it| it.can_receive.contains(channel)))
}

fn start(range: &Range) -> NaiveDateTime {
    midnight(range.first)
}

fn end(range: &Range) -> NaiveDateTime {
    midnight(range.last + Days::new(1))
}

/// How many shares of growth are known.
fn growth(paper: &Paper, range: &Range, history: &History, asked: Option<&str>) -> usize {
    let profiles = many(CROWD.account.profiles.values());
    let mut expected = BTreeMap::new();
    for (channel, title) in CHANNELS.iter().filter(|it| asked.is_none_or(|asked| asked == it.0)) {
        let before = history.stock(channel, start(range));
        let (joined, lost) = history.moved(channel, start(range), end(range));
        let of = |it: i64| before.and_then(|_| count(it));
        let numbers = Numbers::from([
            ("subscribers", count(now(channel))),
            ("subscribedShare", share(now(channel), profiles)),
            ("atStart", before.and_then(count)),
            ("joined", of(joined)),
            ("lost", of(lost)),
            ("netChange", of(joined - lost)),
            ("growthRate", before.and_then(|it| share(joined - lost, it))),
            ("churnRate", before.and_then(|it| share(lost, it))),
        ]);
        expected.insert((*title).to_owned(), numbers);
    }
    paper.table("audience_channels", |it| it["channel"].as_str().unwrap_or_default().to_owned(), &expected, |_| true);
    let own = asked.unwrap_or("email");
    let title = CHANNELS.iter().find(|it| it.0 == own).expect("a channel").1;
    let daily = range.days().map(|it| history.stock(own, midnight(it + Days::new(1))).and_then(count));
    paper.figure(
        "subscribers",
        &Figure { current: count(now(own)), previous: expected[title]["atStart"], daily: Some(daily.collect()) },
    );
    paper.figure("growth_rate", &Figure { current: expected[title]["growthRate"], ..Figure::default() });
    expected.values().filter(|it| it["growthRate"].is_some_and(|it| it != 0.0)).count()
}

/// How many could be written to at the end of the last day of each point.
fn stocks(paper: &Paper, range: &Range, history: &History, asked: Option<&str>) {
    let at_end = |channel: &str, day: NaiveDate| history.stock(channel, midnight(day + Days::new(1)));
    if range.days().filter(|it| at_end("email", *it).is_some()).count() < 2 {
        assert!(paper.says_nothing("subscribers"), "{}: a curve of nothing", paper.asked);
        return;
    }
    for (channel, _) in CHANNELS.iter().filter(|it| asked.is_none_or(|asked| asked == it.0)) {
        for (label, days, value) in paper.points("subscribers", range, channel) {
            let known = days.iter().rev().find_map(|it| at_end(channel, *it));
            paper.number(&format!("{channel}, {label}"), &value, known.and_then(count));
        }
    }
}

/// Who was there when the history began did not come then.
fn reasons(paper: &Paper, range: &Range, history: &History, asked: Option<&str>) {
    let mut people: BTreeMap<String, i64> = BTreeMap::new();
    for it in &history.moves {
        let Some((channel, title)) = CHANNELS.iter().find(|own| own.0 == it.channel) else { continue };
        let is_known = start(range) <= it.at && it.at < end(range) && it.at > history.began_at;
        if is_known && asked.is_none_or(|asked| asked == *channel) {
            let way = if it.joined { "Joined" } else { "Left" };
            *people.entry(format!("{way} {title} {}", it.reason)).or_default() += 1;
        }
    }
    let expected = people.into_iter().map(|(key, it)| (key, Numbers::from([("people", count(it))]))).collect();
    let key = |it: &Value| {
        let text = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", text("direction"), text("channel"), text("reason"))
    };
    paper.table("audience_reasons", key, &expected, |_| true);
}

fn overview(paper: &Paper, range: &Range, history: &History) {
    let stock = |day: NaiveDate| history.stock("email", midnight(day + Days::new(1))).and_then(count);
    paper.figure(
        "subscribers",
        &Figure {
            current: count(now("email")),
            previous: range.compared.and_then(|it| stock(it.1)),
            daily: Some(range.days().map(stock).collect()),
        },
    );
    let moved = |day: NaiveDate| {
        let (from, until) = (midnight(day), midnight(day + Days::new(1)));
        let from = if from <= history.began_at { history.began_at + chrono::TimeDelta::microseconds(1) } else { from };
        (until > history.began_at).then(|| history.moved("email", from, until))
    };
    let all: Vec<(i64, i64)> = range.days().filter_map(moved).collect();
    if all.iter().all(|it| *it == (0, 0)) {
        assert!(paper.says_nothing("subscriber-growth"), "{}: who came and went", paper.asked);
        return;
    }
    for (key, of) in [("joined", (|it| it.0) as fn((i64, i64)) -> i64), ("gone", |it| it.1)] {
        for (label, days, value) in paper.points("subscriber-growth", range, key) {
            let known: Vec<i64> = days.iter().filter_map(|it| moved(*it)).map(of).collect();
            let sum = (!known.is_empty()).then(|| known.iter().sum()).and_then(count);
            paper.number(&format!("{key}, {label}"), &value, sum);
        }
    }
}

/// Rules of the audit that rest on consent.
fn rules(served: &Served, range: &Range, history: &History) {
    let name = |it: &Value| it["name"].as_str().unwrap_or_default().to_owned();
    let paper = Paper::of(served, &format!("/benchmarks/growth?range={}&limit=1000", range.text));
    let mut expected = BTreeMap::new();
    let mut worse = BTreeSet::new();
    for (channel, title) in CHANNELS {
        let (gained, lost) = history.moved(channel, start(range), end(range));
        // The first moment of a range is known to one that began just then.
        if history.began_at <= start(range) && gained + lost > 0 {
            let numbers = [("gained", count(gained)), ("lost", count(lost)), ("net", count(gained - lost))];
            expected.insert(title.to_owned(), Numbers::from(numbers));
            worse.extend((gained < lost).then(|| title.to_owned()));
        }
    }
    paper.table("audit_growth", name, &expected, |_| true);
    for row in paper.block("audit_growth")["rows"].as_array().expect("rows") {
        let verdict = if worse.contains(&name(row)) { "Act" } else { "Passes" };
        assert_eq!(row["verdict"], verdict, "{}: {row}", paper.asked);
    }
    let paper = Paper::of(served, &format!("/benchmarks/texts-without-consent?range={}&limit=1000", range.text));
    let facts = CROWD.facts(METRICS[0], false);
    let mut sent: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let is_text = |it: &&Fact<'_>| it.deed == Deed::Delivered && it.channel == "sms";
    for fact in facts.within(Way::by_send_day(range.first, range.last)).filter(is_text) {
        if CROWD.account.profiles.contains_key(fact.person) {
            let is_campaign = matches!(fact.sender, Some(super::account::Sender::Campaign(_)));
            let kind = sent.entry(if is_campaign { "Campaigns" } else { "Flows" }.to_owned()).or_default();
            kind.0 += 1;
            kind.1 += i64::from(!history.texted.contains(fact.person));
        }
    }
    let numbers = |(delivered, without): (i64, i64)| {
        Numbers::from([
            ("delivered", count(delivered)),
            ("withoutConsent", count(without)),
            ("judgedShare", share(without, delivered)),
        ])
    };
    let expected = sent.into_iter().map(|(kind, it)| (kind, numbers(it))).collect();
    paper.table("audit_texts_without_consent", name, &expected, |_| true);
    for row in paper.block("audit_texts_without_consent")["rows"].as_array().expect("rows") {
        let verdict = if row["withoutConsent"].as_i64() > Some(0) { "Act" } else { "Passes" };
        assert_eq!(row["verdict"], verdict, "{}: {row}", paper.asked);
    }
}
