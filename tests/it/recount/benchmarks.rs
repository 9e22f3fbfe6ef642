//! Benchmarks: what the account measures beside the published averages.

use std::collections::BTreeMap;

use serde_json::Value;

use super::account::Sender;
use super::facts::{Counts, Fact, Facts, Way, count, each, money};
use super::paper::{Figure, Numbers, Paper, Range};
use super::{METRICS, SHOP, machine};

#[test]
fn benchmarks_stand_beside_what_the_raw_events_say() {
    let served = SHOP.serve();
    for metric in METRICS {
        let id = SHOP.account.metric(metric);
        for range in SHOP.ranges() {
            for with_machines in [false, true] {
                // Machines have no part in what the other metric adds.
                if with_machines && metric != METRICS[0] {
                    continue;
                }
                let machine = machine(with_machines);
                let asked = format!("range={}&machine={machine}&metric={id}&limit=1000", range.text);
                for basis in ["sent", "event"] {
                    let paper = Paper::of(&served, &format!("/benchmarks?{asked}&basis={basis}"));
                    page(&paper, &range, SHOP.facts(metric, with_machines), basis == "event");
                }
            }
        }
    }
}

fn kind(fact: &Fact<'_>) -> Option<&'static str> {
    Some(match fact.sender.as_ref()? {
        Sender::Campaign(_) => "campaigns",
        Sender::Flow(_) => "flows",
    })
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}

fn page(paper: &Paper, range: &Range, facts: &Facts<'_>, by_event: bool) {
    let way = Way { first: range.first, last: range.last, by_event };
    let all = facts.counts(way, |it| kind(it).map(|kind| (kind, it.channel.clone())));
    let mut shown = 0;
    for row in rows(paper, "benchmark_rates") {
        let of = &all[&(text(row, "kind"), text(row, "channel").to_owned())];
        let (counted, whole, rate) = match text(row, "name") {
            "Open rate" => (of.opened, of.openable, "openRate"),
            "Click rate" => (of.clicked, if row["channel"] == "push" { 0 } else { of.delivered }, "clickRate"),
            "Conversion rate" => (of.converted, of.delivered, "conversionRate"),
            other => panic!("nobody counted {other}"),
        };
        // What a channel does not tell is unknown.
        paper.number("counted", &row["counted"], count(counted).filter(|_| whole > 0));
        paper.number("whole", &row["whole"], count(whole));
        paper.number(text(row, "name"), &row["ownRate"], of.measures()[rate]);
        shown += 1;
    }
    for row in rows(paper, "benchmark_amounts") {
        let of = &all[&(text(row, "kind"), text(row, "channel").to_owned())];
        paper.number("counted", &row["counted"], money(of.revenue));
        paper.number("whole", &row["whole"], count(of.recipients()));
        paper.number("amount", &row["ownAmount"], each(of.revenue, of.recipients()));
    }
    let reached: BTreeMap<_, &Counts> = all.iter().filter(|it| it.1.recipients() > 0).collect();
    assert!(shown >= reached.len(), "{}: {shown} rates of {} kinds", paper.asked, reached.len());
    for (block, kind_of) in [("campaign-benchmarks", "campaigns"), ("flow-benchmarks", "flows")] {
        let its = all.get(&(kind_of, "email".to_owned())).map(Counts::measures);
        for bar in paper.block(block)["bars"].as_array().into_iter().flatten() {
            let measure = measure(text(bar, "name"));
            let expected = its.as_ref().and_then(|it| it[measure]);
            paper.number(&format!("{block}, {}", bar["name"]), &bar["value"], expected);
        }
        let days = facts.days(range, by_event, |it| kind(it) == Some(kind_of) && it.channel == "email");
        let prefix = if kind_of == "flows" { "Flow " } else { "Campaign " };
        for card in paper.view["cards"].as_array().expect("cards") {
            let of_mail = |it: &'static str| text(card, "title").strip_prefix(it)?.strip_suffix(", e-mail");
            let Some(name) = of_mail(prefix) else { continue };
            let Figure { current, previous, daily } = days.figure_over(range, measure(name), 7);
            paper.figure(text(card, "title"), &Figure { current, previous, daily });
        }
    }
}

fn measure(name: &str) -> &'static str {
    let measures: Numbers = Counts::default().measures();
    let squeezed = name.to_lowercase().replace(' ', "");
    let found = measures.into_keys().find(|it| it.to_lowercase() == squeezed);
    found.unwrap_or_else(|| panic!("nobody counted {name}"))
}

fn rows<'a>(paper: &'a Paper, table: &str) -> &'a Vec<Value> {
    let table = paper.block(table);
    assert_eq!(table["rowCount"].as_u64(), table["rows"].as_array().map(|it| it.len() as u64), "{}", paper.asked);
    table["rows"].as_array().expect("rows")
}
