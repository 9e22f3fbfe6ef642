//! The small values that pages and API speak in: days, ranges of days, and what they are compared with.
//!
//! All days are local days of the account. What day it is comes in by argument.

mod ask;
mod known;
mod preset;

pub use ask::{
    Ask, Basis, Channel, Columns, Compare, LIMIT_DEFAULT, LIMIT_MAX, Machine, Moment, OF_FILES, OF_TABLES, SHARED,
    Sort, has_one_value,
};
pub use known::check_names;
pub use preset::Preset;

use chrono::{Days, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

/// The first day that a range may begin with: Klaviyo refuses events from before.
pub const EARLIEST: NaiveDate = NaiveDate::from_ymd_opt(1990, 1, 1).expect("a day of the calendar");

/// Days that a point of a rate's curve is of: a rate of one day would be of few, and mostly chance.
pub const RATE_DAYS: u64 = 7;

/// As long as the same weekdays of the year before are away.
const YEAR_OF_WEEKS: Days = Days::new(364);

/// Why a request cannot be answered as it was asked: which parameter, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {problem}")]
pub struct Unclear {
    /// The parameter as it was written in the query string.
    pub parameter: &'static str,
    pub problem: String,
}

/// A run of local days; both ends belong to it, and it is never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
pub struct DateRange {
    start: NaiveDate,
    end: NaiveDate,
}

impl DateRange {
    /// The days from `start` to `end`, or nothing where that runs backwards.
    #[must_use]
    pub fn new(start: NaiveDate, end: NaiveDate) -> Option<DateRange> {
        (start <= end).then_some(DateRange { start, end })
    }

    #[must_use]
    pub fn start(self) -> NaiveDate {
        self.start
    }

    /// The last day of it.
    #[must_use]
    pub fn end(self) -> NaiveDate {
        self.end
    }

    /// The day after the last: what queries, which take half-open ranges, stop before.
    #[must_use]
    pub fn before(self) -> NaiveDate {
        self.end + Days::new(1)
    }

    /// How many days it has; at least one.
    #[must_use]
    pub fn day_count(self) -> u64 {
        (self.before() - self.start).num_days().unsigned_abs()
    }

    #[must_use]
    pub fn contains(self, day: NaiveDate) -> bool {
        self.start <= day && day <= self.end
    }

    /// Every day of it, in order.
    pub fn days(self) -> impl Iterator<Item = NaiveDate> {
        self.start.iter_days().take_while(move |day| *day <= self.end)
    }

    /// As many days, just before.
    #[must_use]
    pub fn previous(self) -> DateRange {
        self.earlier(Days::new(self.day_count()))
    }

    /// As many days, just after.
    #[must_use]
    pub fn next(self) -> DateRange {
        let shift = Days::new(self.day_count());
        DateRange { start: self.start + shift, end: self.end + shift }
    }

    /// The same weekdays, a year before.
    #[must_use]
    pub fn year_before(self) -> DateRange {
        self.earlier(YEAR_OF_WEEKS)
    }

    fn earlier(self, days: Days) -> DateRange {
        DateRange { start: self.start - days, end: self.end - days }
    }
}

/// Written as the query string takes it: `2026-01-01_to_2026-01-31`.
impl std::fmt::Display for DateRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_to_{}", self.start, self.end)
    }
}

/// How far back events are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Reach {
    /// The first local day of which anything is copied.
    pub from: NaiveDate,
    /// From this local day on every event is copied.
    pub complete_from: NaiveDate,
    /// Whether that is all that shall be copied; else earlier days are still to come.
    pub is_all: bool,
}

/// What a page is about: a range, what it is compared with, and how things are counted in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Period {
    pub range: DateRange,
    /// Nothing where no comparison was asked for, where nothing can lie before, or where what lies before is not copied.
    pub compared: Option<DateRange>,
    /// The value of `range` that leads here: `last-30-days`, `2026-01-01_to_2026-01-31`.
    pub name: String,
    /// The same for people.
    pub label: String,
    pub compare: Compare,
    pub basis: Basis,
    pub machine: Machine,
    /// Whether the last day is today, and so not over.
    pub incomplete: bool,
    /// The value of `range` for as many days just before.
    pub earlier: Option<String>,
    /// The value of `range` for as many days just after; nothing where that would begin after today.
    pub later: Option<String>,
    /// How far back events are copied, where that is not as far as was asked for.
    pub reach: Option<Reach>,
}

impl Period {
    /// The same, as far as events are copied: what would be compared with days that are not complete is not compared.
    #[must_use]
    pub fn within(self, reach: Option<Reach>) -> Period {
        let reach = reach.filter(|it| self.since() < it.complete_from);
        let compared = self.compared.filter(|it| reach.is_none_or(|reach| reach.complete_from <= it.start));
        Period { compared, reach, ..self }
    }

    /// Whether anything of that day may be known: of days before the copy begins nothing is, and nothing is not zero.
    #[must_use]
    pub fn knows(&self, day: NaiveDate) -> bool {
        self.reach.is_none_or(|it| it.from <= day)
    }

    /// Whether all of that day is copied.
    #[must_use]
    pub fn is_complete(&self, day: NaiveDate) -> bool {
        self.reach.is_none_or(|it| it.complete_from <= day)
    }

    /// Whether it is all days there are.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.name == Preset::All.name()
    }

    /// Whether any of its days may be known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.knows(self.range.end)
    }

    /// How many days before a day of the range stands the day that it is compared with.
    #[must_use]
    pub fn shift(&self) -> Option<i64> {
        self.compared.map(|it| (self.range.start - it.start).num_days())
    }

    /// The first day that any number of the page needs.
    #[must_use]
    pub fn since(&self) -> NaiveDate {
        self.compared.map_or(self.range.start, |it| it.start.min(self.range.start))
    }

    /// The same, with what the first points of rates' curves reach back to.
    #[must_use]
    pub fn drawn_since(&self) -> NaiveDate {
        self.since().min(self.range.start - Days::new(RATE_DAYS - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: &str, end: &str) -> DateRange {
        let day = |text: &str| text.parse().expect("a day");
        DateRange::new(day(start), day(end)).expect("a range")
    }

    #[test]
    fn the_previous_period_has_as_many_days_just_before() {
        for (now, before) in [
            (("2025-03-13", "2025-03-20"), ("2025-03-05", "2025-03-12")),
            (("2025-01-01", "2025-01-31"), ("2024-12-01", "2024-12-31")),
            (("2024-03-01", "2024-03-01"), ("2024-02-29", "2024-02-29")),
            // The day on which New York's clocks change has 23 hours and is one day like any other.
            (("2026-03-08", "2026-03-08"), ("2026-03-07", "2026-03-07")),
        ] {
            assert_eq!(range(now.0, now.1).previous(), range(before.0, before.1), "{now:?}");
        }
    }

    #[test]
    fn the_year_before_begins_on_the_same_weekday() {
        use chrono::Datelike;
        let now = range("2024-02-26", "2024-03-03");
        assert_eq!(now.year_before(), range("2023-02-27", "2023-03-05"));
        assert_eq!(now.year_before().start().weekday(), now.start().weekday());
    }

    #[test]
    fn both_ends_belong_to_it() {
        let week = range("2023-12-28", "2024-01-03");
        assert_eq!((week.day_count(), week.days().count()), (7, 7));
        assert_eq!(week.before(), "2024-01-04".parse().expect("a day"));
        assert!(week.contains(week.start()) && week.contains(week.end()) && !week.contains(week.before()));
        assert_eq!(week.previous().next(), week);
    }

    #[test]
    fn a_range_cannot_run_backwards() {
        let day = |text: &str| text.parse().expect("a day");
        assert_eq!(DateRange::new(day("2024-01-02"), day("2024-01-01")), None);
    }
}
