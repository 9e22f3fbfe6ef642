use crate::range::{DateRange, Period, RATE_DAYS};
use chrono::{Days, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

/// A number, what it was in the period compared with, and its days.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ViewFigure)]
pub struct Figure {
    pub current: Option<f64>,
    pub previous: Option<f64>,
    /// `(current − previous) / previous`; unknown where the previous is zero or unknown.
    pub change: Option<f64>,
    /// One value a day of the range, for the sparkline; empty where the past is unknown. Of rates, where a page says so, each is
    /// of the seven days up to its own.
    pub daily: Vec<Option<f64>>,
}

impl Figure {
    /// A number with what it was before and its days.
    #[must_use]
    pub fn new(current: Option<f64>, previous: Option<f64>, daily: Vec<Option<f64>>) -> Figure {
        let change = current.zip(previous.filter(|it| *it != 0.0)).map(|(now, before)| (now - before) / before.abs());
        Figure { current, previous, change, daily }
    }

    /// A number of which only the present is known.
    #[must_use]
    pub fn of_now(current: Option<f64>) -> Figure {
        Figure::new(current, None, Vec::new())
    }

    /// A number that nothing is known of.
    #[must_use]
    pub fn unknown(period: &Period) -> Figure {
        Figure::new(None, None, period.range.days().map(|_| None).collect())
    }

    /// What was counted on the days of the period.
    #[must_use]
    pub fn of_counts(period: &Period, count: impl Fn(NaiveDate) -> i64) -> Figure {
        if !period.is_known() {
            return Figure::unknown(period);
        }
        let sum = |range: DateRange| number(range.days().map(&count).sum());
        let daily = period.range.days().map(|day| period.knows(day).then(|| number(count(day)))).collect();
        Figure::new(Some(sum(period.range)), period.compared.map(sum), daily)
    }

    /// A share of sums, on each day and of all days: the sums are divided, shares are never averaged. `counts` gives
    /// what is counted of a day and what it is counted of.
    #[must_use]
    pub fn of_shares(period: &Period, counts: impl Fn(NaiveDate) -> (i64, i64)) -> Figure {
        let of = |range: DateRange| {
            let (part, whole) = range.days().map(&counts).fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
            share(part, whole)
        };
        let daily = period.range.days().map(&counts).map(|(part, whole)| share(part, whole)).collect();
        Figure::new(of(period.range), period.compared.and_then(of), daily)
    }

    /// The same, with each day drawn as what it is of the [`RATE_DAYS`] days up to it: on many days nothing goes out, and a rate
    /// of nothing is none.
    #[must_use]
    pub fn of_drawn_shares(period: &Period, counts: impl Fn(NaiveDate) -> (i64, i64)) -> Figure {
        let until = |day: NaiveDate| {
            let first = day - Days::new(RATE_DAYS - 1);
            let days = first.iter_days().take_while(|it| *it <= day).map(&counts);
            let (part, whole) = days.fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
            share(part, whole)
        };
        let daily = period.range.days().map(until).collect();
        Figure { daily, ..Figure::of_shares(period, &counts) }
    }
}

/// A part of a whole as a fraction; of nothing there is none.
#[must_use]
pub fn share(part: i64, whole: i64) -> Option<f64> {
    (whole != 0).then(|| number(part) / number(whole))
}

#[expect(clippy::cast_precision_loss, reason = "no account counts to 2^53")]
pub(super) fn number(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::range::{Ask, Reach};

    fn period(query: &[(&'static str, &'static str)]) -> Period {
        let today = "2026-11-21".parse().expect("a day");
        Ask::parse(query.iter().copied()).expect("an ask").period(today, None).expect("a period")
    }

    #[test]
    fn a_change_needs_something_to_change_from() {
        for (current, previous, change) in [
            (Some(110.0), Some(100.0), Some(0.1)),
            (Some(0.0), Some(50.0), Some(-1.0)),
            (Some(5.0), Some(0.0), None),
            (Some(5.0), None, None),
            (None, Some(5.0), None),
        ] {
            assert_eq!(Figure::new(current, previous, Vec::new()).change, change, "{current:?} after {previous:?}");
        }
    }

    #[test]
    fn a_loss_that_grows_is_a_change_for_the_worse() {
        assert_eq!(Figure::new(Some(-20.0), Some(-10.0), Vec::new()).change, Some(-1.0));
    }

    #[test]
    fn shares_are_summed_before_they_are_divided() {
        let period = period(&[("range", "2026-11-18,2026-11-19")]);
        let counts = |day: NaiveDate| match day.to_string().as_str() {
            "2026-11-18" => (1, 2),
            "2026-11-17" => (5, 10),
            "2026-11-15" => (1_000, 1_000),
            _ => (0, 0),
        };
        let figure = Figure::of_shares(&period, counts);
        assert_eq!((figure.current, figure.previous, figure.change), (Some(0.5), Some(0.5), Some(0.0)));
        assert_eq!(figure.daily, [Some(0.5), None]);
    }

    #[test]
    fn nothing_is_known_of_days_that_are_not_copied() {
        let day = |text: &str| text.parse().expect("a day");
        let within = |from: &str, complete_from: &str| {
            let reach = Reach { from: day(from), complete_from: day(complete_from), is_all: false };
            let figure = Figure::of_counts(&period(&[("range", "2026-11-18,2026-11-19")]).within(Some(reach)), |_| 2);
            (figure.current, figure.previous, figure.daily)
        };
        assert_eq!(within("2026-11-16", "2026-11-16"), (Some(4.0), Some(4.0), vec![Some(2.0), Some(2.0)]));
        assert_eq!(within("2026-11-16", "2026-11-17"), (Some(4.0), None, vec![Some(2.0), Some(2.0)]));
        assert_eq!(within("2026-11-19", "2026-11-20"), (Some(4.0), None, vec![None, Some(2.0)]));
        assert_eq!(within("2026-11-20", "2026-11-21"), (None, None, vec![None, None]), "and not zero");
    }

    #[test]
    fn every_day_is_counted_also_without_anything() {
        let period = period(&[("range", "last-7-days"), ("compare", "none")]);
        let figure = Figure::of_counts(&period, |day| i64::from(day == period.range.end()));
        assert_eq!((figure.current, figure.previous), (Some(1.0), None));
        assert_eq!(figure.daily, [Some(0.0), Some(0.0), Some(0.0), Some(0.0), Some(0.0), Some(0.0), Some(1.0)]);
    }
}
