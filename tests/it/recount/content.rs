//! Content: when to send, what subjects hold, how often to write, and through which channel.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, Timelike};
use serde_json::Value;

use super::account::{Sender, local};
use super::facts::{Counts, Deed, Fact, Facts, Way, count, each, many, share};
use super::paper::{Numbers, Paper, Range};
use super::{METRICS, SHOP, machine};

/// Recipients below which an hour is not shown.
const HOUR_LEAST: i64 = 500;

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

#[test]
fn content_says_what_the_raw_events_say() {
    let served = SHOP.serve();
    let ways = [("campaigns", "click-rate", 7), ("flows", "recipients", 30), ("all", "revenue", 7)];
    let mut hours = 0;
    for (metric, with_machines) in [(METRICS[0], false), (METRICS[0], true), (METRICS[1], false)] {
        let id = SHOP.account.metric(metric);
        for range in SHOP.ranges() {
            // One way is enough for the other metric.
            for (senders, show, days) in ways.into_iter().take(if metric == METRICS[0] { 3 } else { 1 }) {
                let machine = machine(with_machines);
                let asked = format!("range={}&machine={machine}&metric={id}&limit=1000", range.text);
                let paper = Paper::of(&served, &format!("/content?{asked}&senders={senders}&show={show}&days={days}"));
                let facts = SHOP.facts(metric, with_machines);
                hours += send_hours(&paper, &range, facts, senders, show);
                click_hours(&paper, &range, facts, senders);
                subjects(&paper, &range, facts, SHOP.facts(metric, false));
                frequency(&paper, &range, facts, days);
                channels(&paper, &range, facts, false);
                texts(&paper, &range, facts, false);
                if show == "click-rate" {
                    let paper = Paper::of(&served, &format!("/content?{asked}&basis=event"));
                    channels(&paper, &range, facts, true);
                    texts(&paper, &range, facts, true);
                }
            }
        }
    }
    assert!(hours > 0, "no hour has enough recipients to be compared");
}

fn is_of(fact: &Fact<'_>, senders: &str) -> bool {
    match &fact.sender {
        Some(Sender::Campaign(_)) => senders != "flows",
        Some(Sender::Flow(_)) => senders != "campaigns",
        None => senders == "all",
    }
}

fn place(at: NaiveDateTime) -> (usize, usize) {
    (at.weekday().num_days_from_monday() as usize, at.hour() as usize)
}

/// How many cells were compared.
fn send_hours(paper: &Paper, range: &Range, facts: &Facts<'_>, senders: &str, show: &str) -> usize {
    let way = Way::by_send_day(range.first, range.last);
    let cells = facts.counts(way, |it| it.sent_at.filter(|_| is_of(it, senders)).map(|it| place(local(it))));
    let mut compared = 0;
    for (weekday, row) in paper.block("send_hours")["rows"].as_array().into_iter().flatten().enumerate() {
        for (hour, cell) in row["cells"].as_array().expect("cells").iter().enumerate() {
            let counts = cells.get(&(weekday, hour)).cloned().unwrap_or_default();
            let value = match show {
                "recipients" => count(counts.recipients()).filter(|it| *it > 0.0),
                "click-rate" => counts.measures()["clickRate"],
                _ => each(counts.revenue, counts.recipients()),
            };
            let is_shown = show == "recipients" || counts.recipients() >= HOUR_LEAST;
            compared += usize::from(is_shown && value.is_some());
            paper.number(&format!("{} at {hour}", row["name"]), &cell["value"], value.filter(|_| is_shown));
        }
    }
    compared
}

/// Each click in the hour of the click, whenever its message was sent.
fn click_hours(paper: &Paper, range: &Range, facts: &Facts<'_>, senders: &str) {
    let way = Way { first: range.first, last: range.last, by_event: true };
    let mut cells: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    for fact in facts.within(way).filter(|it| it.deed == Deed::Click && is_of(it, senders)) {
        *cells.entry(place(fact.event.local)).or_default() += 1;
    }
    if paper.says_nothing("click_hours") {
        assert!(cells.is_empty(), "{}: {cells:?}", paper.asked);
        return;
    }
    for (weekday, row) in paper.block("click_hours")["rows"].as_array().expect("rows").iter().enumerate() {
        for (hour, cell) in row["cells"].as_array().expect("cells").iter().enumerate() {
            let clicks = cells.get(&(weekday, hour)).and_then(|it| count(*it));
            paper.number(&format!("clicks on {} at {hour}", row["name"]), &cell["value"], clicks);
        }
    }
}

pub(super) type IsIn = fn(&str) -> bool;

/// What the plain ones of the features look for, and words that the shop's subjects have for the others.
pub(super) const FEATURES: &[(&str, IsIn)] = &[
    ("Up to 25 characters", |it| length(it) <= 25),
    ("26 to 40 characters", |it| (26..=40).contains(&length(it))),
    ("41 to 60 characters", |it| (41..=60).contains(&length(it))),
    ("Over 60 characters", |it| length(it) > 60),
    ("Emoji", |it| it.chars().any(|it| ('\u{2600}'..='\u{27BF}').contains(&it) || it >= '\u{1F300}')),
    ("Question", |it| it.contains('?')),
    ("Number", |it| read(it).contains(|it: char| it.is_ascii_digit())),
    ("Discount", |it| has_word(it, &["sale", "save", "deal", "free shipping"]) || read(it).contains('%')),
    ("First name", |it| it.contains("first_name")),
    ("Urgency", |it| {
        has_word(it, &["today", "tonight", "only", "last chance", "last call", "hours", "ends", "going fast", "expire"])
    }),
    ("Brackets", |it| read(it).contains(['(', '['])),
    ("Exclamation mark", |it| it.contains('!')),
];

/// Without tokens of the template, each of which is taken for eight characters.
fn read(subject: &str) -> String {
    let mut parts = subject.split("{{");
    let first = parts.next().unwrap_or_default().to_owned();
    first + &parts.map(|it| it.split_once("}}").map_or("", |it| it.1)).collect::<String>()
}

fn length(subject: &str) -> usize {
    read(subject).trim().chars().count() + subject.matches("{{").count() * 8
}

fn has_word(subject: &str, words: &[&str]) -> bool {
    let text = format!(" {} ", read(subject).to_lowercase().replace(|it: char| !it.is_alphanumeric(), " "));
    words.iter().any(|it| text.contains(&format!(" {it} ")))
}

fn subjects(paper: &Paper, range: &Range, facts: &Facts<'_>, by_people: &Facts<'_>) {
    let way = Way::by_send_day(range.first, range.last);
    let subject = |it: &Fact<'_>| {
        let is_mail = it.channel == "email" && matches!(it.sender, Some(Sender::Campaign(_)));
        SHOP.account.subjects.get(&it.message).filter(|_| is_mail).map(|subject| (it.message.clone(), subject.as_str()))
    };
    let messages = facts.counts(way, subject);
    let human = by_people.counts(way, subject);
    let mut expected = BTreeMap::new();
    for (feature, is_in) in FEATURES {
        let sum = |all: &BTreeMap<(String, &str), Counts>, has: bool| {
            let mut sum = Counts::default();
            all.iter().filter(|it| is_in(it.0.1) == has).for_each(|it| sum.take_in(it.1));
            sum
        };
        let (with, without) = (sum(&messages, true), sum(&messages, false));
        let rate = |it: &Counts| share(it.clicked, it.delivered);
        let amount = |it: &Counts| each(it.revenue, it.recipients());
        let difference = |of: &dyn Fn(&Counts) -> Option<f64>| Some(of(&with)? - of(&without)?);
        let those = messages.iter().filter(|it| is_in(it.0.1) && it.1.recipients() > 0);
        let numbers = Numbers::from([
            ("messages", count(many(those))),
            ("recipients", count(with.recipients())),
            ("clickRate", rate(&with)),
            ("revenuePerRecipient", amount(&with)),
            ("humanOpenRate", share(sum(&human, true).opened, with.delivered)),
            ("clickDifference", difference(&rate)),
            ("revenueDifference", difference(&amount)),
        ]);
        expected.insert((*feature).to_owned(), numbers);
    }
    let rows = paper.block("content_subjects")["rows"].as_array().expect("rows");
    for row in rows.iter().filter(|it| it["feature"] != "Preview text") {
        let feature = text(row, "feature");
        let numbers = expected.remove(&feature).unwrap_or_else(|| panic!("{}: {feature}", paper.asked));
        for (name, expected) in &numbers {
            // Of too few e-mails a difference may be held back.
            if !(name.ends_with("Difference") && row[*name].is_null()) {
                paper.number(&format!("{feature}: {name}"), &row[*name], *expected);
            }
        }
    }
    let left: Vec<_> = expected.iter().filter(|it| it.1["messages"] > Some(0.0)).collect();
    assert!(left.is_empty(), "{}: subjects that are not shown: {left:?}", paper.asked);
}

/// Deliveries of the last thirty days, by how many their person got in the days that end with that one's.
fn frequency(paper: &Paper, range: &Range, facts: &Facts<'_>, days: u64) {
    let mut got: HashMap<&str, Vec<NaiveDate>> = HashMap::new();
    for fact in facts.0.iter().filter(|it| it.deed == Deed::Delivered) {
        got.entry(fact.person).or_default().push(fact.on);
    }
    let received = |person: &str, day: NaiveDate| {
        let first = day - Days::new(days - 1);
        got[person].iter().filter(|it| first <= **it && **it <= day).count()
    };
    let way = Way::by_send_day(range.last - Days::new(29), range.last);
    let counted = |it: &Fact<'_>| !matches!(it.deed, Deed::Bounced | Deed::Failed) && !it.person.is_empty();
    let group = |it: &Fact<'_>| Some(received(it.person, it.sent_on?)).filter(|_| counted(it));
    let mut all: BTreeMap<String, (Counts, BTreeSet<String>)> = BTreeMap::new();
    let labels: Vec<String> = paper.block("content_frequency")["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|it| text(it, "messagesReceived"))
        .collect();
    for ((number, person), counts) in facts.counts(way, |it| group(it).map(|number| (number, it.person.to_owned()))) {
        let label = labels.iter().find(|it| spans(it, number));
        let label = label.unwrap_or_else(|| panic!("{}: {number} is in none of {labels:?}", paper.asked));
        let row = all.entry(label.clone()).or_default();
        row.0.take_in(&counts);
        row.1.insert(person);
    }
    let mut sum = Counts::default();
    for it in all.values() {
        sum.take_in(&it.0);
    }
    let mut expected = BTreeMap::new();
    for (place, label) in (1_i32..).zip(&labels) {
        let Some((counts, people)) = all.get(label) else { continue };
        let mut numbers = counts.measures();
        numbers.insert("people", count(many(people.iter())));
        numbers.insert("ordinal", Some(f64::from(place)));
        expected.insert(label.clone(), numbers);
    }
    for row in paper.block("content_frequency")["rows"].as_array().expect("rows") {
        let label = text(row, "messagesReceived");
        let mut numbers = expected.get(&label).cloned().unwrap_or_else(|| panic!("{}: {label}", paper.asked));
        numbers.insert("ordinal", row["ordinal"].as_f64());
        paper.row(&format!("received {label}"), row, &numbers);
    }
    paper.totals("content_frequency", &sum.measures());
}

/// "3", "4 to 6", "7–9", "10 or more"
fn spans(label: &str, number: usize) -> bool {
    let numbers: Vec<usize> = label.split(|it: char| !it.is_ascii_digit()).filter_map(|it| it.parse().ok()).collect();
    match numbers[..] {
        [only] if label.trim().parse() == Ok(only) => number == only,
        [least] => least <= number,
        [least, most] => least <= number && number <= most,
        _ => false,
    }
}

fn channels(paper: &Paper, range: &Range, facts: &Facts<'_>, by_event: bool) {
    let way = Way { first: range.first, last: range.last, by_event };
    let mut used: (f64, f64) = (0.0, 0.0);
    let mut has_texts = false;
    for fact in facts.within(way) {
        if fact.channel == "sms" && matches!(fact.deed, Deed::Delivered | Deed::Failed) {
            let number = |name: &str| fact.event.document[name].as_f64();
            has_texts |= number("Segment Count").is_some();
            used.0 += number("Segment Count").unwrap_or_default();
            used.1 += number("$usage_amount").unwrap_or_default();
        }
    }
    let used = Some(used).filter(|_| has_texts);
    let usage = [("textSegments", used.map(|it| it.0)), ("textCost", used.map(|it| it.1))];
    let mut expected = BTreeMap::new();
    for (channel, counts) in facts.counts(way, |it| Some(it.channel.clone())) {
        let mut numbers = counts.measures();
        numbers.extend(usage.map(|it| (it.0, it.1.filter(|_| channel == "sms"))));
        expected.insert(channel, numbers);
    }
    paper.table("content_channels", |it| text(it, "channel"), &expected, |it| it["recipients"] > Some(0.0));
    let mut total = facts.sum(way, |_| true).measures();
    total.extend(usage);
    paper.totals("content_channels", &total);
}

/// A text is answered by a click, a push message by a tap, which is told as an open.
fn texts(paper: &Paper, range: &Range, facts: &Facts<'_>, by_event: bool) {
    let way = Way { first: range.first, last: range.last, by_event };
    let messages = facts
        .counts(way, |it| (it.channel != "email").then(|| (it.channel.clone(), it.message.clone(), it.sender.clone())));
    let mut expected: BTreeMap<String, Numbers> = BTreeMap::new();
    for ((channel, message, sender), counts) in messages {
        let answered = if channel == "push" { counts.opened } else { counts.clicked };
        let mut numbers = counts.measures();
        numbers.insert("answered", count(answered));
        numbers.insert("answerRate", share(answered, counts.delivered));
        let name = sender.as_ref().and_then(|it| SHOP.account.called(&message, it));
        expected.insert(format!("{channel} {}", name.expect("a name")), numbers);
    }
    let mut rows = 0;
    let blocks = paper.view["blocks"].as_array().expect("blocks");
    for block in blocks.iter().filter(|it| it["name"] == "content_texts" || it["name"] == "least_answered") {
        for row in block["content"]["rows"].as_array().expect("rows") {
            let key = format!("{} {}", text(row, "channel"), text(row, "name"));
            let numbers = expected.get(&key).unwrap_or_else(|| panic!("{}: nobody counted {key}", paper.asked));
            paper.row(&key, row, numbers);
            rows += 1;
        }
    }
    assert!(rows > 0 || expected.is_empty(), "{}: no text is shown", paper.asked);
}
