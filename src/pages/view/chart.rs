//! A chart as data and words: rows of buckets, and which of their values to draw. How it looks is the browser's.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::pages::sheet::Unit;
use crate::range::Period;
use crate::store::repository::{Document, field};
use crate::web::buckets::Step;

/// What is drawn over time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Chart {
    pub shape: Shape,
    /// What it shows, in words: range, sum, change, peak.
    pub caption: String,
    pub unit: Unit,
    pub series: Vec<Series>,
    pub rows: Vec<Bucket>,
    /// What happened meanwhile.
    pub marks: Vec<Mark>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Bars upon one another: parts of a whole.
    Stacks,
    Lines,
    /// Bars side by side.
    Columns,
    /// One point a row; the first series is across, the second up, the third the size.
    Scatter,
}

/// One of the values of each row.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Series {
    pub key: String,
    pub name: String,
    /// Drawn as a dashed line: the days compared with.
    pub is_compared: bool,
}

/// A day, a week, a month, or whatever else stands under a bar.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Bucket {
    /// "Week of 16 Nov 2026"
    pub label: String,
    /// What stands under its bar: "16 Nov".
    pub tick: String,
    /// Whether all of its days are there and over: what is not cannot be compared with its neighbours.
    pub whole: bool,
    /// By the series' keys.
    #[schema(value_type = Object)]
    pub values: BTreeMap<String, Option<f64>>,
}

/// Something that happened, at one of the rows.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Mark {
    /// The place of its row.
    pub at: usize,
    pub words: String,
    /// `note`, `campaign` or `flow`.
    pub kind: &'static str,
}

/// How the value of a bucket comes from its days.
#[derive(Debug, Clone, Copy)]
pub enum Made {
    Sum(&'static str),
    /// The sum of the one over the sum of the other.
    Share(&'static str, &'static str),
    /// The last known: a stock, such as subscribers.
    Last(&'static str),
}

/// A line of a chart over days.
#[derive(Debug, Clone)]
pub struct Line {
    pub name: String,
    pub made: Made,
    pub is_compared: bool,
}

impl Line {
    #[must_use]
    pub fn sum(name: impl Into<String>, column: &'static str) -> Line {
        Line { name: name.into(), made: Made::Sum(column), is_compared: false }
    }

    #[must_use]
    pub fn share(name: impl Into<String>, part: &'static str, whole: &'static str) -> Line {
        Line { name: name.into(), made: Made::Share(part, whole), is_compared: false }
    }

    #[must_use]
    pub fn last(name: impl Into<String>, column: &'static str) -> Line {
        Line { name: name.into(), made: Made::Last(column), is_compared: false }
    }

    /// Of the days compared with.
    #[must_use]
    pub fn compared(self) -> Line {
        Line { is_compared: true, ..self }
    }

    fn key(&self) -> String {
        match self.made {
            Made::Sum(column) | Made::Last(column) => column.to_owned(),
            Made::Share(part, whole) => format!("{part}/{whole}"),
        }
    }

    fn value(&self, days: &[(NaiveDate, &Document)]) -> Option<f64> {
        let of = |column: &str| days.iter().filter_map(|(_, it)| it.get(column)?.as_f64()).collect::<Vec<f64>>();
        let sum = |column: &str| Some(of(column)).filter(|it| !it.is_empty()).map(|it| it.iter().sum::<f64>());
        match self.made {
            Made::Sum(column) => sum(column),
            Made::Last(column) => of(column).last().copied(),
            Made::Share(part, whole) => sum(whole).filter(|it| *it > 0.0).map(|it| sum(part).unwrap_or(0.0) / it),
        }
    }
}

/// Whether rates of so many days are drawn of the seven days up to each: of one day they would be of few, and mostly chance.
/// More days are added up to weeks or months as it is.
#[must_use]
pub fn is_drawn_by_weeks(days: usize) -> bool {
    Step::of(days) == Step::Day
}

/// The same days with what rates are drawn of: in place of each of the `columns` what it is of the seven days up to each, which
/// the query names `week_<column>`.
#[must_use]
pub fn by_weeks(days: &[Document], columns: &[&str]) -> Vec<Document> {
    let mut drawn = days.to_vec();
    if is_drawn_by_weeks(days.len()) {
        for day in &mut drawn {
            for column in columns {
                let week = day.get(&field(&format!("week_{column}"))).cloned().unwrap_or_default();
                day.insert(field(column), week);
            }
        }
    }
    drawn
}

/// What a chart of such rates says under it.
pub const BY_WEEKS: &str = "Each point is of the seven days up to it.";

impl Chart {
    /// Of days: each row has its `date`, and every day of the period is there in its order. Long periods become weeks or
    /// months. `notes` are days and what happened on them.
    #[must_use]
    pub fn over_time(
        shape: Shape,
        unit: Unit,
        period: &Period,
        days: &[Document],
        lines: &[Line],
        notes: &[(NaiveDate, &'static str, String)],
    ) -> Chart {
        let dated: Vec<(NaiveDate, &Document)> = days.iter().filter_map(|it| Some((date(it)?, it))).collect();
        // What was not copied is not zero.
        let known = |group: &[(NaiveDate, &Document)]| group.iter().any(|(day, _)| period.knows(*day));
        let step = Step::of(dated.len());
        let of_years = dated.first().map(|it| it.0.year()) != dated.last().map(|it| it.0.year());
        let groups = dated.chunk_by(|(one, _), (next, _)| step.start(*one) == step.start(*next));
        let mut rows: Vec<Bucket> = groups
            .clone()
            .map(|group| {
                let (label, tick) = step.words(group[0].0, of_years);
                let whole =
                    group.len() >= step.days(step.start(group[0].0)) && group.iter().all(|it| period.is_complete(it.0));
                let value = |line: &Line| if known(group) { line.value(group) } else { None };
                let values = lines.iter().map(|line| (line.key(), value(line))).collect();
                Bucket { label, tick, whole, values }
            })
            .collect();
        if let Some(last) = rows.last_mut() {
            last.whole &= !period.incomplete;
        }
        let starts: Vec<NaiveDate> = groups.map(|it| step.start(it[0].0)).collect();
        let marks = notes.iter().filter_map(|(day, kind, words)| {
            let at = starts.iter().position(|it| *it == step.start(*day))?;
            Some(Mark { at, words: words.clone(), kind })
        });
        let series =
            lines.iter().map(|it| Series { key: it.key(), name: it.name.clone(), is_compared: it.is_compared });
        Chart { shape, caption: String::new(), unit, series: series.collect(), marks: marks.collect(), rows }
    }

    /// Of rows that are no days: `label` names the column that says what a row is.
    #[must_use]
    pub fn of_rows(shape: Shape, unit: Unit, rows: &[Document], label: &str, series: &[(&str, &str)]) -> Chart {
        let named = |it: &Document| match it.get(label) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let rows = rows.iter().map(|it| Bucket {
            label: named(it),
            tick: named(it),
            whole: true,
            values: series.iter().map(|(key, _)| ((*key).to_owned(), it.get(*key).and_then(Value::as_f64))).collect(),
        });
        let series = series.iter().map(|(key, name)| Series {
            key: (*key).to_owned(),
            name: (*name).to_owned(),
            is_compared: false,
        });
        Chart { shape, caption: String::new(), unit, series: series.collect(), rows: rows.collect(), marks: Vec::new() }
    }

    #[must_use]
    pub fn saying(self, caption: impl Into<String>) -> Chart {
        Chart { caption: caption.into(), ..self }
    }

    /// The row that is the largest of what adds up, and how much it is; nothing where there is nothing to choose from.
    #[must_use]
    pub fn peak(&self) -> Option<(&str, f64)> {
        let own: Vec<&str> = self.series.iter().filter(|it| !it.is_compared).map(|it| it.key.as_str()).collect();
        let sum = |row: &Bucket| own.iter().filter_map(|key| *row.values.get(*key)?).sum::<f64>();
        let sums = self.rows.iter().map(|row| (row.label.as_str(), sum(row)));
        let largest = sums.reduce(|best, it| if it.1 > best.1 { it } else { best });
        largest.filter(|it| it.1 > 0.0 && self.rows.len() > 1)
    }

    /// Whether any row has a value to draw.
    #[must_use]
    pub fn has_values(&self) -> bool {
        self.rows.iter().any(|it| it.values.values().flatten().any(|it| *it != 0.0))
    }
}

fn date(row: &Document) -> Option<NaiveDate> {
    row.get("date")?.as_str()?.get(..10)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::range::Ask;
    use chrono::Days;
    use serde_json::json;

    /// One order a day from a Wednesday on, but nothing known of `previous` in the first week.
    fn drawn(days: u64, today: &str) -> Chart {
        let first: NaiveDate = "2025-01-01".parse().expect("a day");
        let row = |day| {
            let previous = (day > 6).then_some(2);
            let row = json!({ "date": first + Days::new(day), "orders": 1, "previous": previous });
            row.as_object().expect("a row").clone()
        };
        let rows: Vec<Document> = (0..days).map(row).collect();
        let range = format!("{first},{}", first + Days::new(days - 1));
        let ask = Ask::parse([("range", range.as_str())]).expect("an ask");
        let period = ask.period(today.parse().expect("a day"), None).expect("a period");
        let lines = [Line::sum("Orders", "orders"), Line::sum("Before", "previous").compared()];
        Chart::over_time(Shape::Stacks, Unit::Count, &period, &rows, &lines, &[(first, "note", "New year".to_owned())])
    }

    #[test]
    fn a_quarter_stays_days_and_the_last_may_not_be_over() {
        let chart = drawn(90, "2025-03-31");
        assert_eq!(chart.rows.len(), 90);
        assert_eq!((chart.rows[0].label.as_str(), chart.rows[0].tick.as_str()), ("1 Jan 2025", "1 Jan"));
        assert_eq!((chart.rows[0].values["orders"], chart.rows[0].values["previous"]), (Some(1.0), None));
        assert_eq!((chart.rows[88].whole, chart.rows[89].whole), (true, false));
        assert_eq!((chart.marks[0].at, chart.marks[0].words.as_str()), (0, "New year"));
    }

    #[test]
    fn a_year_is_weeks_from_monday() {
        let chart = drawn(365, "2026-11-21");
        let first = &chart.rows[0];
        assert_eq!(
            (first.label.as_str(), first.values["orders"], first.whole),
            ("Week of 30 Dec 2024", Some(5.0), false)
        );
        let second = &chart.rows[1];
        assert_eq!((second.tick.as_str(), second.values["orders"], second.whole), ("6 Jan", Some(7.0), true));
        assert_eq!((first.values["previous"], second.values["previous"]), (None, Some(10.0)));
        assert_eq!(chart.peak(), Some(("Week of 6 Jan 2025", 7.0)), "of weeks, and not of the days compared with");
        assert_eq!(drawn(1, "2026-11-21").peak(), None);
    }

    #[test]
    fn days_of_two_years_have_their_year_under_the_axis() {
        let chart = drawn(700, "2026-12-01");
        assert_eq!((chart.rows[1].tick.as_str(), chart.rows[60].tick.as_str()), ("6 Jan 2025", "23 Feb 2026"));
    }

    #[test]
    fn many_years_are_months_and_nothing_is_lost() {
        let chart = drawn(2_000, "2030-12-01");
        let second = &chart.rows[1];
        assert_eq!((second.label.as_str(), second.values["orders"], second.whole), ("Feb 2025", Some(28.0), true));
        assert_eq!(chart.rows.iter().filter_map(|it| it.values["orders"]).sum::<f64>().to_string(), "2000");
    }
}
