//! What is counted of forms, or of one: by day, for the range and for the days compared with.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{CONVERSIONS, DAYS, own_values};
use crate::pages::caption::written;
use crate::pages::frame::Frame;
use crate::pages::overview::{Figure, share};
use crate::pages::sheet::Unit;
use crate::pages::view::chart::is_drawn_by_weeks;
use crate::range::Period;
use crate::store::{self, FromRow, Row, RowResult};
use crate::web::Error;

/// Views and submissions of each day.
pub(super) struct Counts {
    days: HashMap<NaiveDate, (i64, i64)>,
    /// Of the seven days up to each day of the range.
    weeks: HashMap<NaiveDate, (i64, i64)>,
}

/// Who bought within five days after submitting.
pub(super) struct Bought {
    pub(super) rate: Figure,
    /// "12 of 340 people"
    pub(super) words: String,
}

struct Day {
    date: NaiveDate,
    now: (i64, i64),
    week: (i64, i64),
    earlier: Option<(i64, i64)>,
}

impl Counts {
    /// # Errors
    /// When the query fails.
    pub(super) fn load(frame: &Frame<'_>) -> Result<Counts, Error> {
        let shift = frame.period.shift().unwrap_or_default();
        let rows: Vec<Day> = frame.rows_with(DAYS, own_values(frame)?)?;
        let (mut days, mut weeks) = (HashMap::new(), HashMap::new());
        for row in rows {
            days.insert(row.date, row.now);
            weeks.insert(row.date, row.week);
            if let Some(earlier) = row.earlier {
                days.entry(row.date - chrono::TimeDelta::days(shift)).or_insert(earlier);
            }
        }
        Ok(Counts { days, weeks })
    }

    fn on(&self, day: NaiveDate) -> (i64, i64) {
        self.days.get(&day).copied().unwrap_or_default()
    }

    pub(super) fn views(&self, period: &Period) -> Figure {
        Figure::of_counts(period, |day| self.on(day).0)
    }

    pub(super) fn submissions(&self, period: &Period) -> Figure {
        Figure::of_counts(period, |day| self.on(day).1)
    }

    /// Its days are drawn as its curve draws them.
    pub(super) fn rate(&self, period: &Period) -> Figure {
        let rate = Figure::of_shares(period, |day| (self.on(day).1, self.on(day).0));
        let drawn = if is_drawn_by_weeks(period.range.days().count()) { &self.weeks } else { &self.days };
        let of = |day| drawn.get(&day).and_then(|it| share(it.1, it.0));
        Figure { daily: period.range.days().map(of).collect(), ..rate }
    }
}

/// # Errors
/// When the query fails.
pub(super) fn bought(frame: &Frame<'_>) -> Result<Bought, store::Error> {
    let rows: Vec<People> = frame.rows(CONVERSIONS)?;
    let of = |is_compared: bool| rows.iter().find(|it| it.is_compared == is_compared);
    let rate = |it: &People| share(it.converted?, it.submitters);
    let current = of(false).and_then(rate);
    let previous = of(true).and_then(rate);
    let words = of(false).and_then(|it| Some((it.converted?, it.submitters))).map(|(converted, submitters)| {
        #[expect(clippy::cast_precision_loss, reason = "no account has 2^52 people")]
        let count = |it: i64| written(frame, Unit::Count, Some(it as f64));
        format!("{} of {} people bought within 5 days", count(converted), count(submitters))
    });
    Ok(Bought { rate: Figure::new(current, previous, Vec::new()), words: words.unwrap_or_default() })
}

struct People {
    is_compared: bool,
    submitters: i64,
    converted: Option<i64>,
}

impl FromRow for People {
    fn from_row(row: &Row<'_>) -> RowResult<People> {
        Ok(People {
            is_compared: row.get("is_compared")?,
            submitters: row.get("submitters")?,
            converted: row.get("converted")?,
        })
    }
}

impl FromRow for Day {
    fn from_row(row: &Row<'_>) -> RowResult<Day> {
        let earlier = row.get::<Option<i64>>("earlier_views")?.zip(row.get::<Option<i64>>("earlier_submissions")?);
        Ok(Day {
            date: row.get("date")?,
            now: (row.get("views")?, row.get("submissions")?),
            week: (row.get("week_views")?, row.get("week_submissions")?),
            earlier,
        })
    }
}
