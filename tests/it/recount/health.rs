//! Whether flows do as well as they usually do: what was sent in a range, as far as it has had the time to convert, against
//! the ninety days before.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use klytics::web::format::{grouped, money_short, percent};
use serde_json::Value;

use super::account::Sender;
use super::facts::{Counts, Facts, Way, count};
use super::paper::{Paper, Range};
use super::{CROWD, METRICS, SHOP, Shop};

/// How far two sides have to be apart, in deviations: two questions are asked, and both hold with 95 %.
const FAR: f64 = 2.24;

/// What a flow sent and what that came to, now and usually.
#[derive(Default)]
struct Health {
    now: Counts,
    usual: Counts,
}

impl Health {
    /// In how many of what was delivered somebody converted, pooled.
    fn conversion_distance(&self) -> Option<f64> {
        let (now, usual) = (sides(&self.now), sides(&self.usual));
        let either = (now.0 + usual.0) / (now.1 + usual.1);
        let is_enough = |it: (f64, f64)| it.1 >= 100.0 && it.1 * either >= 5.0;
        let deviation = (either * (1.0 - either) * (1.0 / now.1 + 1.0 / usual.1)).sqrt();
        (is_enough(now) && is_enough(usual) && deviation > 0.0).then(|| (now.0 / now.1 - usual.0 / usual.1) / deviation)
    }

    /// How many times the revenue of a recipient is the usual one; orders vary as much as they are worth.
    fn revenue_distance(&self) -> Option<f64> {
        let of = |it: &Counts| (it.measures()["revenuePerRecipient"], float(it.conversions));
        let ((now, orders), (usual, usual_orders)) = (of(&self.now), of(&self.usual));
        let (now, usual) = now.filter(|it| *it > 0.0).zip(usual.filter(|it| *it > 0.0))?;
        (orders >= 10.0 && usual_orders >= 10.0)
            .then(|| (now / usual).ln() / (2.0 / orders + 2.0 / usual_orders).sqrt())
    }

    fn verdict(&self) -> Option<&'static str> {
        let converted = self.conversion_distance()?;
        let distances = [converted, self.revenue_distance().unwrap_or_default()];
        let (up, down) = (distances.iter().any(|it| *it >= FAR), distances.iter().any(|it| *it <= -FAR));
        Some(match (up, down) {
            (true, true) => "Mixed",
            (true, false) => "Better",
            (false, true) => "Worse",
            (false, false) => "As usual",
        })
    }

    fn is_of_nothing(&self) -> bool {
        self.now == Counts::default() && self.usual == Counts::default()
    }
}

fn sides(counts: &Counts) -> (f64, f64) {
    (float(counts.converted), float(counts.delivered))
}

fn float(it: i64) -> f64 {
    count(it).unwrap_or_default()
}

/// The last day whose sends have had five days to convert.
fn settled(shop: &Shop, range: &Range) -> NaiveDate {
    range.last.min(shop.account.today - Days::new(6))
}

fn healths(shop: &Shop, range: &Range, facts: &Facts<'_>) -> BTreeMap<String, Health> {
    let of = |first, last| {
        facts.counts(Way::by_send_day(first, last), |it| match &it.sender {
            Some(Sender::Flow(id)) => Some(id.clone()),
            _ => None,
        })
    };
    let mut all: BTreeMap<String, Health> = BTreeMap::new();
    for (id, counts) in of(range.first, settled(shop, range)) {
        all.entry(id).or_default().now = counts;
    }
    for (id, counts) in of(range.first - Days::new(90), range.first - Days::new(1)) {
        all.entry(id).or_default().usual = counts;
    }
    all
}

#[test]
fn the_health_of_flows_is_what_the_raw_events_say() {
    let mut words = BTreeSet::new();
    for shop in [&*SHOP, &*CROWD] {
        let (served, metric) = (shop.serve(), METRICS[0]);
        let mut ranges = shop.ranges();
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        // In which the sends of crowds are older than a week, and so many that more than the plainest is said.
        for text in ["2026-09-25_to_2026-10-24", "2026-08-20_to_2026-11-15"] {
            let (first, last) = text.split_once("_to_").expect("a range");
            ranges.push(Range { text, first: day(first), last: day(last), compared: None });
        }
        for range in ranges {
            let healths = healths(shop, &range, shop.facts(metric, false));
            for basis in ["sent", "event"] {
                let asked = format!("range={}&basis={basis}&limit=1000", range.text);
                let paper = Paper::of(&served, &format!("/flows?{asked}"));
                words.extend(list(&paper, &healths));
            }
            for (id, health) in healths.iter().take(6) {
                let paper = Paper::of(&served, &format!("/flows/{id}?range={}", range.text));
                one(&paper, shop, &range, health);
            }
        }
    }
    assert!(words.contains("Better") && words.contains("Worse"), "words that are met: {words:?}");
}

fn list(paper: &Paper, healths: &BTreeMap<String, Health>) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let nothing = Health::default();
    for row in paper.block("flows")["rows"].as_array().expect("rows") {
        let id = row["id"].as_str().expect("an id");
        let health = healths.get(id).unwrap_or(&nothing);
        assert_eq!(row["health"].as_str(), health.verdict(), "{}: health of {id}", paper.asked);
        for (name, side, measure) in [
            ("settledConversionRate", &health.now, "conversionRate"),
            ("usualConversionRate", &health.usual, "conversionRate"),
            ("settledRevenuePerRecipient", &health.now, "revenuePerRecipient"),
            ("usualRevenuePerRecipient", &health.usual, "revenuePerRecipient"),
        ] {
            paper.number(&format!("{name} of {id}"), &row[name], side.measures()[measure]);
        }
        words.extend(health.verdict().map(ToOwned::to_owned));
        if health.verdict().is_some() {
            assert_eq!(row["healthWhy"], why(health), "{}: {id}", paper.asked);
        }
    }
    words
}

fn why(health: &Health) -> String {
    let rate = |it: &Counts| it.measures()["conversionRate"].map_or("–".to_owned(), percent);
    let each = |it: &Counts| it.measures()["revenuePerRecipient"].map_or("–".to_owned(), |it| money_short(it, "USD"));
    let (now, usual) = (&health.now, &health.usual);
    format!("{} converted, was {}; {} each, was {}", rate(now), rate(usual), each(now), each(usual))
}

/// What the verdict of one flow rests on.
fn one(paper: &Paper, shop: &Shop, range: &Range, health: &Health) {
    if settled(shop, range) < range.first || health.is_of_nothing() {
        assert!(paper.says_nothing("health"), "{}: nothing to judge", paper.asked);
        return;
    }
    let facts = paper.block("health")["facts"].as_array().expect("facts");
    let fact = |name: &str| facts.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("no {name}"));
    assert_eq!(fact("Verdict")["value"], health.verdict().unwrap_or("Too few to tell"), "{}", paper.asked);
    let (now, usual) = (health.now.measures(), health.usual.measures());
    let shown = |name: &str, measure: &str, written: &dyn Fn(f64) -> String| {
        paper.number(name, &fact(name)["value"], now[measure]);
        let was = usual[measure].map_or("–".to_owned(), written);
        assert_eq!(fact(name)["detail"], Value::from(format!("was {was}")), "{}: {name}", paper.asked);
    };
    shown("Conversion rate", "conversionRate", &percent);
    shown("Revenue per recipient", "revenuePerRecipient", &|it| money_short(it, "USD"));
    shown("Delivered", "delivered", &|it| grouped(it, 0));
    shown("Converted", "converted", &|it| grouped(it, 0));
    assert_eq!(facts.len(), 5, "{}: what else is said of health?", paper.asked);
}
