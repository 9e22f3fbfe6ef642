//! When people shop and open mail: growth, months, Black Friday, weekdays, hours of the account's own clock.

use crate::demo::random::Random;
use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

/// One local day of the shop's past.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day {
    pub(super) date: NaiveDate,
    /// Unix time of local midnight.
    pub(super) start: i64,
    /// Its part of all that happens; the parts of all days add up to one.
    pub(super) share: f64,
}

impl Day {
    pub(super) fn of(date: NaiveDate, zone: Tz) -> Day {
        Day { date, start: midnight(date, zone), share: 0.0 }
    }

    /// A time on this day when people are awake.
    pub(super) fn moment(&self, random: &mut Random) -> i64 {
        let hour = i64::try_from(random.weighted(HOURS)).expect("an hour of the day");
        self.start + hour * 3600 + i64::from(random.below(3600))
    }
}

/// How busy each hour of the day is: lunch, and the evening on the sofa.
const HOURS: &[u32] = &[8, 4, 2, 2, 2, 4, 10, 22, 36, 46, 52, 54, 60, 54, 48, 46, 46, 48, 52, 62, 70, 66, 42, 20];
const MONTHS: [f64; 12] = [0.85, 0.9, 0.95, 0.95, 1.05, 0.95, 0.88, 0.9, 1.0, 1.05, 1.3, 1.25];
const WEEKDAYS: [f64; 7] = [1.05, 1.0, 1.0, 1.02, 0.98, 0.92, 1.08];
/// How much larger the shop is at the end of its past than at its beginning.
const GROWTH: f64 = 1.9;

/// The local days from `first` to `last`, with their parts of the whole.
pub(super) fn days(first: NaiveDate, last: NaiveDate, zone: Tz) -> Vec<Day> {
    let mut days: Vec<Day> =
        first.iter_days().take_while(|&date| date <= last).map(|date| Day::of(date, zone)).collect();
    #[expect(clippy::cast_precision_loss, reason = "a count of days")]
    let count = days.len() as f64;
    let mut sum = 0.0;
    for (day, number) in days.iter_mut().zip(0_u32..) {
        day.share = (1.0 + (GROWTH - 1.0) * f64::from(number) / count) * weight(day.date);
        sum += day.share;
    }
    for day in &mut days {
        day.share /= sum;
    }
    days
}

/// How busy a date is, 1 being ordinary.
pub(super) fn weight(date: NaiveDate) -> f64 {
    MONTHS[date.month0() as usize] * WEEKDAYS[date.weekday().num_days_from_monday() as usize] * peak(date)
}

/// Black Friday (the day after the fourth Thursday of November) to Cyber Monday.
fn peak(date: NaiveDate) -> f64 {
    let Some(thanksgiving) = NaiveDate::from_weekday_of_month_opt(date.year(), 11, Weekday::Thu, 4) else { return 1.0 };
    match date.signed_duration_since(thanksgiving).num_days() {
        0 => 1.6,
        1 => 4.0,
        2 | 3 => 2.2,
        4 => 3.2,
        -6..=-1 => 1.2,
        _ => 1.0,
    }
}

/// The first moment of a local date; where midnight is skipped by summer time, the hour after it.
fn midnight(date: NaiveDate, zone: Tz) -> i64 {
    let local = date.and_time(NaiveTime::MIN);
    zone.from_local_datetime(&local)
        .earliest()
        .or_else(|| zone.from_local_datetime(&(local + chrono::TimeDelta::hours(1))).earliest())
        .map_or_else(|| Utc.from_utc_datetime(&local).timestamp(), |time| time.timestamp())
}

/// Two years before a date.
pub(super) fn two_years_before(date: NaiveDate) -> NaiveDate {
    date.checked_sub_days(Days::new(729)).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_friday_is_the_busiest_day() {
        let date = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let busiest = date("2025-01-01").iter_days().take(365).max_by(|a, b| weight(*a).total_cmp(&weight(*b)));
        assert_eq!(busiest, Some(date("2025-11-28")));
    }

    #[test]
    fn the_parts_of_all_days_add_up_to_one() {
        let date = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let days = days(date("2024-11-22"), date("2026-11-21"), chrono_tz::America::New_York);
        assert_eq!(days.len(), 730);
        assert!((days.iter().map(|it| it.share).sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
