//! The audit: what its rules rest on, and what they say of it. Bounds are those of the dictionary.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate};
use serde_json::Value;

use super::SHOP;
use super::account::Sender;
use super::facts::{Counts, Deed, Fact, Facts, Way, count, many, money, share};
use super::paper::{Numbers, Paper, Range};
use crate::support::Served;

/// Recipients from which on a sender is judged, and deliveries from which on a message is.
const LEAST: i64 = 200;

#[test]
fn rules_rest_on_what_the_raw_events_say() {
    let served = SHOP.serve();
    let facts = SHOP.facts("Placed Order", false);
    let (mut judged, mut weak) = (0, 0);
    for range in SHOP.ranges() {
        judged += rates(&served, &range, facts);
        machine_opens(&evidence(&served, "machine-opens", &range), &range, facts);
        frequency(&evidence(&served, "frequency", &range), &range, facts);
        shares(&served, &range, facts);
        suppressed(&evidence(&served, "suppressed", &range));
        values(&served, &range);
        weak += weak_messages(&evidence(&served, "weak-messages", &range), &range, facts);
    }
    assert!(judged > 20 && weak > 0, "nothing proves nothing: {judged}, {weak}");
}

fn evidence(served: &Served, rule: &str, range: &Range) -> Paper {
    Paper::of(served, &format!("/benchmarks/{rule}?range={}&limit=1000", range.text))
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

fn kind(fact: &Fact<'_>) -> &'static str {
    if matches!(fact.sender, Some(Sender::Campaign(_))) { "campaign" } else { "flow" }
}

fn way(range: &Range) -> Way {
    Way::by_send_day(range.first, range.last)
}

/// A rule of rates: which channels tell of it, the part, the whole, and the two bounds.
struct Rate {
    rule: &'static str,
    channels: &'static [&'static str],
    part: fn(&Counts) -> i64,
    whole: fn(&Counts) -> i64,
    healthy: f64,
    attention: f64,
}

const RATES: &[Rate] = &[
    Rate {
        rule: "bounces",
        channels: &["email", "push"],
        part: |it| it.bounced,
        whole: Counts::recipients,
        healthy: 0.01,
        attention: 0.02,
    },
    Rate {
        rule: "complaints",
        channels: &["email"],
        part: |it| it.complained,
        whole: |it| it.delivered,
        healthy: 0.0001,
        attention: 0.0005,
    },
    Rate {
        rule: "unsubscribes",
        channels: &["email", "sms"],
        part: |it| it.unsubscribed,
        whole: |it| it.delivered,
        healthy: 0.003,
        attention: 0.01,
    },
    Rate {
        rule: "failed-texts",
        channels: &["sms"],
        part: |it| it.failed,
        whole: Counts::recipients,
        healthy: 0.03,
        attention: 0.06,
    },
    Rate {
        rule: "clicks",
        channels: &["email"],
        part: |it| it.clicked,
        whole: |it| it.delivered,
        healthy: 0.012,
        attention: 0.008,
    },
];

/// Every sender, and all of a kind and channel together.
fn rates(served: &Served, range: &Range, facts: &Facts<'_>) -> usize {
    let mut judged: BTreeMap<String, (bool, Counts, String)> = BTreeMap::new();
    for ((kind, channel, sender), counts) in
        facts.counts(way(range), |it| Some((kind(it), it.channel.clone(), it.sender.clone())))
    {
        let name = sender.as_ref().map_or("", |it| SHOP.account.names.get(it).map_or("", |it| it));
        let all = judged
            .entry(format!("All {kind}s, {kind}, {channel}"))
            .or_insert_with(|| (true, Counts::default(), channel.clone()));
        all.1.take_in(&counts);
        judged.insert(format!("{name}, {kind}, {channel}"), (false, counts, channel));
    }
    judged.retain(|_, it| it.1.recipients() >= LEAST);
    let mut rows_seen = 0;
    for rate in RATES {
        let paper = evidence(served, rate.rule, range);
        let of: BTreeMap<_, _> = judged
            .iter()
            .filter(|(_, (_, counts, channel))| rate.channels.contains(&channel.as_str()) && (rate.whole)(counts) > 0)
            .collect();
        let key = |row: &Value| format!("{}, {}, {}", text(row, "name"), text(row, "kind"), text(row, "channel"));
        let numbers = |counts: &Counts| {
            Numbers::from([
                ("recipients", count(counts.recipients())),
                ("counted", count((rate.part)(counts))),
                ("whole", count((rate.whole)(counts))),
                ("judgedRate", share((rate.part)(counts), (rate.whole)(counts))),
                ("healthy", Some(rate.healthy)),
                ("attention", Some(rate.attention)),
            ])
        };
        let expected = of.iter().map(|(name, it)| ((*name).clone(), numbers(&it.1))).collect();
        paper.table("audit_rates", key, &expected, |_| true);
        for row in paper.block("audit_rates")["rows"].as_array().expect("rows") {
            let (is_all, counts, _) = of[&key(row)];
            let part = (rate.part)(counts);
            let got = share(part, (rate.whole)(counts)).expect("a rate");
            let (is_well, is_bad) = if rate.rule == "clicks" {
                (got >= rate.healthy, got < rate.attention)
            } else {
                (got <= rate.healthy || part <= 1, got > rate.attention)
            };
            // One sender alone is worth a look at most.
            let verdict = match (is_well, is_bad, is_all) {
                (true, ..) | (_, false, false) => "Passes",
                (_, true, true) => "Act",
                _ => "Look",
            };
            assert_eq!(row["verdict"], verdict, "{}: {row}", paper.asked);
            rows_seen += 1;
        }
    }
    rows_seen
}

fn machine_opens(paper: &Paper, range: &Range, facts: &Facts<'_>) {
    let of = |it: &Fact<'_>| (it.channel == "email").then(|| format!("{}s", kind(it)));
    let mut expected = BTreeMap::new();
    for (name, counts) in facts.counts(way(range), of) {
        let measures = counts.measures();
        if counts.recipients() >= LEAST && measures["openedAtAll"].is_some_and(|it| it > 0.0) {
            let numbers = Numbers::from([
                ("opened", measures["opened"]),
                ("openedOrMachine", measures["openedAtAll"]),
                ("judgedShare", measures["machineOpenShare"]),
            ]);
            expected.insert(name, numbers);
        }
    }
    paper.table("audit_machine_opens", |it| text(it, "name").to_lowercase(), &expected, |_| true);
}

/// Weeks from Monday, each beside the one before it.
fn frequency(paper: &Paper, range: &Range, facts: &Facts<'_>) {
    let monday = |day: NaiveDate| day - Days::new(u64::from(day.weekday().num_days_from_monday()));
    let way = Way::by_send_day(monday(range.first) - Days::new(7), range.last);
    let of = |it: &&Fact<'_>| it.channel == "email" && kind(it) == "campaign";
    let mut weeks: BTreeMap<NaiveDate, (i64, BTreeSet<&str>, i64)> = BTreeMap::new();
    for fact in facts.within(way).filter(of) {
        let week = weeks.entry(monday(fact.sent_on.expect("a send day"))).or_default();
        match fact.deed {
            Deed::Delivered => {
                week.0 += 1;
                week.1.insert(fact.person);
            }
            Deed::Unsubscribed => week.2 += 1,
            _ => {}
        }
    }
    weeks.retain(|_, it| it.0 > 0);
    let (mut expected, mut before) = (BTreeMap::new(), None);
    for (week, (delivered, people, unsubscribed)) in weeks {
        let rate = share(unsubscribed, delivered);
        let numbers = Numbers::from([
            ("delivered", count(delivered)),
            ("people", count(many(people.iter()))),
            ("perPerson", share(delivered, many(people.iter()))),
            ("unsubscribeRate", rate),
            ("rateBefore", before),
        ]);
        if week + Days::new(6) >= range.first {
            expected.insert(week.format("Week of %-d %b %Y").to_string(), numbers);
        }
        before = rate;
    }
    paper.table("audit_frequency", |it| text(it, "name"), &expected, |_| true);
}

/// Both by the day of the order.
fn shares(served: &Served, range: &Range, facts: &Facts<'_>) {
    let orders = SHOP.account.of_metric("Placed Order").filter(|it| range.has(it.day));
    let revenue: i64 = orders.map(super::account::Event::amount).sum();
    let by_event = Way { by_event: true, ..way(range) };
    let attributed = facts.sum(by_event, |_| true).revenue;
    let by_flows = facts.sum(by_event, |it| kind(it) == "flow").revenue;
    for (rule, name, part, whole, least, most) in [
        ("attributed-share", "Messages of all revenue", attributed, revenue, 0.2, 0.5),
        ("flow-share", "Flows of what messages earned", by_flows, attributed, 0.3, 0.5),
    ] {
        let paper = evidence(served, rule, range);
        let numbers = Numbers::from([
            ("revenue", money(revenue)),
            ("attributed", money(attributed)),
            ("byFlows", money(by_flows)),
            ("judgedShare", share(part, whole)),
            ("least", Some(least)),
            ("most", Some(most)),
        ]);
        let expected = BTreeMap::from([(name.to_owned(), numbers)]);
        paper.table("audit_attribution", |it| text(it, "name"), &expected, |_| whole > 0);
    }
}

fn suppressed(paper: &Paper) {
    let profiles = many(SHOP.account.profiles.values());
    let mut reasons: BTreeMap<String, i64> = BTreeMap::new();
    for reason in SHOP.account.profiles.values().filter_map(|it| it.suppression.as_ref()) {
        for name in [reason.replace('_', " ").to_lowercase(), "All suppressed".to_owned()] {
            *reasons.entry(name).or_default() += 1;
        }
    }
    let numbers = |it: i64| {
        Numbers::from([("suppressed", count(it)), ("profiles", count(profiles)), ("judgedShare", share(it, profiles))])
    };
    let expected = reasons.into_iter().map(|(name, it)| (name, numbers(it))).collect();
    paper.table("audit_suppressed", |it| text(it, "name"), &expected, |_| true);
}

fn values(served: &Served, range: &Range) {
    let orders: Vec<_> = SHOP.account.of_metric("Placed Order").filter(|it| range.has(it.day)).collect();
    let all = many(orders.iter());
    for (rule, name, left_out) in [
        ("foreign-values", "In another currency", many(orders.iter().filter(|it| it.is_foreign))),
        ("unreadable-values", "No amount", many(orders.iter().filter(|it| it.is_unreadable))),
    ] {
        let paper = evidence(served, rule, range);
        let numbers = Numbers::from([
            ("events", count(all)),
            ("leftOut", count(left_out)),
            ("judgedShare", share(left_out, all)),
        ]);
        paper.table("audit_values", |it| text(it, "name"), &BTreeMap::from([(name.to_owned(), numbers)]), |_| all > 0);
    }
}

/// Each beside the other messages of its flow and channel that are judged.
fn weak_messages(paper: &Paper, range: &Range, facts: &Facts<'_>) -> usize {
    let of = |it: &Fact<'_>| {
        SHOP.account.flow_messages.get(&it.message).map(|own| (own.0.clone(), it.channel.clone(), it.message.clone()))
    };
    let mut counts = facts.counts(way(range), of);
    counts.retain(|_, it| it.delivered >= LEAST);
    let mut expected = BTreeMap::new();
    for ((flow, channel, message), it) in &counts {
        let siblings = counts.iter().filter(|((its, via, other), _)| its == flow && via == channel && other != message);
        let (clicked, delivered) = siblings.fold((0, 0), |sum, it| (sum.0 + it.1.clicked, sum.1 + it.1.delivered));
        if delivered > 0 {
            let name = SHOP.account.message_names.get(message).unwrap_or(message);
            let numbers = Numbers::from([
                ("delivered", count(it.delivered)),
                ("clicked", count(it.clicked)),
                ("clickRate", share(it.clicked, it.delivered)),
                ("siblingRate", share(clicked, delivered)),
            ]);
            expected.insert(format!("{flow} {name}"), numbers);
        }
    }
    paper.table("audit_weak_messages", |it| format!("{} {}", text(it, "id"), text(it, "name")), &expected, |_| true);
    expected.len()
}
