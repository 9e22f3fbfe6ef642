//! How far back events are copied: what a page said of earlier days would be too little.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::range::{EARLIEST, Reach};
use crate::store::Window;
use crate::store::zone::beginning;

/// Of the spans that are complete, newest first; nothing where all is copied that Klaviyo has. `history_days` is how far a
/// first read goes, 0 for everything.
pub(super) fn reach(covered: &[Window], history_days: u32, zone: Tz, now: DateTime<Utc>) -> Option<Reach> {
    let local = |time: DateTime<Utc>| time.with_timezone(&zone).date_naive();
    let Some(newest) = covered.first() else {
        // What is there came by a webhook, and nobody knows what is not.
        let tomorrow = local(now) + Days::new(1);
        return Some(Reach { from: EARLIEST, complete_from: tomorrow, is_all: false });
    };
    if newest.start <= EARLIEST.and_time(NaiveTime::MIN).and_utc() {
        return None;
    }
    let first = local(newest.start);
    let is_whole = newest.start <= beginning(first, zone);
    let history = TimeDelta::days(i64::from(history_days));
    Some(Reach {
        from: covered.iter().map(|it| local(it.start)).fold(first, NaiveDate::min),
        complete_from: if is_whole { first } else { first + Days::new(1) },
        is_all: covered.len() == 1 && history_days > 0 && newest.start <= now - history,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::America::New_York;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}Z").parse().expect("a time")
    }

    fn reach(spans: &[(&str, &str)], history_days: u32) -> Option<(String, String, bool)> {
        let covered: Vec<_> = spans.iter().map(|(start, end)| Window { start: at(start), end: at(end) }).collect();
        let reach = super::reach(&covered, history_days, New_York, at("2026-11-21T12:00:00"))?;
        Some((reach.from.to_string(), reach.complete_from.to_string(), reach.is_all))
    }

    fn said(from: &str, complete_from: &str, is_all: bool) -> (String, String, bool) {
        (from.to_owned(), complete_from.to_owned(), is_all)
    }

    #[test]
    fn a_day_is_complete_when_it_is_from_its_first_second_on() {
        let end = "2026-11-21T11:59:50";
        // New York's day begins at five o'clock.
        assert_eq!(reach(&[("2026-11-20T05:00:00", end)], 0), Some(said("2026-11-20", "2026-11-20", false)));
        assert_eq!(reach(&[("2026-11-20T05:00:01", end)], 0), Some(said("2026-11-20", "2026-11-21", false)));
        assert_eq!(reach(&[("2026-11-20T04:59:59", end)], 0), Some(said("2026-11-19", "2026-11-20", false)));
    }

    #[test]
    fn what_lies_before_a_gap_is_not_complete() {
        let spans = [("2026-11-18T05:00:00", "2026-11-21T11:59:50"), ("2026-11-01T05:00:00", "2026-11-17T05:00:00")];
        assert_eq!(reach(&spans, 0), Some(said("2026-11-01", "2026-11-18", false)));
        assert_eq!(reach(&[], 0), Some(said("1990-01-01", "2026-11-22", false)));
    }

    #[test]
    fn all_there_is_has_no_bounds_and_a_history_has_those_of_its_setting() {
        let end = "2026-11-21T11:59:50";
        assert_eq!(reach(&[("1990-01-01T00:00:00", end)], 0), None);
        assert_eq!(reach(&[("2026-10-22T11:00:00", end)], 30), Some(said("2026-10-22", "2026-10-23", true)));
        assert_eq!(reach(&[("2026-11-15T11:00:00", end)], 30), Some(said("2026-11-15", "2026-11-16", false)));
    }
}
