//! What flows, or the messages of one, earned a day: the largest parts by name, the rest as one.

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDate, TimeDelta};

use super::figures::total;
use super::{DAYS, Figures};
use crate::pages::caption;
use crate::pages::frame::Frame;
use crate::pages::sheet::Unit;
use crate::pages::view::chart::Line;
use crate::pages::view::{Chart, Shape};
use crate::store::repository::Document;
use crate::store::{self, FromRow, Row, RowResult};

/// Parts that are told apart.
const PARTS: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];

/// What all others earned.
const REST: &str = "rest";

/// What all earned on the day compared with.
const BEFORE: &str = "before";

pub(super) struct Earned {
    /// The largest first, each with what it earned in all.
    parts: Vec<(String, String, f64)>,
    days: HashMap<NaiveDate, BTreeMap<String, f64>>,
}

struct Day {
    date: NaiveDate,
    part: String,
    name: String,
    revenue: f64,
}

impl Earned {
    /// # Errors
    /// When the query fails.
    pub(super) fn load(frame: &Frame<'_>) -> Result<Earned, store::Error> {
        Ok(Earned::of(frame.rows(DAYS)?))
    }

    fn of(rows: Vec<Day>) -> Earned {
        let mut parts: BTreeMap<String, (String, f64)> = BTreeMap::new();
        let mut days: HashMap<NaiveDate, BTreeMap<String, f64>> = HashMap::new();
        for row in rows {
            parts.entry(row.part.clone()).or_insert((row.name, 0.0)).1 += row.revenue;
            *days.entry(row.date).or_default().entry(row.part).or_default() += row.revenue;
        }
        let mut parts: Vec<_> = parts.into_iter().map(|(id, (name, revenue))| (id, name, revenue)).collect();
        parts.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| a.1.cmp(&b.1)));
        Earned { parts, days }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.iter().all(|it| it.2 == 0.0)
    }

    /// The name of what earned the most, and how much.
    pub(super) fn largest(&self) -> Option<(&str, f64)> {
        self.parts.first().filter(|_| self.parts.len() > 1).map(|it| (it.1.as_str(), it.2))
    }

    /// The days as bars upon one another, with a line of what `figures` knows of the days compared with.
    pub(super) fn chart(
        &self,
        frame: &Frame<'_>,
        figures: &Figures,
        notes: &[(NaiveDate, &'static str, String)],
    ) -> Chart {
        let shift = frame.period.shift().map(TimeDelta::days);
        let before = |day: NaiveDate| shift.and_then(|it| figures.revenue_on(day - it));
        let row = |day| {
            let mut row = self.row(day);
            row.insert(BEFORE.to_owned(), before(day).into());
            row
        };
        let rows: Vec<Document> = frame.period.range.days().map(row).collect();
        let named = PARTS.iter().zip(&self.parts);
        let mut lines: Vec<Line> = named.map(|(key, part)| Line::sum(part.1.clone(), key)).collect();
        if self.parts.len() > PARTS.len() {
            lines.push(Line::sum("All others", REST));
        }
        if before(frame.period.range.start()).is_some() {
            lines.push(Line::sum(caption::capital(caption::before(frame.period)), BEFORE).compared());
        }
        Chart::over_time(Shape::Stacks, Unit::Money, frame.period, &rows, &lines, notes)
    }

    fn row(&self, day: NaiveDate) -> Document {
        let nothing = BTreeMap::new();
        let earned = self.days.get(&day).unwrap_or(&nothing);
        let of = |id: &str| earned.get(id).copied().unwrap_or_default();
        let mut row = Document::new();
        row.insert("date".to_owned(), day.to_string().into());
        for (key, part) in PARTS.iter().zip(&self.parts) {
            row.insert((*key).to_owned(), of(&part.0).into());
        }
        let rest = total(self.parts.iter().skip(PARTS.len()).map(|it| of(&it.0)));
        row.insert(REST.to_owned(), rest.into());
        row
    }
}

impl FromRow for Day {
    fn from_row(row: &Row<'_>) -> RowResult<Day> {
        Ok(Day {
            date: row.get("date")?,
            part: row.get("sender")?,
            name: row.get("name")?,
            revenue: row.get("revenue")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_parts_are_named_and_the_rest_is_one() {
        let date: NaiveDate = "2026-03-10".parse().expect("a day");
        let rows = (1..=7).map(|it| Day {
            date,
            part: format!("F{it}"),
            name: format!("Flow {it}"),
            revenue: f64::from(it) * 10.0,
        });
        let earned = Earned::of(rows.collect());
        assert_eq!(earned.largest(), Some(("Flow 7", 70.0)));
        let row = earned.row(date);
        assert_eq!((row["first"].as_f64(), row["fifth"].as_f64()), (Some(70.0), Some(30.0)));
        assert_eq!(row[REST].as_f64(), Some(30.0), "10 and 20");
    }
}
