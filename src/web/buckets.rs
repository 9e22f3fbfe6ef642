//! Days stand together as weeks or months where a chart or a table of them would be too long.

use chrono::{Datelike, Days, NaiveDate};

use super::format;

/// Most rows of a chart: above, its bars are thinner than a few pixels, and its page larger than it should be.
const ROWS_MAX: usize = 130;

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

    /// The bucket of a day in words, and in the few that stand under its bar: "Week of 16 Nov 2026" and "16 Nov". Among days
    /// of several years it has its year there too.
    #[must_use]
    pub fn words(self, day: NaiveDate, of_years: bool) -> (String, String) {
        let start = self.start(day);
        let month = || start.format("%b %Y").to_string();
        let tick = if of_years { format::date } else { format::day };
        match self {
            Step::Day => (format::date(start), tick(start)),
            Step::Week => (format!("Week of {}", format::date(start)), tick(start)),
            Step::Month => (month(), month()),
        }
    }
}
