//! What a page says in its JSON twin, and how it is compared with what was counted: every number that a card, a row or a
//! point of a chart holds has to have been counted, too.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use rocket::http::Status;
use serde_json::Value;

use crate::support::Served;

/// Numbers by their names on pages; none is "–".
pub(super) type Numbers = BTreeMap<&'static str, Option<f64>>;

/// Days, and those they are compared with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) text: &'static str,
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    pub(super) compared: Option<(NaiveDate, NaiveDate)>,
}

impl Range {
    pub(super) fn day_count(&self) -> u64 {
        (self.last - self.first).num_days().unsigned_abs() + 1
    }

    pub(super) fn days(&self) -> impl Iterator<Item = NaiveDate> {
        self.first.iter_days().take_while(|it| *it <= self.last)
    }

    pub(super) fn has(&self, day: NaiveDate) -> bool {
        self.first <= day && day <= self.last
    }

    /// The day that stands at the same place of the days compared with.
    pub(super) fn before(&self, day: NaiveDate) -> Option<NaiveDate> {
        self.compared.map(|it| day - (self.first - it.0))
    }
}

/// Thirty days, one day, the week in which New York's clocks went back, and all there is.
pub(super) fn ranges(first_on: NaiveDate, today: NaiveDate) -> Vec<Range> {
    let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
    let days = |text: &'static str| {
        let (first, last) = text.split_once("_to_").expect("a range");
        let (first, last) = (day(first), day(last));
        let length = Days::new((last - first).num_days().unsigned_abs() + 1);
        let before = (first - length, last - length);
        Range { text, first, last, compared: Some(before) }
    };
    vec![
        days("2026-10-23_to_2026-11-21"),
        days("2026-11-03_to_2026-11-03"),
        days("2026-10-29_to_2026-11-04"),
        Range { text: "all", first: first_on, last: today, compared: None },
    ]
}

/// What a day adds to a point: a part and, where that is divided, a whole.
pub(super) type Point<'a> = &'a dyn Fn(NaiveDate) -> (f64, Option<f64>);

/// A page's answer.
pub(super) struct Paper {
    /// What was asked, for whoever reads a failure.
    pub(super) asked: String,
    pub(super) view: Value,
}

/// A figure with what it is compared with, and day by day.
#[derive(Debug, Default)]
pub(super) struct Figure {
    pub(super) current: Option<f64>,
    pub(super) previous: Option<f64>,
    /// None where the page shows no days.
    pub(super) daily: Option<Vec<Option<f64>>>,
}

impl Paper {
    pub(super) fn of(served: &Served, path: &str) -> Paper {
        let path = format!("/api/pages{path}");
        let answer = served.client.get(path.clone()).dispatch();
        assert_eq!(answer.status(), Status::Ok, "{path}");
        Paper { view: answer.into_json().expect("JSON"), asked: path }
    }

    /// A block by its name; of charts, tables and facts alike.
    #[track_caller]
    pub(super) fn block(&self, name: &str) -> &Value {
        let blocks = self.view["blocks"].as_array().expect("blocks");
        let found = blocks.iter().find(|it| it["name"] == name).map(|it| &it["content"]);
        found.unwrap_or_else(|| panic!("{}: no block {name}", self.asked))
    }

    /// Whether a block has only words to say that there is nothing.
    pub(super) fn says_nothing(&self, name: &str) -> bool {
        self.block(name)["kind"] == "nothing"
    }

    /// Compares a card, its change, and the days that it draws.
    #[track_caller]
    pub(super) fn figure(&self, name: &str, expected: &Figure) {
        let cards = self.view["cards"].as_array().into_iter().chain(
            self.view["blocks"]
                .as_array()
                .into_iter()
                .flat_map(|it| it.iter().filter_map(|it| it["content"]["cards"].as_array())),
        );
        let card = cards.flatten().find(|it| it["name"] == name || it["title"] == name);
        let card = card.unwrap_or_else(|| panic!("{}: no card {name}", self.asked));
        self.number(&format!("card {name}"), &card["current"], expected.current);
        self.number(&format!("card {name}, compared"), &card["previous"], expected.previous);
        let change = expected.current.zip(expected.previous).filter(|it| it.1 != 0.0).map(|it| it.0 / it.1 - 1.0);
        self.number(&format!("card {name}, change"), &card["change"], change);
        let daily = card["daily"].as_array().expect("days");
        let Some(expected) = &expected.daily else { return };
        assert_eq!(daily.len(), expected.len(), "{}: days of {name}", self.asked);
        for (place, (got, expected)) in daily.iter().zip(expected).enumerate() {
            self.number(&format!("card {name}, day {place}"), got, *expected);
        }
    }

    /// Compares every number of every row with what was counted of its key; what was counted and is `worth` showing has to
    /// be there, the largest first where there are more than the page shows.
    #[track_caller]
    pub(super) fn table(
        &self,
        name: &str,
        key: impl Fn(&Value) -> String,
        expected: &BTreeMap<String, Numbers>,
        worth: impl Fn(&Numbers) -> bool,
    ) {
        let table = self.block(name);
        let rows = table["rows"].as_array().expect("rows");
        let worth: Vec<&String> = expected.iter().filter(|it| worth(it.1)).map(|it| it.0).collect();
        let shown: Vec<String> = rows.iter().map(&key).collect();
        let is_whole = table["rowCount"].as_u64() == Some(rows.len() as u64);
        if is_whole {
            let missing: Vec<_> = worth.iter().filter(|it| !shown.contains(it)).collect();
            assert!(missing.is_empty(), "{}: {name} lacks {missing:?}; it has {shown:?}", self.asked);
        } else {
            assert!(table["rowCount"].as_u64() >= Some(worth.len() as u64), "{}: rows of {name}", self.asked);
        }
        let mut distinct = shown.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), shown.len(), "{}: a row of {name} is there twice: {shown:?}", self.asked);
        for (row, key) in rows.iter().zip(&shown) {
            let Some(numbers) = expected.get(key) else {
                panic!("{}: {name} has {key:?}, which was not counted: {row}", self.asked)
            };
            self.row(&format!("{name}, {key}"), row, numbers);
        }
        if !is_whole && let Some(by) = table["sort"].as_str().and_then(|it| it.strip_prefix('-')) {
            let of = |it: &Numbers| it.get(by).copied().flatten();
            let least = shown.iter().filter_map(|it| of(&expected[it])).fold(f64::MAX, f64::min);
            let left = expected.iter().filter(|it| !shown.contains(it.0)).filter_map(|it| of(it.1));
            let most = left.fold(f64::MIN, f64::max);
            assert!(most <= least, "{}: {name} leaves out {most} and shows {least}", self.asked);
        }
    }

    /// Compares the last line of a table with what was counted of all of its rows together.
    #[track_caller]
    pub(super) fn totals(&self, name: &str, expected: &Numbers) {
        let totals = &self.block(name)["totals"];
        if totals.as_object().is_some_and(|it| !it.is_empty()) {
            self.row(&format!("{name}, totals"), totals, expected);
        }
    }

    /// Compares the small curve in each row of a table.
    #[track_caller]
    pub(super) fn trends(&self, name: &str, key: impl Fn(&Value) -> String, expected: impl Fn(&str) -> Vec<f64>) {
        for row in self.block(name)["rows"].as_array().expect("rows") {
            let key = key(row);
            let expected = expected(&key);
            // Where nothing happened there is no curve.
            let Some(curve) = row["trend"].as_array() else {
                assert!(expected.iter().all(|it| *it == 0.0), "{}: {name}, {key} has no curve", self.asked);
                continue;
            };
            let curve: Vec<f64> = curve.iter().filter_map(Value::as_f64).collect();
            // Of many days its points are means of several.
            if curve.len() < expected.len() {
                continue;
            }
            let is_same = |it: (&f64, &f64)| (it.0 - it.1).abs() < 0.006;
            assert_eq!(curve.len(), expected.len(), "{}: {name}, {key}: the curve", self.asked);
            assert!(
                curve.iter().zip(&expected).all(is_same),
                "{}: {name}, {key}: the curve is {curve:?}, and counted {expected:?}",
                self.asked
            );
        }
    }

    /// Compares all numbers of a row; one that was not counted is a failure.
    #[track_caller]
    pub(super) fn row(&self, what: &str, row: &Value, expected: &Numbers) {
        let row = row.as_object().expect("a row");
        for (name, got) in row {
            match expected.get(name.as_str()) {
                Some(expected) => self.number(&format!("{what}: {name}"), got, *expected),
                None => assert!(!got.is_number(), "{}: {what}: nobody counted {name}, {got}", self.asked),
            }
        }
    }

    #[track_caller]
    pub(super) fn number(&self, what: &str, got: &Value, expected: Option<f64>) {
        let is_same = match (got.as_f64(), expected) {
            // Amounts are decimals there and whole numbers here.
            (Some(got), Some(expected)) => (got - expected).abs() <= 1e-9 * expected.abs().max(1.0),
            (got, expected) => got == expected,
        };
        assert!(is_same, "{}: {what} is {got}, and counted {expected:?}", self.asked);
    }

    /// Compares the series of a chart with what was counted day by day; a chart of many days shows weeks or months.
    #[track_caller]
    pub(super) fn chart(&self, name: &str, range: &Range, series: &[(&str, Point<'_>)]) {
        if self.says_nothing(name) {
            let mut points = range.days().flat_map(|day| series.iter().map(move |it| it.1(day).0));
            assert!(points.all(|it| it == 0.0), "{}: {name} shows nothing", self.asked);
            return;
        }
        for (key, of) in series {
            for (label, days, value) in self.points(name, range, key) {
                let parts: Vec<(f64, Option<f64>)> = days.iter().map(|it| of(*it)).collect();
                let sum: f64 = parts.iter().map(|it| it.0).sum();
                // A curve of counts adds up; one of shares divides the sums.
                let wholes: Option<f64> = parts.iter().map(|it| it.1).sum();
                let expected = match wholes {
                    None => Some(sum),
                    Some(0.0) => None,
                    Some(whole) => Some(sum / whole),
                };
                self.number(&format!("{name}, {label} ({key})"), &value, expected);
            }
        }
    }

    /// Every point of a series: what it is called, its days, and its value.
    #[track_caller]
    pub(super) fn points(&self, name: &str, range: &Range, key: &str) -> Vec<(String, Vec<NaiveDate>, Value)> {
        let rows = self.block(name)["rows"].as_array().expect("points");
        let buckets = buckets(range, rows.len()).unwrap_or_else(|| panic!("{}: points of {name}", self.asked));
        let point =
            |(row, days): (&Value, Vec<NaiveDate>)| (row["label"].to_string(), days, row["values"][key].clone());
        rows.iter().zip(buckets).map(point).collect()
    }
}

/// The days of each point: days, weeks from Monday, or months.
fn buckets(range: &Range, points: usize) -> Option<Vec<Vec<NaiveDate>>> {
    let by = |of: fn(NaiveDate) -> NaiveDate| {
        let mut all: BTreeMap<NaiveDate, Vec<NaiveDate>> = BTreeMap::new();
        for day in range.days() {
            all.entry(of(day)).or_default().push(day);
        }
        all.into_values().collect::<Vec<_>>()
    };
    let monday = |day: NaiveDate| day - Days::new(u64::from(day.weekday().num_days_from_monday()));
    let ways = [by(|it| it), by(monday), by(|it| it.with_day(1).expect("a day"))];
    ways.into_iter().find(|it| it.len() == points)
}
