//! The account's wall clock. DuckDB is built without time zones, so local times are computed here.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::runs::Account;
use super::{Db, Error, FromRow, Query, Row, RowResult, Store, aggregates};
use crate::{params, query};

const LOCAL_ZONE: Query = query!("zone/local_zone");
const SET_ZONE: Query = query!("zone/set_zone");
const FORGET_ZONE: Query = query!("zone/forget_zone");
const SPAN: Query = query!("zone/span");
const SHIFT: Query = query!("zone/shift");

/// Every query of this file; a test prepares them all.
pub(super) const QUERIES: &[Query] = &[LOCAL_ZONE, SET_ZONE, FORGET_ZONE, SPAN, SHIFT];

/// The wall clock of `zone` at an instant.
#[must_use]
pub fn local(time: DateTime<Utc>, zone: Tz) -> NaiveDateTime {
    time.with_timezone(&zone).naive_local()
}

/// The instant at which a local day begins; where clocks leap over midnight, some time later.
#[must_use]
pub fn beginning(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    // No zone leaps further than a day; what it leaps over is told in quarters of an hour.
    let quarters = (0..=96).map(|it| day.and_time(NaiveTime::MIN) + TimeDelta::minutes(15 * it));
    let mut instants = quarters.filter_map(|it| zone.from_local_datetime(&it).earliest());
    instants.next().map_or_else(|| day.and_time(NaiveTime::MIN).and_utc(), |it| it.to_utc())
}

impl Db<'_> {
    /// The account's zone; UTC before the account was read, or where its name is unknown.
    ///
    /// # Errors
    /// When the query fails.
    pub fn zone(&self) -> Result<Tz, Error> {
        Ok(self.account()?.as_ref().map_or(Tz::UTC, Account::zone))
    }

    fn local_zone(&self) -> Result<Option<String>, Error> {
        Ok(self.maybe(LOCAL_ZONE, params! {})?.map(|Zone(name)| name))
    }
}

impl Store {
    /// Computes local times again if the account's zone is not the one that they were computed in.
    ///
    /// # Errors
    /// When a statement fails; then nothing changed.
    pub fn settle_zone(&self) -> Result<Tz, Error> {
        let (zone, computed_in) = self.read(|db| Ok((db.zone()?, db.local_zone()?)))?;
        if computed_in.as_deref() != Some(zone.name()) {
            self.write(|db| {
                let Span(span) = db.row(SPAN, params! {})?;
                for (start, end, seconds) in span.map(|(first, last)| offsets(zone, first, last)).unwrap_or_default() {
                    db.execute(SHIFT, params! { "start": start, "end": end, "seconds": seconds })?;
                }
                db.execute(FORGET_ZONE, params! {})?;
                db.execute(SET_ZONE, params! { "zone": zone.name() })?;
                aggregates::follow(db)
            })?;
        }
        Ok(zone)
    }
}

struct Zone(String);

impl FromRow for Zone {
    fn from_row(row: &Row<'_>) -> RowResult<Zone> {
        Ok(Zone(row.get("zone")?))
    }
}

/// First and last event, if there is any.
struct Span(Option<(NaiveDateTime, NaiveDateTime)>);

impl FromRow for Span {
    fn from_row(row: &Row<'_>) -> RowResult<Span> {
        let (first, last) = (row.get::<Option<_>>("first_at")?, row.get::<Option<_>>("last_at")?);
        Ok(Span(first.zip(last)))
    }
}

/// Spans of UTC with the seconds that `zone` is ahead in them: `start <= t < end`, from `first` to beyond `last`.
fn offsets(zone: Tz, first: NaiveDateTime, last: NaiveDateTime) -> Vec<(NaiveDateTime, NaiveDateTime, i64)> {
    let ahead = |at: NaiveDateTime| i64::from(zone.offset_from_utc_datetime(&at).fix().local_minus_utc());
    let end = last + Days::new(1);
    let mut spans = vec![(first, end, ahead(first))];
    let mut day = first;
    while day < end {
        let next = day + Days::new(1);
        if ahead(next) != ahead(day) {
            let change = first_second_of(ahead(next), day, next, ahead);
            if let Some(open) = spans.last_mut() {
                open.1 = change;
            }
            spans.push((change, end, ahead(next)));
        }
        day = next;
    }
    spans
}

/// The second between `day` and `next` at which the offset becomes `new`.
fn first_second_of(
    new: i64,
    day: NaiveDateTime,
    next: NaiveDateTime,
    ahead: impl Fn(NaiveDateTime) -> i64,
) -> NaiveDateTime {
    let (mut before, mut after) = (day.and_utc().timestamp(), next.and_utc().timestamp());
    let at = |secs| DateTime::from_timestamp(secs, 0).expect("between two times").naive_utc();
    while after - before > 1 {
        let middle = before.midpoint(after);
        if ahead(at(middle)) == new { after = middle } else { before = middle }
    }
    at(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().expect("a time")
    }

    #[test]
    fn offsets_change_at_the_second() {
        let spans = offsets(Tz::America__New_York, at("2026-03-01T12:00:00"), at("2026-11-30T00:00:00"));
        let changes: Vec<_> = spans.iter().map(|it| (it.0, it.2 / 3600)).collect();
        assert_eq!(
            changes,
            [(at("2026-03-01T12:00:00"), -5), (at("2026-03-08T07:00:00"), -4), (at("2026-11-01T06:00:00"), -5)]
        );
        assert!(spans.windows(2).all(|pair| pair[0].1 == pair[1].0));
    }

    #[test]
    fn a_day_begins_with_its_first_instant() {
        for (day, zone, want) in [
            ("2026-03-08", Tz::America__New_York, "2026-03-08T05:00:00"),
            ("2026-11-01", Tz::America__New_York, "2026-11-01T04:00:00"),
            ("2026-09-06", Tz::America__Santiago, "2026-09-06T04:00:00"),
            // Midnight comes twice; the day begins with the first.
            ("2026-10-25", Tz::Atlantic__Azores, "2026-10-25T00:00:00"),
            ("2026-06-01", Tz::UTC, "2026-06-01T00:00:00"),
        ] {
            assert_eq!(beginning(day.parse().expect("a day"), zone).naive_utc(), at(want), "{day} {zone}");
        }
    }

    #[test]
    fn the_wall_clock_repeats_an_hour_in_autumn() {
        let local_at = |text: &str| local(at(text).and_utc(), Tz::America__New_York);
        assert_eq!(local_at("2026-11-01T05:30:00"), at("2026-11-01T01:30:00"));
        assert_eq!(local_at("2026-11-01T06:30:00"), at("2026-11-01T01:30:00"));
    }
}
