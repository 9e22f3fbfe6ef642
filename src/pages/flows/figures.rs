//! The key figures of flows, or of one: by the day of sending each day is known, by the event the days as a whole.

use chrono::NaiveDate;

use super::{HAPPENED, SENT};
use crate::pages::frame::Frame;
use crate::pages::overview::Figure;
use crate::range::Basis;
use crate::store::{self, FromRow, Row, RowResult};

pub(super) struct Figures {
    rows: Vec<Sums>,
}

/// What is summed, of a day or of all days.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    /// The day of sending; nothing where the row is of all days.
    day: Option<NaiveDate>,
    /// Whether it is of the days compared with.
    is_compared: bool,
    pub(super) recipients: f64,
    pub(super) delivered: f64,
    /// Deliveries whose clicks are told.
    clickable: f64,
    pub(super) clicked: f64,
    pub(super) converted: f64,
    pub(super) revenue: f64,
}

impl Figures {
    /// # Errors
    /// When the query fails.
    pub(super) fn load(frame: &Frame<'_>) -> Result<Figures, store::Error> {
        let query = if frame.period.basis == Basis::Sent { SENT } else { HAPPENED };
        Ok(Figures { rows: frame.rows(query)? })
    }

    /// What adds up; of money it is unknown where nothing stands for conversions.
    pub(super) fn sum(&self, frame: &Frame<'_>, of: fn(&Sums) -> f64) -> Figure {
        if frame.metric.is_none() && of(&Sums { revenue: 1.0, converted: 1.0, ..Sums::default() }) > 0.0 {
            return Figure::unknown(frame.period);
        }
        self.figure(frame, |rows| Some(total(rows.iter().map(of))))
    }

    pub(super) fn conversion_rate(&self, frame: &Frame<'_>) -> Figure {
        if frame.metric.is_none() {
            return Figure::unknown(frame.period);
        }
        self.figure(frame, |rows| share(rows, |it| it.converted, |it| it.delivered))
    }

    pub(super) fn revenue_per_recipient(&self, frame: &Frame<'_>) -> Figure {
        if frame.metric.is_none() {
            return Figure::unknown(frame.period);
        }
        self.figure(frame, |rows| share(rows, |it| it.revenue, |it| it.recipients))
    }

    pub(super) fn click_rate(&self, frame: &Frame<'_>) -> Figure {
        self.figure(frame, |rows| share(rows, |it| it.clicked, |it| it.clickable))
    }

    fn figure(&self, frame: &Frame<'_>, of: impl Fn(&[Sums]) -> Option<f64>) -> Figure {
        let period = frame.period;
        let rows = |belongs: &dyn Fn(&Sums) -> bool| -> Vec<Sums> {
            self.rows.iter().copied().filter(|it| belongs(it)).collect()
        };
        if period.basis == Basis::Event {
            let previous = period.compared.and_then(|_| of(&rows(&|it| it.is_compared)));
            return Figure::new(of(&rows(&|it| !it.is_compared)), previous, Vec::new());
        }
        let within = |it: &Sums, range: crate::range::DateRange| it.day.is_some_and(|day| range.contains(day));
        let previous = period.compared.and_then(|range| of(&rows(&|it| within(it, range))));
        let daily = period.range.days().map(|day| of(&rows(&|it| it.day == Some(day)))).collect();
        Figure::new(of(&rows(&|it| within(it, period.range))), previous, daily)
    }

    /// What was earned by what was sent on that day; nothing where days are not told apart.
    pub(super) fn revenue_on(&self, day: NaiveDate) -> Option<f64> {
        let is_by_day = self.rows.iter().any(|it| it.day.is_some());
        is_by_day.then(|| total(self.rows.iter().filter(|it| it.day == Some(day)).map(|it| it.revenue)))
    }
}

fn share(rows: &[Sums], part: fn(&Sums) -> f64, whole: fn(&Sums) -> f64) -> Option<f64> {
    let sum = |of: fn(&Sums) -> f64| total(rows.iter().map(of));
    let all = sum(whole);
    (all > 0.0).then(|| sum(part) / all)
}

/// The sum; of nothing it is zero, which the library's is the negative of.
pub(super) fn total(values: impl Iterator<Item = f64>) -> f64 {
    values.sum::<f64>() + 0.0
}

impl FromRow for Sums {
    fn from_row(row: &Row<'_>) -> RowResult<Sums> {
        let count = |name: &str| row.get::<Option<f64>>(name).map(Option::unwrap_or_default);
        Ok(Sums {
            day: row.get("day")?,
            is_compared: row.get("is_compared")?,
            recipients: count("recipients")?,
            delivered: count("delivered")?,
            clickable: count("clickable")?,
            clicked: count("clicked")?,
            converted: count("converted")?,
            revenue: count("revenue")?,
        })
    }
}
