//! Explore: any metric by any property over time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use serde_json::Value;

use super::SHOP;
use super::account::Event;
use super::facts::{count, credited, each, many, money};
use super::paper::{Numbers, Paper, Range};

/// What nothing is called.
const MISSING: &str = "(not there)";

/// Metrics with what their events are grouped by.
const QUESTIONS: &[(&str, &str)] = &[
    ("Placed Order", "Payment Method"),
    ("Placed Order", "Item Count"),
    ("Placed Order", "@channel"),
    ("Placed Order", "@country"),
    ("Opened Email", "Client Name"),
    ("Opened Email", "@channel"),
    ("Active on Site", "browser"),
    ("Viewed Product", "@weekday"),
    ("Viewed Form", "device_type"),
];

/// What an event belongs to.
fn group(event: &Event, by: &str) -> String {
    let account = SHOP.account;
    let found = match by {
        "@channel" => {
            let named = event.message.as_ref().map(|it| account.message(it)).or_else(|| credited(account, event));
            named.and_then(|it| account.channel(&it).map(ToOwned::to_owned))
        }
        "@country" => account.profiles.get(&event.profile).and_then(|it| it.country.clone()),
        "@weekday" => {
            let names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
            Some(names[event.day.weekday().num_days_from_monday() as usize].to_owned())
        }
        property => match &event.document[property] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        },
    };
    found.unwrap_or_else(|| MISSING.to_owned())
}

fn numbers<'a>(events: impl Iterator<Item = &'a Event> + Clone) -> Numbers {
    let profiles: BTreeSet<&str> = events.clone().map(|it| it.profile.as_str()).filter(|it| !it.is_empty()).collect();
    let valued = many(events.clone().filter(|it| it.value.is_some() && !it.is_foreign));
    let total = events.clone().map(Event::amount).sum();
    Numbers::from([
        ("events", count(many(events))),
        ("profiles", count(many(profiles.iter()))),
        ("valued", count(valued)),
        ("total", money(total).filter(|_| valued > 0)),
        ("average", each(total, valued)),
    ])
}

#[test]
fn explore_groups_what_the_raw_events_say() {
    let served = SHOP.serve();
    for range in SHOP.ranges() {
        // A day by itself would be told by its hours.
        let interval = if range.compared.is_some() { "day" } else { "month" };
        for (metric, by) in QUESTIONS {
            let id = SHOP.account.metric(metric);
            let by_word = by.replace(' ', "%20");
            let asked = format!("range={}&metric_id={id}&by={by_word}&top=45&limit=1000", range.text);
            for measure in ["count", "sum", "unique"] {
                let paper = Paper::of(&served, &format!("/explore?{asked}&measure={measure}&interval={interval}"));
                table(&paper, &range, metric, by, measure);
                chart(&paper, &range, metric, by, measure);
            }
        }
        for metric in ["Placed Order", "Received Email", "Refunded Order"] {
            let id = SHOP.account.metric(metric);
            for measure in ["count", "sum"] {
                let paper = Paper::of(
                    &served,
                    &format!("/explore?range={}&metric_id={id}&measure={measure}&interval={interval}", range.text),
                );
                chart(&paper, &range, metric, "", measure);
            }
        }
    }
}

fn within<'a>(range: &Range, metric: &str) -> impl Iterator<Item = &'a Event> + Clone {
    let events: Vec<&Event> = SHOP.account.of_metric(metric).filter(|it| range.has(it.day)).collect();
    events.into_iter()
}

/// Events of the days compared with.
fn earlier<'a>(range: &Range, metric: &str) -> impl Iterator<Item = &'a Event> + Clone {
    let events: Vec<&Event> = SHOP
        .account
        .of_metric(metric)
        .filter(|it| range.compared.is_some_and(|(first, last)| first <= it.day && it.day <= last))
        .collect();
    events.into_iter()
}

/// What only the days compared with have.
const ONLY_BEFORE: &str = "Only in the days compared with";

/// With the numbers of the days compared with.
fn with_earlier<'a>(mut now: Numbers, events: impl Iterator<Item = &'a Event> + Clone, measure: &str) -> Numbers {
    let before = numbers(events);
    now.insert("eventsBefore", before["events"]);
    now.insert("profilesBefore", before["profiles"].filter(|_| measure == "unique"));
    now.insert("totalBefore", before["total"]);
    now.insert("averageBefore", before["average"]);
    now
}

fn table(paper: &Paper, range: &Range, metric: &str, by: &str, measure: &str) {
    let groups: BTreeSet<String> = within(range, metric).map(|it| group(it, by)).collect();
    let rows = paper.block("explore")["rows"].as_array().expect("rows");
    let mut expected = BTreeMap::new();
    for name in groups {
        let mut numbers = numbers(within(range, metric).filter(|it| group(it, by) == name));
        // Its place is that among the rows.
        let place = rows.iter().find(|it| it["label"] == name).and_then(|it| it["ordinal"].as_f64());
        numbers.insert("ordinal", place);
        // People are told apart only where that is asked for.
        if measure != "unique" {
            numbers.insert("profiles", None);
        }
        if range.compared.is_some() {
            numbers = with_earlier(numbers, earlier(range, metric).filter(|it| group(it, by) == name), measure);
        }
        expected.insert(name, numbers);
    }
    let gone = earlier(range, metric).filter(|it| !expected.contains_key(&group(it, by)));
    if gone.clone().next().is_some() && !paper.says_nothing("over_time") {
        let none = [("events", Some(0.0)), ("valued", Some(0.0)), ("total", None), ("average", None)];
        let mut numbers = with_earlier(Numbers::from(none), gone, measure);
        numbers.insert("profiles", Some(0.0).filter(|_| measure == "unique"));
        let row = rows.iter().find(|it| it["label"] == ONLY_BEFORE);
        numbers.insert("ordinal", row.and_then(|it| it["ordinal"].as_f64()));
        expected.insert(ONLY_BEFORE.to_owned(), numbers);
    }
    paper.table("explore", |it| it["label"].as_str().unwrap_or_default().to_owned(), &expected, |_| true);
    if !expected.is_empty() {
        let mut totals = numbers(within(range, metric));
        for name in ["eventsBefore", "totalBefore"] {
            let known: Vec<f64> = expected.values().filter_map(|it| *it.get(name)?).collect();
            totals.insert(name, Some(known.iter().sum()).filter(|_| !known.is_empty()));
        }
        paper.totals("explore", &totals);
    }
}

fn chart(paper: &Paper, range: &Range, metric: &str, by: &str, measure: &str) {
    if paper.says_nothing("over_time") {
        assert_eq!(within(range, metric).count(), 0, "{}: nothing is drawn", paper.asked);
        return;
    }
    let mut days: BTreeMap<(String, NaiveDate), Vec<&Event>> = BTreeMap::new();
    for event in within(range, metric) {
        let name = if by.is_empty() { String::new() } else { group(event, by) };
        days.entry((name, event.day)).or_default().push(event);
    }
    let series = paper.block("over_time")["series"].as_array().expect("series").clone();
    for it in &series {
        let key = it["key"].as_str().expect("a key");
        if it["isCompared"] == true {
            for (label, its, value) in paper.points("over_time", range, key) {
                let its: Vec<_> = its.iter().filter_map(|day| range.before(*day)).collect();
                let numbers = numbers(earlier(range, metric).filter(|it| its.contains(&it.day)));
                let expected = if measure == "count" { numbers["events"] } else { numbers["total"].or(Some(0.0)) };
                paper.number(&format!("compared, {label}"), &value, expected);
            }
            continue;
        }
        let name = if by.is_empty() { "" } else { it["name"].as_str().expect("a name") };
        for (label, its, value) in paper.points("over_time", range, key) {
            let events = its.iter().filter_map(|day| days.get(&(name.to_owned(), *day))).flatten().copied();
            let numbers = numbers(events.clone());
            let expected = match measure {
                "count" => numbers["events"],
                "unique" => numbers["profiles"],
                // Where no event has a value, the sum is none; without events it is nothing.
                _ => numbers["total"].or(Some(0.0).filter(|_| numbers["events"] == Some(0.0))),
            };
            paper.number(&format!("{name}, {label}"), &value, expected);
        }
    }
}
