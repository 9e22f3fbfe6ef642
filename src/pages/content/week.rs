//! The hours of a week on the account's wall clock: how the clock goes, and what each hour is shaded by.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use crate::pages::sheet::Unit;
use crate::pages::view::{Heat, HeatCell, HeatRow};
use crate::store::zone::local;

/// From an instant on, a wall clock is so far ahead of UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Offset {
    /// UTC
    pub(super) starts: NaiveDateTime,
    pub(super) minutes: i64,
}

/// What happened in one hour of the week.
#[derive(Debug, Clone)]
pub(super) struct Hour {
    /// From 1, Monday, to 7.
    pub(super) weekday: usize,
    pub(super) hour: usize,
    pub(super) value: Option<f64>,
    /// What the value rests on, in words.
    pub(super) detail: String,
}

/// Clocks change on such a beat; see the time zone database.
const BEAT: TimeDelta = TimeDelta::minutes(15);

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// How the clock of the zone goes on the days from `start` to `end`, and a day around them.
#[must_use]
pub(super) fn offsets(zone: Tz, start: NaiveDate, end: NaiveDate) -> Vec<Offset> {
    let midnight = |day: NaiveDate| day.and_hms_opt(0, 0, 0).unwrap_or_default().and_utc();
    let ahead = |at: DateTime<Utc>| (local(at, zone) - at.naive_utc()).num_minutes();
    let (first, last) = (midnight(start - Days::new(2)), midnight(end + Days::new(2)));
    let mut found = vec![Offset { starts: first.naive_utc(), minutes: ahead(first) }];
    let mut day = first;
    while day < last {
        let next = day + TimeDelta::days(1);
        if ahead(next) != ahead(day) {
            let mut at = day;
            while ahead(at) == ahead(day) {
                at += BEAT;
            }
            found.push(Offset { starts: at.naive_utc(), minutes: ahead(at) });
        }
        day = next;
    }
    found
}

/// A row a weekday, a column an hour. What has no value says why.
#[must_use]
pub(super) fn heat(unit: Unit, what: &str, hours: &[Hour], nothing: &str) -> Heat {
    let cell = |weekday: usize, hour: usize| match hours.iter().find(|it| (it.weekday, it.hour) == (weekday, hour)) {
        Some(it) => HeatCell { value: it.value, level: 0, detail: format!("{hour:02}:00, {}", it.detail) },
        None => HeatCell { detail: format!("{hour:02}:00, {nothing}"), ..HeatCell::default() },
    };
    let row = |(place, name): (usize, &&str)| HeatRow {
        name: (*name).to_owned(),
        cells: (0..24).map(|hour| cell(place + 1, hour)).collect(),
    };
    Heat {
        unit,
        columns: (0..24).map(|it| format!("{it:02}")).collect(),
        rows: WEEKDAYS.iter().enumerate().map(row).collect(),
        what: what.to_owned(),
    }
    .shaded()
}

/// "Tuesdays from 10:00"
#[must_use]
pub(super) fn words(weekday: usize, hour: usize) -> String {
    let day = WEEKDAYS.get(weekday.wrapping_sub(1)).copied().unwrap_or_default();
    format!("{day}s from {hour:02}:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn clocks_change_when_they_do() {
        let found = offsets(chrono_tz::America::New_York, day("2026-03-01"), day("2026-11-21"));
        let words: Vec<_> = found.iter().map(|it| format!("{} {}", it.starts, it.minutes)).collect();
        assert_eq!(words, ["2026-02-27 00:00:00 -300", "2026-03-08 07:00:00 -240", "2026-11-01 06:00:00 -300"]);
        // Half an hour, at half past an hour of UTC.
        let found = offsets(chrono_tz::Australia::Lord_Howe, day("2026-03-20"), day("2026-04-20"));
        let words: Vec<_> = found.iter().map(|it| format!("{} {}", it.starts, it.minutes)).collect();
        assert_eq!(words, ["2026-03-18 00:00:00 660", "2026-04-04 15:00:00 630"]);
        assert_eq!(offsets(chrono_tz::UTC, day("2024-01-01"), day("2026-01-01")).len(), 1);
    }

    #[test]
    fn every_hour_of_the_week_has_its_place() {
        let hour = Hour { weekday: 7, hour: 23, value: Some(0.5), detail: "2 of 4".to_owned() };
        let heat = heat(Unit::Share, "clicked", &[hour], "nothing sent");
        assert_eq!((heat.rows.len(), heat.rows[6].cells.len()), (7, 24));
        assert_eq!(heat.rows[6].cells[23].value, Some(0.5));
        assert_eq!(heat.rows[0].cells[0].detail, "00:00, nothing sent");
        assert_eq!(words(2, 9), "Tuesdays from 09:00");
    }
}
