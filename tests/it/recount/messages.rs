//! Campaigns and flows: every measure of every sender, and of everything together.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use serde_json::Value;

use super::account::Sender;
use super::facts::{Counts, Fact, Facts, Way, money};
use super::paper::{Figure, Numbers, Paper, Range};
use super::{METRICS, SHOP, machine};

/// Cards of both pages, and the measures that they show.
const CARDS: &[(&str, &str)] = &[
    ("recipients", "recipients"),
    ("open_rate", "openRate"),
    ("click_rate", "clickRate"),
    ("conversion_rate", "conversionRate"),
    ("attributed_revenue", "revenue"),
    ("revenue", "revenue"),
    ("revenue_per_recipient", "revenuePerRecipient"),
    ("delivery_rate", "deliveryRate"),
    ("unsubscribe_rate", "unsubscribeRate"),
];

/// Through which messages go.
const CHANNELS: &[&str] = &["email", "sms", "push"];

#[test]
fn campaigns_and_flows_measure_what_the_raw_events_say() {
    let (shop, served) = (&*SHOP, SHOP.serve());
    let mut totals = Counts::default();
    for metric in METRICS {
        let id = shop.account.metric(metric);
        for range in shop.ranges() {
            for (basis, by_event) in [("sent", false), ("event", true)] {
                for with_machines in [false, true] {
                    // Machines have no part in what the other metric adds.
                    if with_machines && metric != METRICS[0] {
                        continue;
                    }
                    let facts = shop.facts(metric, with_machines);
                    let machine = machine(with_machines);
                    let asked = format!("range={}&basis={basis}&machine={machine}&metric={id}&limit=1000", range.text);
                    for path in ["/campaigns", "/flows"] {
                        let paper = Paper::of(&served, &format!("{path}?{asked}"));
                        page(&paper, &range, facts, by_event, None);
                        // Through one channel, of which more is told or less.
                        let channels = if with_machines || metric != METRICS[0] { [].as_slice() } else { CHANNELS };
                        for channel in channels {
                            let paper = Paper::of(&served, &format!("{path}?{asked}&channel={channel}"));
                            page(&paper, &range, facts, by_event, Some(channel));
                        }
                    }
                    let way = Way { first: range.first, last: range.last, by_event };
                    totals.take_in(&facts.sum(way, |_| true));
                }
            }
        }
    }
    let each = totals.measures();
    let nothing: Vec<_> = each.iter().filter(|it| it.1.is_none_or(|it| it <= 0.0)).collect();
    assert!(nothing.is_empty(), "a measure of nothing proves nothing: {nothing:?}");
}

#[track_caller]
fn page(paper: &Paper, range: &Range, facts: &Facts<'_>, by_event: bool, channel: Option<&str>) {
    let is_of_campaigns = paper.asked.contains("/campaigns");
    let own = |it: &Fact<'_>| {
        let is_asked = channel.is_none_or(|channel| it.channel == channel);
        it.sender.as_ref().is_some_and(|it| matches!(it, Sender::Campaign(_)) == is_of_campaigns) && is_asked
    };
    let days = facts.days(range, by_event, own);
    for card in paper.view["cards"].as_array().expect("cards") {
        let name = card["name"].as_str().expect("a name");
        let measure = CARDS.iter().find(|it| it.0 == name).unwrap_or_else(|| panic!("nobody counted {name}")).1;
        // On most days no campaign goes out: the page says that its curves of rates are of seven days.
        let is_curve = is_of_campaigns && !matches!(measure, "recipients" | "revenue");
        let figure = days.figure_over(range, measure, if is_curve { 7 } else { 1 });
        // Those of flows have no curve by the day of the event.
        let has_days = is_of_campaigns || !by_event;
        paper.figure(name, &Figure { daily: figure.daily.filter(|_| has_days), ..figure });
    }
    let way = Way { first: range.first, last: range.last, by_event };
    senders(paper, range, facts, way, own);
    let revenue = |day| money(days.on(day).revenue).unwrap_or_default();
    let chart = if is_of_campaigns { "revenue-by-campaign" } else { "flow-revenue" };
    let name = |it: &Fact<'_>| it.sender.as_ref().map(|it| SHOP.account.names[it].as_str());
    let each = by_day(facts, way, |it| name(it).filter(|_| own(it)));
    by_sender(paper, chart, range, &revenue, &|sender, day| {
        each.get(&(sender, day)).and_then(|it| money(it.revenue)).unwrap_or_default()
    });
}

/// What there is of each key on each day of `way`.
fn by_day<K: Ord>(
    facts: &Facts<'_>,
    way: Way,
    key: impl Fn(&Fact<'_>) -> Option<K>,
) -> BTreeMap<(K, NaiveDate), Counts> {
    facts.counts(way, |it| key(it).zip(if way.by_event { Some(it.on) } else { it.sent_on }))
}

/// The first points of the curves reach back before the range, whatever it is compared with.
#[test]
fn curves_of_campaigns_are_of_seven_days_without_a_comparison_too() {
    let (shop, served) = (&*SHOP, SHOP.serve());
    let facts = shop.facts(METRICS[0], false);
    let range = Range { compared: None, ..shop.ranges()[0] };
    let paper = Paper::of(&served, &format!("/campaigns?range={}&compare=none&limit=1000", range.text));
    page(&paper, &range, facts, false, None);
}

/// Compares the table of all senders; one of which nothing is counted may be there with nothing.
#[track_caller]
fn senders(paper: &Paper, range: &Range, facts: &Facts<'_>, way: Way, own: impl Fn(&Fact<'_>) -> bool) {
    let id = |it: &Sender| match it {
        Sender::Campaign(id) | Sender::Flow(id) => id.clone(),
    };
    let of = |way: Way| facts.counts(way, |it| it.sender.as_ref().filter(|_| own(it)).map(id));
    let table = if paper.asked.contains("/campaigns") { "campaigns" } else { "flows" };
    let key = |it: &Value| it["id"].as_str().expect("an id").to_owned();
    let (counts, nothing) = (of(way), Counts::default());
    let shown: BTreeSet<String> = paper.block(table)["rows"].as_array().expect("rows").iter().map(key).collect();
    let (settled, usual) = (of(settled(range)), of(usual(range)));
    let mut expected: BTreeMap<String, Numbers> = BTreeMap::new();
    for id in counts.keys().chain(&shown) {
        let mut numbers = counts.get(id).unwrap_or(&nothing).measures_on(way.by_event);
        for (of, conversion, revenue) in [
            (&settled, "settledConversionRate", "settledRevenuePerRecipient"),
            (&usual, "usualConversionRate", "usualRevenuePerRecipient"),
        ] {
            let its = of.get(id).unwrap_or(&nothing).measures();
            numbers.insert(conversion, its["conversionRate"]);
            numbers.insert(revenue, its["revenuePerRecipient"]);
        }
        expected.insert(id.clone(), numbers);
    }
    paper.table(table, key, &expected, |it| it["recipients"] > Some(0.0) || it["conversions"] > Some(0.0));
    let mut all = nothing;
    for it in counts.values() {
        all.take_in(it);
    }
    paper.totals(table, &all.measures_on(way.by_event));
    if table == "flows" {
        let curves = by_day(facts, way, |it| it.sender.as_ref().filter(|_| own(it)).map(id));
        let revenue = |id: &str, day| curves.get(&(id.to_owned(), day)).and_then(|it| money(it.revenue));
        paper.trends(table, key, |id| range.days().map(|it| revenue(id, it).unwrap_or_default()).collect());
    }
}

/// Sends of the range that have had five days to convert.
fn settled(range: &Range) -> Way {
    Way::by_send_day(range.first, range.last.min(SHOP.account.today - Days::new(6)))
}

/// The 90 days before.
fn usual(range: &Range) -> Way {
    Way::by_send_day(range.first - Days::new(90), range.first - Days::new(1))
}

/// Compares a chart that shows some senders by themselves, all others as one, and the days compared with.
#[track_caller]
pub(super) fn by_sender(
    paper: &Paper,
    chart: &str,
    range: &Range,
    all: &dyn Fn(NaiveDate) -> f64,
    of: &dyn Fn(&str, NaiveDate) -> f64,
) {
    if paper.says_nothing(chart) {
        assert!(range.days().all(|it| all(it) == 0.0), "{}: {chart} shows nothing", paper.asked);
        return;
    }
    let series = paper.block(chart)["series"].as_array().expect("series").clone();
    let text = |it: &Value, name: &str| it[name].as_str().expect("a text").to_owned();
    let named: Vec<(String, String)> = series
        .iter()
        .map(|it| (text(it, "key"), text(it, "name")))
        .filter(|it| !matches!(it.0.as_str(), "others" | "rest" | "previous" | "before"))
        .collect();
    for it in &series {
        let key = text(it, "key");
        let value = |day: NaiveDate| match key.as_str() {
            "others" | "rest" => all(day) - named.iter().map(|it| of(&it.1, day)).sum::<f64>(),
            "previous" | "before" => range.before(day).map_or(0.0, all),
            _ => of(&text(it, "name"), day),
        };
        paper.chart(chart, range, &[(&key, &|day| (value(day), None))]);
    }
}
