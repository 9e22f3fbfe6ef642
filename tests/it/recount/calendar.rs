//! Campaigns as a calendar and side by side.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, NaiveDateTime, Utc};
use serde_json::Value;

use super::account::{Sender, fields, local};
use super::facts::{Counts, Deed, Fact, Facts, Way, count, many, money};
use super::paper::{Numbers, Paper, Range};
use super::{METRICS, SHOP, machine};

/// Months that a calendar draws at most.
const MONTHS: usize = 12;

/// Measures that add up: their mean is the average a campaign.
const SUMS: [&str; 3] = ["recipients", "conversions", "attributed_revenue"];

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

fn titled(channel: &str) -> &str {
    match channel {
        "email" => "Email",
        "sms" => "SMS",
        "push" => "Push",
        other => other,
    }
}

/// Campaigns that are to go out, by day, with their ids: raw rows say when.
fn scheduled() -> BTreeSet<(NaiveDate, String)> {
    let sql = "select id, sent_at from klaviyo_campaigns
        where status in ('Scheduled', 'Preparing to schedule', 'Adding Recipients', 'Queued without Recipients')
            and deleted_at is null and sent_at is not null";
    let at = |it: &[String]| NaiveDateTime::parse_from_str(&it[1], "%Y-%m-%d %H:%M:%S%.f").expect("a time");
    let all = fields(&SHOP.store, sql);
    all.iter().filter(|it| at(it) > Utc::now().naive_utc()).map(|it| (local(at(it)).date(), it[0].clone())).collect()
}

#[test]
fn the_calendar_shows_the_sends_of_the_raw_events() {
    let (served, scheduled) = (SHOP.serve(), scheduled());
    let whole = |text: &'static str| {
        let (first, last) = text.split_once("_to_").expect("a range");
        let day = |it: &str| it.parse::<NaiveDate>().expect("a day");
        Range { text, first: day(first), last: day(last), compared: None }
    };
    let months = [whole("2026-11-01_to_2026-11-21"), whole("2025-11-12_to_2026-02-10")];
    let mut sends = 0;
    for metric in METRICS {
        for range in SHOP.ranges().into_iter().chain(months) {
            // Whatever the page counts by, a calendar is of days of sending.
            for basis in ["sent", "event"] {
                let id = SHOP.account.metric(metric);
                let asked = format!("view=calendar&range={}&basis={basis}&metric={id}", range.text);
                let paper = Paper::of(&served, &format!("/campaigns?{asked}"));
                sends += calendar(&paper, &range, SHOP.facts(metric, false), &scheduled);
            }
        }
    }
    assert!(sends > 100, "a calendar of nothing proves nothing: {sends}");
}

fn calendar(paper: &Paper, range: &Range, facts: &Facts<'_>, scheduled: &BTreeSet<(NaiveDate, String)>) -> usize {
    let of = |it: &Fact<'_>| match &it.sender {
        Some(Sender::Campaign(id)) => Some((it.sent_on?, id.clone(), it.channel.clone())),
        _ => None,
    };
    let mut expected: BTreeMap<(NaiveDate, String), (String, Option<Counts>)> = BTreeMap::new();
    for ((day, id, channel), counts) in facts.counts(Way::by_send_day(range.first, range.last), of) {
        expected.insert((day, id), (channel, Some(counts)));
    }
    for (day, id) in scheduled {
        let message = SHOP.account.campaign_messages.values().find(|it| it.0 == *id);
        let channel = message.map(|it| it.1.clone()).unwrap_or_default();
        expected.insert((*day, id.clone()), (channel, None));
    }
    let months = &paper.view["more"]["calendar"]["months"];
    let cells = months.as_array().expect("months").iter().flat_map(|it| it["weeks"].as_array().expect("weeks"));
    let cells: Vec<&Value> =
        cells.flat_map(|it| it.as_array().expect("days")).filter(|it| !it["day"].is_null()).collect();
    let days: Vec<NaiveDate> = cells.iter().map(|it| text(it, "day").parse().expect("a day")).collect();
    // Whole months up to that of the last day.
    let of_month = |day: NaiveDate| (day.year(), day.month());
    let drawn: BTreeSet<(i32, u32)> = days.iter().map(|it| of_month(*it)).collect();
    let all: BTreeSet<(i32, u32)> = range.days().map(of_month).collect();
    assert_eq!(drawn, all.iter().rev().take(MONTHS).copied().collect(), "{}: months", paper.asked);
    assert_eq!(many(days.iter()), many(days.iter().collect::<BTreeSet<_>>().iter()), "{}: a day twice", paper.asked);
    expected.retain(|it, _| days.contains(&it.0));
    let shown = expected.len();
    for (cell, day) in cells.iter().zip(days) {
        for send in cell["sends"].as_array().expect("sends") {
            let found = expected.remove(&(day, text(send, "id")));
            let (channel, counts) = found.unwrap_or_else(|| panic!("{}: nobody sent {send} on {day}", paper.asked));
            paper.number(
                &format!("recipients of {send}"),
                &send["recipients"],
                counts.as_ref().and_then(|it| count(it.recipients())),
            );
            paper.number(
                &format!("revenue of {send}"),
                &send["revenue"],
                counts.as_ref().and_then(|it| money(it.revenue)),
            );
            assert_eq!(send["channel"], titled(&channel), "{}: {send}", paper.asked);
            assert_eq!(send["name"], SHOP.account.names[&Sender::Campaign(text(send, "id"))], "{}", paper.asked);
        }
    }
    let left: Vec<_> = expected.keys().collect();
    assert!(left.is_empty(), "{}: sends that are not shown: {left:?}", paper.asked);
    shown
}

/// What pages call what is compared.
fn measure(name: &str) -> String {
    if name == "attributed_revenue" {
        return "revenue".to_owned();
    }
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |sum, it| sum + &it[..1].to_uppercase() + &it[1..])
}

#[test]
fn compared_campaigns_stand_as_the_raw_events_say() {
    let served = SHOP.serve();
    for metric in METRICS {
        for with_machines in [false, true] {
            let facts = SHOP.facts(metric, with_machines);
            let all = Way::by_send_day(SHOP.account.first_on, SHOP.account.today);
            let of = |it: &Fact<'_>| match &it.sender {
                Some(Sender::Campaign(id)) => Some((id.clone(), it.channel.clone())),
                _ => None,
            };
            // Some of each channel, those with the most conversions, and one that was never sent.
            let mut sent: Vec<((String, String), Counts)> = facts.counts(all, of).into_iter().collect();
            sent.sort_by_key(|it| std::cmp::Reverse((it.1.converted, it.1.bounced, it.1.delivered)));
            let mut chosen: Vec<(String, Option<Counts>)> = Vec::new();
            for channel in ["email", "sms", "push"] {
                let its = sent.iter().filter(|it| it.0.1 == channel).take(3);
                chosen.extend(its.map(|it| (it.0.0.clone(), Some(it.1.clone()))));
            }
            let unsent = scheduled().into_iter().map(|it| it.1);
            let drafts =
                fields(&SHOP.store, "select id from klaviyo_campaigns where status = 'Draft' and deleted_at is null");
            chosen.extend(unsent.chain(drafts.into_iter().map(|it| it[0].clone())).take(1).map(|it| (it, None)));
            let ids: Vec<&str> = chosen.iter().map(|it| it.0.as_str()).collect();
            let asked = format!("machine={}&metric={}", machine(with_machines), SHOP.account.metric(metric));
            let paper = Paper::of(&served, &format!("/campaigns/compare?{asked}&ids={}", ids.join(",")));
            compared(&paper, &chosen);
            curves(&paper, &chosen, facts);
        }
    }
}

fn compared(paper: &Paper, chosen: &[(String, Option<Counts>)]) {
    let mut all = Counts::default();
    chosen.iter().filter_map(|it| it.1.as_ref()).for_each(|it| all.take_in(it));
    let sent = count(many(chosen.iter().filter(|it| it.1.is_some()))).unwrap_or_default();
    let lines = paper.view["more"]["lines"].as_array().expect("lines");
    assert_eq!(lines.len(), 16, "{}: measures", paper.asked);
    for line in lines {
        let name = text(line, "name");
        let of = |it: &Numbers| *it.get(measure(&name).as_str()).unwrap_or_else(|| panic!("nobody counted {name}"));
        let whole = of(&all.measures());
        let mean = if SUMS.contains(&name.as_str()) { whole.map(|it| it / sent) } else { whole };
        paper.number(&format!("mean of {name}"), &line["mean"], mean);
        for (cell, (id, counts)) in line["values"].as_array().expect("values").iter().zip(chosen) {
            let value = counts.as_ref().and_then(|it| of(&it.measures()));
            paper.number(&format!("{name} of {id}"), &cell["value"], value);
            let apart = value.zip(mean.filter(|it| *it != 0.0)).map(|(value, mean)| value / mean - 1.0);
            paper.number(&format!("{name} of {id}, from the mean"), &cell["difference"], apart);
        }
    }
}

/// Revenue of each, summed up over the hours since its first delivery.
fn curves(paper: &Paper, chosen: &[(String, Option<Counts>)], facts: &Facts<'_>) {
    let rows = paper.block("curves")["rows"].as_array().expect("points");
    assert_eq!(rows.len(), 72, "{}: hours", paper.asked);
    for (id, _) in chosen {
        let sender = Some(Sender::Campaign(id.clone()));
        let own: Vec<&Fact<'_>> = facts.0.iter().filter(|it| it.sender == sender).collect();
        let first = own.iter().filter(|it| it.deed == Deed::Delivered).map(|it| it.event.at).min();
        for (hour, row) in (0_i64..).zip(rows) {
            let orders = own.iter().filter(|it| it.deed == Deed::Conversion);
            let until = |it: &Fact<'_>| {
                first.is_some_and(|first| first <= it.event.at && (it.event.at - first).num_hours() <= hour)
            };
            let sum = orders.filter(|it| until(it)).map(|it| it.value).sum();
            let begun = first.filter(|it| (Utc::now().naive_utc() - *it).num_hours() >= hour);
            paper.number(&format!("{id} after hour {hour}"), &row["values"][id], begun.and_then(|_| money(sum)));
        }
    }
}
