//! When an entity is due: its cron expression in the account's zone, and once for what was missed.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;

use super::{Handle, Order, Trigger};
use crate::catalog::{ENTITIES, Entity, Source, find};
use crate::store;

/// How often the clock is looked at; schedules are by the minute.
const TICK: Duration = Duration::from_secs(5);

/// The first time after `after` at which the entity is due.
#[must_use]
pub fn next(entity: &Entity, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let cron = Cron::from_str(entity.schedule).ok()?;
    let next = cron.find_next_occurrence(&after.with_timezone(&zone), false).ok()?;
    Some(next.with_timezone(&Utc))
}

/// Orders what is due, until the sync stops.
pub(super) fn keep(handle: &Handle) {
    if !handle.has_key() {
        return;
    }
    // When each entity was last ordered; a failed run is not repeated before its next time.
    let mut ordered: Vec<(&'static str, DateTime<Utc>)> = Vec::new();
    loop {
        let now = handle.now();
        match due(handle, &ordered, now) {
            Ok(entities) if entities.is_empty() => {}
            Ok(entities) => {
                ordered.retain(|(name, _)| !entities.iter().any(|it| it.name == *name));
                ordered.extend(entities.iter().map(|it| (it.name, now)));
                let order = Order { entities, forced: false, since: None, trigger: Trigger::Schedule };
                if let Err(refused) = handle.start(order) {
                    log::warn!("nothing was synced on schedule: {refused}");
                }
            }
            Err(error) => log::error!("the schedule could not be kept: {error}"),
        }
        if handle.0.stop.wait(TICK) {
            return;
        }
    }
}

/// Entities whose time came since they were last read or ordered; what was never read is due at once.
fn due(
    handle: &Handle,
    ordered: &[(&'static str, DateTime<Utc>)],
    now: DateTime<Utc>,
) -> Result<Vec<&'static Entity>, store::Error> {
    let (statuses, zone) = handle.0.store.read(|db| Ok((db.statuses()?, db.zone()?)))?;
    let is_due = |entity: &'static Entity| {
        let status = statuses.iter().find(|it| it.name == entity.name);
        let read_at = status.and_then(|it| it.last_synced_at);
        let ordered_at = ordered.iter().find(|(name, _)| *name == entity.name).map(|(_, at)| *at);
        if let Some(resumes_at) = status.and_then(|it| it.resumes_at) {
            return resumes(resumes_at, ordered_at, now);
        }
        match read_at.max(ordered_at) {
            None => true,
            Some(last) => next(entity, zone, last).is_some_and(|at| at <= now),
        }
    };
    let readable = ENTITIES.iter().filter(|it| !matches!(it.source, Source::Included { .. }));
    Ok(readable.filter_map(|it| find(it.name)).filter(|it| is_due(it)).collect())
}

/// Whether a parked entity goes on: as soon as it may, and not before, whatever its schedule says. Once it was ordered
/// since then, its status tells when it may again.
fn resumes(resumes_at: DateTime<Utc>, ordered_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    resumes_at <= now && ordered_at.is_none_or(|it| it < resumes_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::EVENTS;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn every_schedule_of_the_catalog_can_be_kept() {
        for entity in ENTITIES {
            assert!(next(entity, Tz::UTC, at("2026-06-01T00:00:00Z")).is_some(), "{}", entity.name);
        }
    }

    #[test]
    fn a_schedule_is_in_the_zone_of_the_account() {
        let profiles = find("profiles").expect("an entity");
        let next_at = |after: &str| next(profiles, Tz::America__New_York, at(after));
        assert_eq!(next_at("2026-06-01T00:00:00Z"), Some(at("2026-06-01T06:00:00Z")));
        assert_eq!(next_at("2026-12-01T00:00:00Z"), Some(at("2026-12-01T07:00:00Z")));
    }

    #[test]
    fn an_hour_that_is_skipped_is_not_a_day_that_is_skipped() {
        let profiles = find("profiles").expect("an entity");
        let due = next(profiles, Tz::America__New_York, at("2026-03-08T05:00:00Z")).expect("a time");
        assert!(due < at("2026-03-08T12:00:00Z"), "{due}");
    }

    #[test]
    fn what_is_parked_goes_on_when_it_may_and_once() {
        let (before, then, after) = (at("2026-06-01T09:59:59Z"), at("2026-06-01T10:00:00Z"), at("2026-06-01T10:00:05Z"));
        assert!(!resumes(then, None, before));
        assert!(resumes(then, None, then));
        assert!(resumes(then, Some(before), after));
        assert!(!resumes(then, Some(then), after));
    }

    #[test]
    fn events_are_due_every_quarter_of_an_hour() {
        assert_eq!(next(&EVENTS, Tz::UTC, at("2026-06-01T10:07:00Z")), Some(at("2026-06-01T10:15:00Z")));
    }
}
