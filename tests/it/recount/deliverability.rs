//! Deliverability: rates by day, channel, provider and domain, what did not arrive, and the sender's health.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use serde_json::Value;

use super::facts::{Counts, Fact, Facts, Way, count};
use super::paper::{Numbers, Paper, Range};
use super::{SHOP, machine};

/// What is kept by whom: providers' own domains, as everybody knows them.
const PROVIDERS: &[(&str, &[&str])] = &[
    ("Gmail", &["gmail.com", "googlemail.com"]),
    ("Yahoo", &["yahoo.com", "aol.com", "ymail.com", "rocketmail.com"]),
    ("Microsoft", &["outlook.com", "hotmail.com", "live.com", "msn.com"]),
    ("Apple", &["icloud.com", "me.com", "mac.com"]),
    ("Comcast", &["comcast.net"]),
    ("Proton", &["proton.me", "protonmail.com"]),
];

/// Bounds of a rate: where it is healthy, where it needs attention, and its weight in the sender's health.
const RATES: &[(&str, &str, &str, f64, f64, f64)] = &[
    ("complaint_rate", "complaintRate", "complained/delivered", 0.0001, 0.0005, 30.0),
    ("bounce_rate", "bounceRate", "bounced/recipients", 0.01, 0.02, 20.0),
    ("unsubscribe_rate", "unsubscribeRate", "unsubscribed/delivered", 0.003, 0.01, 15.0),
    ("click_rate", "clickRate", "clicked/delivered", 0.012, 0.008, 25.0),
    ("open_rate", "openRate", "opened/openable", 0.33, 0.27, 10.0),
];

pub(super) fn domain(fact: &Fact<'_>) -> Option<String> {
    let email = SHOP.account.profiles.get(fact.person)?.email.as_ref()?;
    Some(email.rsplit_once('@')?.1.to_lowercase())
}

/// Who keeps a mailbox; one of a domain of its own stands by itself.
pub(super) fn provider(domain: &str) -> String {
    let found = PROVIDERS.iter().find(|it| it.1.contains(&domain));
    found.map_or(domain, |it| it.0).to_owned()
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

fn measures<K: Ord + ToString>(counts: BTreeMap<K, Counts>) -> BTreeMap<String, Numbers> {
    counts.into_iter().map(|(key, it)| (key.to_string(), it.measures())).collect()
}

pub(super) fn called(channel: &str) -> String {
    match channel {
        "email" => "Email",
        "sms" => "SMS",
        "push" => "Push",
        other => other,
    }
    .to_owned()
}

#[test]
fn deliverability_says_what_the_raw_events_say() {
    let served = SHOP.serve();
    for range in SHOP.ranges() {
        for with_machines in [false, true] {
            for (basis, by_event) in [("sent", false), ("event", true)] {
                let asked = format!("range={}&machine={}&basis={basis}&limit=1000", range.text, machine(with_machines));
                let paper = Paper::of(&served, &format!("/deliverability?{asked}"));
                page(&paper, &range, SHOP.facts("Placed Order", with_machines), by_event);
                health(&paper, &range);
            }
        }
    }
}

fn page(paper: &Paper, range: &Range, facts: &Facts<'_>, by_event: bool) {
    let is_mail = |it: &Fact<'_>| it.channel == "email";
    let days = facts.days(range, by_event, is_mail);
    for (name, measure, key, healthy, attention, _) in RATES {
        let part = |it: &Counts| match *name {
            "complaint_rate" => (it.complained, it.delivered),
            "bounce_rate" => (it.bounced, it.recipients()),
            "unsubscribe_rate" => (it.unsubscribed, it.delivered),
            "click_rate" => (it.clicked, it.delivered),
            _ => (it.opened, it.openable),
        };
        // A point of a day is of the seven days up to it; of many days weeks or months are drawn.
        let reach = if range.day_count() <= 130 { 6 } else { 0 };
        paper.figure(name, &days.figure_over(range, measure, reach + 1));
        let point = |day: NaiveDate| {
            let (part, whole) = part(&days.sum(day - Days::new(reach), day));
            (count(part).unwrap_or_default(), count(whole))
        };
        paper.chart(name, range, &[(key, &point)]);
        for row in paper.block(name)["rows"].as_array().expect("points") {
            paper.number("the healthy bound", &row["values"]["healthy"], Some(*healthy));
            paper.number("the other bound", &row["values"]["attention"], Some(*attention));
        }
    }
    let way = Way { first: range.first, last: range.last, by_event };
    let is_worth = |it: &Numbers| it["recipients"] > Some(0.0);
    let channels = facts.counts(way, |it| Some(it.channel.clone()));
    let channels = channels.into_iter().map(|(channel, it)| (called(&channel), it.measures())).collect();
    paper.table("deliverability_channels", |it| text(it, "channel"), &channels, is_worth);
    paper.totals("deliverability_channels", &facts.sum(way, |_| true).measures());
    // Who keeps a mailbox is told of sends.
    let sends = Way { by_event: false, ..way };
    let mail = facts.sum(sends, is_mail).measures();
    let domains = facts.counts(sends, |it| domain(it).filter(|_| is_mail(it)));
    paper.table("deliverability_domains", |it| text(it, "domain"), &measures(domains), is_worth);
    paper.totals("deliverability_domains", &mail);
    let providers = facts.counts(sends, |it| domain(it).filter(|_| is_mail(it)).map(|it| provider(&it)));
    paper.table("deliverability_providers", |it| text(it, "provider"), &measures(providers), is_worth);
    paper.totals("deliverability_providers", &mail);
    worst(paper, facts, way);
    failures(paper, range);
}

/// Messages of a hundred recipients and more, by how near the worst of their rates is to its bound.
fn worst(paper: &Paper, facts: &Facts<'_>, way: Way) {
    let mut expected = BTreeMap::new();
    let mut all = Counts::default();
    let of = |it: &Fact<'_>| it.sender.clone().map(|sender| (sender, it.message.clone(), it.channel.clone()));
    for ((sender, message, channel), counts) in facts.counts(way, of) {
        if counts.recipients() < 100 {
            continue;
        }
        let mut numbers = counts.measures();
        let times = |name: &str, bound: f64| numbers[name].map(|it| it / bound);
        let limits = [times("bounceRate", 0.02), times("complaintRate", 0.0005), times("unsubscribeRate", 0.01)];
        let most = limits.into_iter().flatten().reduce(f64::max).filter(|_| channel == "email");
        numbers.insert("timesLimit", most);
        all.take_in(&counts);
        let name = SHOP.account.called(&message, &sender).expect("a name");
        expected.insert(format!("{} {name}", sender.path()), numbers);
    }
    paper.table("worst_sends", |it| format!("{} {}", text(it, "id"), text(it, "name")), &expected, |_| true);
    paper.totals("worst_sends", &all.measures());
}

/// Bounces and failures by what Klaviyo says of them, by the day on which they happened.
fn failures(paper: &Paper, range: &Range) {
    let mut all: BTreeMap<String, (i64, BTreeSet<&str>)> = BTreeMap::new();
    for (metric, channel, kind, source) in [
        ("Bounced Email", "Email", "Bounce Type", ""),
        ("Bounced Push", "Push", "Bounce Type", ""),
        ("Failed to Deliver Text Message", "SMS", "Failure Type", "Failure Source"),
    ] {
        for event in SHOP.account.of_metric(metric).filter(|it| range.has(it.day)) {
            let key = format!(
                "{channel} {} {}",
                event.text(kind).unwrap_or_default().to_lowercase(),
                event.text(source).unwrap_or_default()
            );
            let it = all.entry(key).or_default();
            it.0 += 1;
            it.1.insert(&event.profile);
        }
    }
    let sum = all.values().map(|it| it.0).sum();
    let numbers = |(failures, people): (i64, BTreeSet<&str>)| {
        Numbers::from([("failures", count(failures)), ("people", count(super::facts::many(people.iter())))])
    };
    let all = all.into_iter().map(|(key, it)| (key, numbers(it))).collect();
    let key =
        |it: &Value| format!("{} {} {}", text(it, "channel"), text(it, "kind").to_lowercase(), text(it, "source"));
    paper.table("send_failures", key, &all, |_| true);
    paper.totals("send_failures", &Numbers::from([("failures", count(sum))]));
}

/// The month of the most e-mails has enough of them for a score.
#[test]
fn the_health_of_a_sender_is_what_its_formula_says() {
    let facts = SHOP.facts("Placed Order", false);
    let sent = |last| facts.sum(Way::by_send_day(last - Days::new(29), last), |it| it.channel == "email").recipients();
    let last = SHOP.account.first_on.iter_days().take_while(|it| *it < SHOP.account.today).max_by_key(|it| sent(*it));
    let last = last.expect("a day");
    assert!(sent(last) >= 1_000, "there is no score to compare: {} e-mails", sent(last));
    let served = SHOP.serve();
    for first in [last, last - Days::new(40)] {
        let range = Range { text: "", first, last, compared: None };
        let paper = Paper::of(&served, &format!("/deliverability?range={first}_to_{last}&machine=include"));
        health(&paper, &range);
    }
}

/// Our own formula, over the thirty days up to the end of the range, without machines.
fn health(paper: &Paper, range: &Range) {
    let first = range.last - Days::new(29);
    let way = Way { first, last: range.last, by_event: false };
    let mail = SHOP.facts("Placed Order", false).sum(way, |it| it.channel == "email");
    let measures = mail.measures();
    let score = RATES.iter().map(|(_, measure, _, healthy, attention, weight)| {
        let rate = measures[measure].unwrap_or_default();
        weight * ((rate - attention) / (healthy - attention)).clamp(0.0, 1.0)
    });
    let score = (mail.recipients() >= 1_000).then(|| score.sum::<f64>());
    let cards = paper.view["cards"].as_array().expect("cards");
    let card = cards.iter().find(|it| it["name"] == "sender_health").expect("the sender's health");
    let shown = card["current"].as_f64();
    assert_eq!(shown.map(f64::round), score.map(f64::round), "{}: sender health", paper.asked);
}
