//! Klaviyo's own reports and counts beside ours: its side as its reports lie in their tables, ours from the raw events.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Months, NaiveDate};
use serde_json::Value;

use super::account::{Sender, fields};
use super::facts::{Counts, Fact, Facts, Way, count, many, money, share};
use super::paper::{Numbers, Paper, Range};
use super::{CROWD, METRICS, SHOP, Shop, machine};
use crate::support::Served;

/// What both sides count of messages. Revenue is in ten-thousandths.
const COUNTED: [&str; 8] =
    ["recipients", "delivered", "opened", "clicked", "unsubscribed", "converted", "conversions", "revenue"];

/// The columns of reports that these are.
const COLUMNS: &str =
    "coalesce(recipients, 0), coalesce(delivered, 0), coalesce(opens_unique, 0), coalesce(clicks_unique, 0),
    coalesce(unsubscribe_uniques, 0), coalesce(conversion_uniques, 0), coalesce(conversions, 0),
    cast(coalesce(conversion_value, 0) * 10000 as bigint)";

/// A row of a report of messages, or several summed up.
type Sums = [i64; 8];

fn plus(sum: Sums, row: Sums) -> Sums {
    std::array::from_fn(|at| sum[at] + row[at])
}

fn own(counts: &Counts) -> Sums {
    [
        counts.recipients(),
        counts.delivered,
        counts.opened,
        counts.clicked,
        counts.unsubscribed,
        counts.converted,
        counts.conversions,
        counts.revenue,
    ]
}

fn numbers(sums: Sums) -> Numbers {
    let of = |(name, it): (&'static str, i64)| (name, if name == "revenue" { money(it) } else { count(it) });
    COUNTED.into_iter().zip(sums).map(of).collect()
}

/// Rows of a table, each of `keys` and then what is counted.
fn reports(shop: &Shop, keys: &str, table: &str) -> Vec<(Vec<String>, Sums)> {
    let sql = format!("select {keys}, {COLUMNS} from {table} where deleted_at is null");
    let row = |it: Vec<String>| -> (Vec<String>, Sums) {
        let first = it.len() - COUNTED.len();
        (it[..first].to_vec(), std::array::from_fn(|at| it[first + at].parse().expect("a number")))
    };
    fields(&shop.store, &sql).into_iter().map(row).collect()
}

fn day(text: &str) -> NaiveDate {
    text[..10].parse().expect("a day")
}

/// The days that a report was read for.
fn windows(shop: &Shop, report: &str) -> Vec<(NaiveDate, NaiveDate)> {
    let sql = format!("select start_on, end_on from report_windows where entity_type = '{report}'");
    fields(&shop.store, &sql).iter().map(|it| (day(&it[0]), day(&it[1]))).collect()
}

fn line(row: &Value) -> String {
    row["line"].to_string()
}

/// Ours, theirs, and how far apart they are.
fn three_lines(ours: Sums, theirs: Sums) -> BTreeMap<String, Numbers> {
    let apart = std::array::from_fn(|at| ours[at] - theirs[at]);
    let line = |(place, sums): (u8, Sums)| {
        let mut numbers = numbers(sums);
        numbers.insert("line", Some(f64::from(place)));
        (place.to_string(), numbers)
    };
    [(1, ours), (2, theirs), (3, apart)].into_iter().map(line).collect()
}

#[test]
fn reports_of_campaigns_stand_beside_the_raw_events() {
    let served = SHOP.serve();
    let mut theirs: BTreeMap<String, Sums> = BTreeMap::new();
    for (keys, sums) in reports(&SHOP, "campaign_id", "klaviyo_campaign_values_reports") {
        let sum = theirs.entry(keys[0].clone()).or_default();
        *sum = plus(*sum, sums);
    }
    let all = Way::by_send_day(SHOP.account.first_on, SHOP.account.today);
    for (metric, with_machines) in [(METRICS[0], false), (METRICS[0], true), (METRICS[1], false)] {
        let counts = SHOP.facts(metric, with_machines).counts(all, campaign);
        let reported: Vec<&String> = counts.keys().filter(|it| theirs.contains_key(*it)).collect();
        assert!(reported.len() > 5, "{} campaigns are reported", reported.len());
        let unreported = counts.keys().filter(|it| !theirs.contains_key(*it)).take(1);
        for id in reported.iter().rev().copied().take(12).chain(unreported) {
            let asked = format!("machine={}&metric={}", machine(with_machines), SHOP.account.metric(metric));
            let paper = Paper::of(&served, &format!("/campaigns/{id}?{asked}"));
            let Some(theirs) = theirs.get(id) else {
                assert!(paper.says_nothing("campaign_report"), "{}: nobody reported it", paper.asked);
                continue;
            };
            paper.table("campaign_report", line, &three_lines(own(&counts[id]), *theirs), |_| true);
        }
    }
}

fn campaign(fact: &Fact<'_>) -> Option<String> {
    match &fact.sender {
        Some(Sender::Campaign(id)) => Some(id.clone()),
        _ => None,
    }
}

fn flow(fact: &Fact<'_>) -> Option<String> {
    match &fact.sender {
        Some(Sender::Flow(id)) => Some(id.clone()),
        _ => None,
    }
}

#[test]
fn reports_of_flows_stand_beside_the_raw_events() {
    let mut by_bots = 0;
    for (shop, metric, with_machines) in [
        (&*SHOP, METRICS[0], false),
        (&*SHOP, METRICS[0], true),
        (&*SHOP, METRICS[1], false),
        (&*CROWD, METRICS[0], false),
        (&*CROWD, METRICS[0], true),
    ] {
        let (served, facts) = (shop.serve(), shop.facts(metric, with_machines));
        let windows = windows(shop, "flow_series_reports");
        let theirs = reports(shop, "flow_id, day", "klaviyo_flow_series_reports");
        for range in shop.ranges() {
            let is_read = |day: NaiveDate| windows.iter().any(|it| it.0 <= day && day <= it.1);
            let days: BTreeSet<NaiveDate> = range.days().filter(|it| is_read(*it)).collect();
            let way = Way::by_send_day(range.first, range.last);
            let of_day = |it: &Fact<'_>| flow(it).filter(|_| it.sent_on.is_some_and(|it| days.contains(&it)));
            let ours = facts.counts(way, of_day);
            by_bots += ours.values().map(|it| it.bot_clicks).sum::<i64>();
            let ids: BTreeSet<&String> = theirs.iter().map(|it| &it.0[0]).collect();
            for id in ids {
                let asked = format!("range={}&machine={}", range.text, machine(with_machines));
                let asked = format!("{asked}&metric={}", shop.account.metric(metric));
                let paper = Paper::of(&served, &format!("/flows/{id}?{asked}"));
                let its = theirs.iter().filter(|it| it.0[0] == *id && days.contains(&day(&it.0[1])));
                let theirs = its.fold(Sums::default(), |sum, it| plus(sum, it.1));
                let ours = ours.get(id).cloned().unwrap_or_default();
                let mut expected = if days.is_empty() { BTreeMap::new() } else { three_lines(own(&ours), theirs) };
                for it in expected.values_mut() {
                    it.insert("dayCount", count(many(days.iter())));
                }
                paper.table("flow-report", line, &expected, |_| true);
            }
        }
    }
    assert!(by_bots > 0, "bots have no part in what is compared");
}

#[test]
fn reports_of_forms_stand_beside_the_raw_events() {
    let served = SHOP.serve();
    let windows = windows(&SHOP, "form_series_reports");
    let sql = "select form_id, day, viewed_form, submits from klaviyo_form_series_reports where deleted_at is null";
    let theirs = fields(&SHOP.store, sql);
    let ids: BTreeSet<String> = SHOP.account.of_metric("Viewed Form").filter_map(|it| it.form.clone()).collect();
    let mut submitted = 0;
    for range in SHOP.ranges() {
        let is_read = |day: NaiveDate| windows.iter().any(|it| it.0 <= day && day <= it.1);
        let days: BTreeSet<NaiveDate> = range.days().filter(|it| is_read(*it)).collect();
        for id in &ids {
            let paper = Paper::of(&served, &format!("/forms/{id}?range={}", range.text));
            let events = |name: &str| {
                let own = |it: &&super::account::Event| it.form.as_ref() == Some(id) && days.contains(&it.day);
                many(SHOP.account.of_metric(name).filter(own))
            };
            let its = theirs.iter().filter(|it| it[0] == *id && days.contains(&day(&it[1])));
            let number = |it: &str| it.parse::<i64>().expect("a number");
            let theirs = its.fold((0, 0), |sum, it| (sum.0 + number(&it[2]), sum.1 + number(&it[3])));
            let ours = (events("Viewed Form"), events("Submitted Form"));
            submitted += theirs.1;
            let rate = |it: (i64, i64)| share(it.1, it.0);
            let apart = rate(ours).zip(rate(theirs)).map(|it| it.0 - it.1);
            let line = |(place, views, submissions, rate): (u8, i64, i64, Option<f64>)| {
                let numbers = Numbers::from([
                    ("line", Some(f64::from(place))),
                    ("views", count(views)),
                    ("submissions", count(submissions)),
                    ("reportRate", rate),
                ]);
                (place.to_string(), numbers)
            };
            let expected = [
                (1, ours.0, ours.1, rate(ours)),
                (2, theirs.0, theirs.1, rate(theirs)),
                (3, ours.0 - theirs.0, ours.1 - theirs.1, apart),
            ];
            let expected = if days.is_empty() { BTreeMap::new() } else { expected.into_iter().map(line).collect() };
            paper.table("form-report", |it| it["line"].to_string(), &expected, |_| true);
        }
    }
    assert!(submitted > 0, "a report of nothing proves nothing");
}

#[test]
fn klaviyos_count_of_conversions_stands_beside_the_raw_events() {
    let served = SHOP.serve();
    for metric in METRICS {
        let theirs = counted(metric);
        for range in SHOP.ranges() {
            let id = SHOP.account.metric(metric);
            let paper = Paper::of(&served, &format!("/revenue?range={}&metric={id}&limit=1000", range.text));
            days(&paper, &range, metric, &theirs);
            months(&paper, &range, metric, SHOP.facts(metric, false));
        }
        findings(&served, metric, &theirs);
    }
}

/// What Klaviyo counts of a metric, by day: events, and all their values in ten-thousandths.
type Counted = BTreeMap<NaiveDate, (i64, i64)>;

fn counted(metric: &str) -> Counted {
    let sql = format!(
        "select day, count, cast(coalesce(sum_value, 0) * 10000 as bigint) as total
         from klaviyo_metric_aggregates where metric_id = '{}' and deleted_at is null",
        SHOP.account.metric(metric)
    );
    let number = |it: &str| it.parse::<i64>().expect("a number");
    fields(&SHOP.store, &sql).iter().map(|it| (day(&it[0]), (number(&it[1]), number(&it[2])))).collect()
}

/// What both sides count of a day, ours last, if either has anything and it was compared.
fn both(metric: &str, theirs: &Counted) -> BTreeMap<NaiveDate, [(i64, i64); 2]> {
    let sql = format!(
        "select from_on, until_on from reconciled_metrics where problem is null and metric_id = '{}'",
        SHOP.account.metric(metric)
    );
    let spans: Vec<_> = fields(&SHOP.store, &sql).iter().map(|it| (day(&it[0]), day(&it[1]))).collect();
    let mut all: BTreeMap<NaiveDate, [(i64, i64); 2]> = BTreeMap::new();
    for (day, it) in theirs.iter().filter(|it| it.1.0 > 0) {
        all.entry(*day).or_default()[0] = *it;
    }
    for event in SHOP.account.of_metric(metric) {
        let ours = &mut all.entry(event.day).or_default()[1];
        // Klaviyo adds up whatever the currency.
        *ours = (ours.0 + 1, ours.1 + event.value.unwrap_or_default());
    }
    all.retain(|day, _| spans.iter().any(|it| it.0 <= *day && *day <= it.1));
    assert!(!all.is_empty(), "nothing of {metric} was compared");
    all
}

fn days(paper: &Paper, range: &Range, metric: &str, theirs: &Counted) {
    let mut expected = BTreeMap::new();
    for (day, [theirs, ours]) in both(metric, theirs).into_iter().filter(|it| range.has(it.0)) {
        let numbers = Numbers::from([
            ("theirCount", count(theirs.0)),
            ("ourCount", count(ours.0)),
            ("theirSum", money(theirs.1)),
            ("ourSum", money(ours.1)),
            ("difference", money(ours.1 - theirs.1)),
        ]);
        expected.insert(day.to_string(), numbers);
    }
    paper.table("revenue-agreement", |it| it["day"].as_str().unwrap_or_default().to_owned(), &expected, |_| true);
    let shown = paper.block("revenue-agreement")["rowCount"].as_u64();
    assert_eq!(shown, Some(expected.len() as u64), "{}: days compared", paper.asked);
    for row in paper.block("revenue-agreement")["rows"].as_array().expect("rows") {
        let numbers = &expected[row["day"].as_str().unwrap_or_default()];
        let differs = numbers["theirCount"] != numbers["ourCount"] || numbers["theirSum"] != numbers["ourSum"];
        assert_eq!(row["state"] == "differs", differs, "{}: {row}", paper.asked);
    }
}

/// Months of sending that were reported, sender by sender.
fn months(paper: &Paper, range: &Range, metric: &str, facts: &Facts<'_>) {
    let mut expected = BTreeMap::new();
    let metric_id = SHOP.account.metric(metric);
    for (table, kind) in [("campaign", "campaigns"), ("flow", "flows")] {
        let mut sums: BTreeMap<(String, NaiveDate, NaiveDate), Sums> = BTreeMap::new();
        let keys = format!("{table}_id, start_on, end_on, conversion_metric_id");
        for (keys, its) in reports(&SHOP, &keys, &format!("klaviyo_{table}_values_reports")) {
            let (first, last) = (day(&keys[1]), day(&keys[2]));
            if keys[3] == metric_id && first <= range.last && range.first <= last {
                let sum = sums.entry((keys[0].clone(), first, last)).or_default();
                *sum = plus(*sum, its);
            }
        }
        for ((id, first, last), theirs) in sums {
            let sender = if table == "flow" { Sender::Flow(id.clone()) } else { Sender::Campaign(id.clone()) };
            let ours = facts.sum(Way::by_send_day(first, last), |it| it.sender.as_ref() == Some(&sender));
            let numbers = Numbers::from([
                ("reportedRecipients", count(theirs[0])),
                ("recipients", count(ours.recipients())),
                ("reportedConversions", count(theirs[6])),
                ("conversions", count(ours.conversions)),
                ("reportedRevenue", money(theirs[7])),
                ("revenue", money(ours.revenue)),
                ("difference", money(ours.revenue - theirs[7])),
            ]);
            expected.insert(format!("{kind}/{id} {}", first.format("%Y-%m")), numbers);
        }
    }
    let key = |it: &Value| {
        let text = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
        format!("{} {}", text("id"), text("month"))
    };
    // Reports are by the account's own metric.
    assert_eq!(expected.is_empty(), metric != METRICS[0], "{}: {expected:?}", paper.asked);
    paper.table("revenue-reports", key, &expected, |_| true);
    let shown = paper.block("revenue-reports")["rowCount"].as_u64();
    assert_eq!(shown, Some(expected.len() as u64), "{}: reports", paper.asked);
}

/// The calendar of agreement, and the rule of the audit.
fn findings(served: &Served, metric: &str, theirs: &Counted) {
    let all = both(metric, theirs);
    for range in SHOP.ranges() {
        let within: Vec<_> = all.iter().filter(|it| range.has(*it.0)).map(|it| *it.1).collect();
        let differing: Vec<_> = within.iter().filter(|it| it[0] != it[1]).collect();
        let paper = Paper::of(served, &format!("/benchmarks/disagreements?range={}&limit=1000", range.text));
        let rows = paper.block("audit_disagreements")["rows"].as_array().expect("rows");
        let Some(row) = rows.iter().find(|it| it["name"] == metric) else {
            assert!(within.is_empty(), "{}: {metric} was compared", paper.asked);
            continue;
        };
        let sum = |side: usize| (!differing.is_empty()).then(|| differing.iter().map(|it| it[side].0).sum::<i64>());
        let numbers = Numbers::from([
            ("days", count(many(within.iter()))),
            ("differing", count(many(differing.iter()))),
            ("theirCount", sum(0).and_then(count)),
            ("ourCount", sum(1).and_then(count)),
        ]);
        paper.row(metric, row, &numbers);
        assert_eq!(row["verdict"], if differing.is_empty() { "Passes" } else { "Look" }, "{}", paper.asked);
    }
    let answer = served.client.get("/api/sync/reconciliation").dispatch();
    let told: Value = answer.into_json().expect("JSON");
    let today = SHOP.account.today;
    let first = today.with_day(1).expect("a day");
    for back in 0..3 {
        let month = first - Months::new(back);
        let days: Vec<_> = all.iter().filter(|it| same_month(*it.0, month)).map(|it| *it.1).collect();
        let name = month.format("%Y-%m").to_string();
        let is_own = |it: &&Value| it["month"] == name && it["metricName"] == metric;
        let got = told["months"].as_array().expect("months").iter().find(is_own);
        let Some(got) = got else {
            assert!(days.is_empty(), "nothing is told of {metric} in {name}: {told}");
            continue;
        };
        assert_eq!(got["days"].as_i64(), Some(many(days.iter())), "{metric} in {name}");
        assert_eq!(
            got["differing"].as_i64(),
            Some(many(days.iter().filter(|it| it[0] != it[1]))),
            "{metric} in {name}"
        );
        for (place, side) in ["theirs", "ours"].into_iter().enumerate() {
            let sum = days.iter().fold((0, 0), |sum, it| (sum.0 + it[place].0, sum.1 + it[place].1));
            assert_eq!(got[side]["count"].as_i64(), Some(sum.0), "{metric} in {name}, {side}");
            let close = got[side]["sum"].as_f64().zip(money(sum.1)).is_some_and(|it| (it.0 - it.1).abs() < 1e-6);
            assert!(close, "{metric} in {name}, {side}: {got}, and counted {sum:?}");
        }
    }
}

fn same_month(one: NaiveDate, other: NaiveDate) -> bool {
    (one.year(), one.month()) == (other.year(), other.month())
}
