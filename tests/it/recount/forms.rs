//! Forms: who saw them, who submitted them, and who bought within five days after.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate, TimeDelta};
use serde_json::Value;

use super::account::Event;
use super::facts::{count, many, money, share};
use super::overview::figure;
use super::paper::{Numbers, Paper, Range};
use super::{METRICS, SHOP};

/// How long after a submission a conversion counts.
const WINDOW: TimeDelta = TimeDelta::days(5);

/// What is counted of some forms on some days.
#[derive(Default)]
struct Form {
    views: i64,
    submissions: i64,
    submitters: BTreeSet<&'static str>,
    buyers: BTreeSet<&'static str>,
    /// Conversions, each once, and their values.
    bought: BTreeMap<&'static str, i64>,
}

impl Form {
    fn of(metric: &str, first: NaiveDate, last: NaiveDate, of: impl Fn(&Event) -> bool) -> Form {
        let account = SHOP.account;
        let within = |it: &&'static Event| first <= it.day && it.day <= last && of(it);
        let mut form = Form { views: many(account.of_metric("Viewed Form").filter(within)), ..Form::default() };
        for event in account.of_metric("Submitted Form").filter(within) {
            form.submissions += 1;
            form.submitters.insert(&event.profile);
            let after = account.of_metric(metric).filter(|it| it.profile == event.profile);
            for order in after.filter(|it| event.at <= it.at && it.at <= event.at + WINDOW) {
                form.buyers.insert(&order.profile);
                form.bought.insert(&order.id, order.amount());
            }
        }
        form
    }

    fn measures(&self) -> Numbers {
        let (submitters, buyers) = (many(self.submitters.iter()), many(self.buyers.iter()));
        Numbers::from([
            ("views", count(self.views)),
            ("submissions", count(self.submissions)),
            ("submitRate", share(self.submissions, self.views)),
            ("submitters", count(submitters)),
            ("formConverted", count(buyers)),
            ("formConversionRate", share(buyers, submitters)),
            ("formRevenue", money(self.bought.values().sum())),
        ])
    }
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

#[test]
fn forms_measure_what_the_raw_events_say() {
    let served = SHOP.serve();
    for metric in METRICS {
        let id = SHOP.account.metric(metric);
        for range in SHOP.ranges() {
            let asked = format!("range={}&metric={id}&limit=1000", range.text);
            let paper = Paper::of(&served, &format!("/forms?{asked}"));
            page(&paper, &range, metric, None);
            // One form is enough for the other metric.
            for form in ids().into_iter().take(if metric == METRICS[0] { usize::MAX } else { 1 }) {
                let paper = Paper::of(&served, &format!("/forms/{form}?{asked}"));
                page(&paper, &range, metric, Some(&form));
            }
        }
    }
}

fn ids() -> BTreeSet<String> {
    SHOP.account.of_metric("Viewed Form").filter_map(|it| it.form.clone()).collect()
}

fn page(paper: &Paper, range: &Range, metric: &str, one: Option<&str>) {
    let own = |it: &Event| one.is_none_or(|one| it.form.as_deref() == Some(one));
    let of = |first, last| Form::of(metric, first, last, own);
    for (card, measure) in [("views", "views"), ("submissions", "submissions")] {
        paper.figure(card, &figure(range, |first, last| of(first, last).measures()[measure]));
    }
    // A rate of a day is drawn of the seven days up to it; of many days weeks or months are drawn.
    let reach = Days::new(if range.day_count() <= 130 { 6 } else { 0 });
    let submit_rate = |first, last| of(first, last).measures()["submitRate"];
    let drawn = range.days().map(|it| submit_rate(it - reach, it)).collect();
    paper.figure("submit_rate", &super::paper::Figure { daily: Some(drawn), ..figure(range, submit_rate) });
    let bought = figure(range, |first, last| of(first, last).measures()["formConversionRate"]);
    let bought = super::paper::Figure { daily: None, ..bought };
    paper.figure("form_conversion_rate", &bought);
    let number = |it: i64| count(it).unwrap_or_default();
    let before = |day| range.before(day).map(|it| of(it, it)).unwrap_or_default();
    let submitted = |day| (number(of(day, day).submissions), None);
    let submitted_before = |day| (number(before(day).submissions), None);
    let point = |it: Form| (number(it.submissions), count(it.views));
    let rate = |day| point(of(day - reach, day));
    let rate_before = |day| point(range.before(day).map(|it| of(it - reach, it)).unwrap_or_default());
    // A page that nobody saw draws nothing.
    let is_seen = of(range.first, range.last).views > 0;
    if is_seen {
        paper.chart("form-submissions", range, &[("submissions", &submitted)]);
        paper.chart("submit_rate", range, &[("submissions/views", &rate)]);
    }
    if is_seen && range.compared.is_some() {
        paper.chart("form-submissions", range, &[("earlierSubmissions", &submitted_before)]);
        paper.chart("submit_rate", range, &[("earlierSubmissions/earlierViews", &rate_before)]);
    }
    let is_seen = |it: &Numbers| it["views"] > Some(0.0) || it["submissions"] > Some(0.0);
    let total = of(range.first, range.last).measures();
    let table = |key: &dyn Fn(&Event) -> Option<String>| -> BTreeMap<String, Numbers> {
        let events = SHOP.account.of_metric("Viewed Form").chain(SHOP.account.of_metric("Submitted Form"));
        let keys: BTreeSet<String> = events.filter(|it| own(it)).filter_map(key).collect();
        let form = |it: &String| {
            Form::of(metric, range.first, range.last, |event| own(event) && key(event).as_ref() == Some(it))
        };
        keys.iter().map(|it| (it.clone(), form(it).measures())).collect()
    };
    let devices = table(&|it| it.text("device_type").map(ToOwned::to_owned));
    paper.table("form-devices", |it| text(it, "device"), &devices, is_seen);
    paper.totals("form-devices", &total);
    let versions = table(&|it| {
        let version = it.document["form_version_id"].to_string();
        Some(format!("{} {}", it.text("form_name")?, SHOP.account.form_versions.get(&version)?.name))
    });
    paper.table("form-versions", |it| format!("{} {}", text(it, "form"), text(it, "version")), &versions, is_seen);
    paper.totals("form-versions", &total);
    if one.is_none() {
        let mut forms = table(&|it| it.form.clone());
        for (id, numbers) in &mut forms {
            let versions = SHOP.account.form_versions.values().filter(|it| it.form == *id);
            numbers.insert("versions", count(many(versions)));
        }
        paper.table("forms", |it| text(it, "id"), &forms, is_seen);
        paper.totals("forms", &total);
        paper.trends(
            "forms",
            |it| text(it, "id"),
            |id| {
                let own = |it: &Event| it.form.as_deref() == Some(id);
                range.days().map(|it| number(Form::of(metric, it, it, own).submissions)).collect()
            },
        );
    }
}
