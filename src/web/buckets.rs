//! Rows a day, summed to weeks or months where a chart or a table of days would be too long.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike, Days, NaiveDate};
use rocket_dyn_templates::tera::{Error, Result, Value};
use serde::Serialize;

use super::format;

/// Most rows of a chart: above, its bars are thinner than a few pixels, and its page larger than it should be.
const ROWS_MAX: usize = 130;

/// A day, a week from Monday, or a month.
#[derive(Debug, Serialize)]
struct Bucket {
    /// "21 Nov 2026", "Week of 16 Nov 2026", "Nov 2026"
    label: String,
    /// What stands under its bar: "21 Nov", "Nov 2026".
    tick: String,
    /// Whether all of its days are there and over: what is not cannot be compared with its neighbours.
    whole: bool,
    /// By key; unknown where no day of it is known.
    #[serde(flatten)]
    sums: BTreeMap<String, Option<f64>>,
}

/// `buckets(rows=page.daily, keys=["campaigns", "flows"], partial=true)`: the rows have a `date` each and stand in its
/// order without a gap; `partial` says that the last of them is not over.
pub(super) fn buckets(args: &HashMap<String, Value>) -> Result<Value> {
    let list = |name| args.get(name).and_then(Value::as_array).ok_or_else(|| Error::msg(format!("no `{name}`")));
    let keys: Vec<&str> = list("keys")?.iter().filter_map(Value::as_str).collect();
    let partial = args.get("partial").and_then(Value::as_bool).unwrap_or_default();
    let rows: Option<Vec<_>> = list("rows")?.iter().map(|row| Some((day(row)?, row))).collect();
    let rows = rows.ok_or_else(|| Error::msg("a row has no `date`"))?;
    serde_json::to_value(summed(&rows, &keys, partial)).map_err(Error::json)
}

fn day(row: &Value) -> Option<NaiveDate> {
    row.get("date")?.as_str()?.parse().ok()
}

fn summed(rows: &[(NaiveDate, &Value)], keys: &[&str], partial: bool) -> Vec<Bucket> {
    let step = Step::of(rows.len());
    let groups = rows.chunk_by(|(one, _), (next, _)| step.start(*one) == step.start(*next));
    let mut buckets: Vec<Bucket> = groups.map(|days| step.bucket(days, keys)).collect();
    if let Some(last) = buckets.last_mut() {
        last.whole &= !partial;
    }
    buckets
}

/// How many days stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Day,
    Week,
    Month,
}

impl Step {
    /// Of so many days in all.
    #[must_use]
    pub fn of(days: usize) -> Step {
        match days {
            it if it <= ROWS_MAX => Step::Day,
            it if it <= ROWS_MAX * 7 => Step::Week,
            _ => Step::Month,
        }
    }

    /// The first day of the bucket that holds `day`.
    #[must_use]
    pub fn start(self, day: NaiveDate) -> NaiveDate {
        match self {
            Step::Day => day,
            Step::Week => day - Days::new(day.weekday().num_days_from_monday().into()),
            Step::Month => day - Days::new(day.day0().into()),
        }
    }

    /// The days of a bucket that is whole.
    #[must_use]
    pub fn days(self, start: NaiveDate) -> usize {
        match self {
            Step::Day => 1,
            Step::Week => 7,
            Step::Month => start.num_days_in_month().into(),
        }
    }

    /// The bucket of a day in words, and in the few that stand under its bar: "Week of 16 Nov 2026" and "16 Nov".
    #[must_use]
    pub fn words(self, day: NaiveDate) -> (String, String) {
        let start = self.start(day);
        let month = || start.format("%b %Y").to_string();
        match self {
            Step::Day => (format::date(start), format::day(start)),
            Step::Week => (format!("Week of {}", format::date(start)), format::day(start)),
            Step::Month => (month(), month()),
        }
    }

    fn bucket(self, days: &[(NaiveDate, &Value)], keys: &[&str]) -> Bucket {
        let start = self.start(days[0].0);
        let sum = |key: &str| {
            let known = days.iter().filter_map(|(_, row)| row.get(key)?.as_f64());
            known.reduce(|sum, it| sum + it)
        };
        let (label, tick) = self.words(start);
        let sums = keys.iter().map(|key| ((*key).to_owned(), sum(key))).collect();
        Bucket { label, tick, whole: days.len() >= self.days(start), sums }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// One a day from a Wednesday on, but nothing known of `previous` in the first week.
    fn drawn(days: u64, partial: bool) -> Vec<Value> {
        let first: NaiveDate = "2025-01-01".parse().expect("a day");
        let row = |day| {
            let previous = (day > 6).then_some(2);
            json!({ "date": first + Days::new(day), "orders": 1, "previous": previous })
        };
        let rows: Vec<Value> = (0..days).map(row).collect();
        let args = [("rows", json!(rows)), ("keys", json!(["orders", "previous"])), ("partial", json!(partial))];
        let args = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        buckets(&args).expect("buckets").as_array().expect("a list").clone()
    }

    #[test]
    fn a_quarter_stays_days_and_the_last_may_not_be_over() {
        let rows = drawn(90, true);
        assert_eq!(rows.len(), 90);
        let expected =
            json!({ "label": "1 Jan 2025", "tick": "1 Jan", "whole": true, "orders": 1.0, "previous": null });
        assert_eq!(rows[0], expected);
        assert_eq!((&rows[88]["whole"], &rows[89]["whole"]), (&json!(true), &json!(false)));
    }

    #[test]
    fn a_year_is_weeks_from_monday() {
        let rows = drawn(365, false);
        assert_eq!(
            (&rows[0]["label"], &rows[0]["orders"], &rows[0]["whole"]),
            (&json!("Week of 30 Dec 2024"), &json!(5.0), &json!(false))
        );
        assert_eq!(
            (&rows[1]["tick"], &rows[1]["orders"], &rows[1]["whole"]),
            (&json!("6 Jan"), &json!(7.0), &json!(true))
        );
        assert_eq!((&rows[0]["previous"], &rows[1]["previous"]), (&json!(null), &json!(10.0)));
    }

    #[test]
    fn many_years_are_months_and_nothing_is_lost() {
        let rows = drawn(2_000, true);
        assert_eq!(
            (&rows[1]["label"], &rows[1]["orders"], &rows[1]["whole"]),
            (&json!("Feb 2025"), &json!(28.0), &json!(true))
        );
        assert_eq!(rows.iter().filter_map(|it| it["orders"].as_f64()).sum::<f64>().to_string(), "2000");
    }
}
