//! When an entity is due: its cron expression in the account's zone, a little later each day by chance, and once for what
//! was missed.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;

use super::desk::source;
use super::{Handle, Order, Trigger};
use crate::catalog::{ACCOUNTS, ENTITIES, Entity, Pace, Source};
use crate::config::OFF;
use crate::store;
use crate::store::runs::{EntityStatus, Status};

/// How often the clock is looked at; schedules are by the minute.
const TICK: Duration = Duration::from_secs(2);

/// How soon a failed entity is tried again; the pause doubles with each further failure, and its next time comes first.
const RETRY_FIRST: TimeDelta = TimeDelta::minutes(1);
const RETRY_MAX: TimeDelta = TimeDelta::hours(1);

/// Every entity's schedule.
#[derive(Debug, Clone)]
pub struct Timetable {
    /// By the entity's name; what is off is missing.
    crons: BTreeMap<&'static str, Cron>,
    /// Seconds by which a time is put off at most, so that not everybody asks Klaviyo on the stroke of the hour.
    jitter: u32,
}

impl Timetable {
    /// The schedules of the catalog, but for those that `changed` gives: an expression, or [`OFF`]. What cannot be read is
    /// off; the settings were checked before.
    #[must_use]
    pub fn new(changed: &BTreeMap<String, String>, jitter: u32) -> Timetable {
        let cron = |entity: &Entity| {
            let text = changed.get(entity.name).map_or(entity.schedule, String::as_str);
            Some(text).filter(|it| *it != OFF).and_then(|it| Cron::from_str(it).ok())
        };
        let crons = scheduled().filter_map(|it| Some((it.name, cron(it)?))).collect();
        Timetable { crons, jitter }
    }

    /// The first time after `after` at which the entity's schedule begins a run; `None` where it is off.
    #[must_use]
    pub fn next(&self, entity: &Entity, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let cron = self.crons.get(entity.name)?;
        // A time that is past but put off until after `after` is still to come.
        let mut from = (after - TimeDelta::seconds(i64::from(self.jitter))).with_timezone(&zone);
        loop {
            let time = cron.find_next_occurrence(&from, false).ok()?;
            let put_off = time.to_utc() + self.put_off(entity, &time);
            if after < put_off {
                return Some(put_off);
            }
            from = time;
        }
    }

    /// The same all day, and for each entity another.
    fn put_off(&self, entity: &Entity, time: &DateTime<Tz>) -> TimeDelta {
        if self.jitter == 0 {
            return TimeDelta::zero();
        }
        let mut hasher = DefaultHasher::new();
        (entity.name, time.date_naive()).hash(&mut hasher);
        let seconds = hasher.finish() % (u64::from(self.jitter) + 1);
        TimeDelta::seconds(i64::try_from(seconds).unwrap_or_default())
    }

    /// When the entity is due: a moment that may be past; `None` where nothing happens by itself.
    #[must_use]
    pub fn due(&self, entity: &Entity, status: &EntityStatus, zone: Tz) -> Option<DateTime<Utc>> {
        if !self.crons.contains_key(entity.name) {
            return None;
        }
        if let (Status::Parked, Some(resumes_at)) = (status.status, status.resumes_at) {
            return Some(resumes_at);
        }
        let Some(last) = status.last_synced_at.max(status.tried_at) else { return Some(DateTime::<Utc>::MIN_UTC) };
        let regular = self.next(entity, zone, last);
        match (status.status, status.tried_at) {
            (Status::Failed, Some(tried_at)) if status.failures > 0 => {
                regular.min(Some(tried_at + retry_after(status.failures)))
            }
            _ => regular,
        }
    }

    /// The schedule in words: "Every 15 minutes"; of what comes along with something else, that one's.
    #[must_use]
    pub fn words(&self, entity: &'static Entity) -> String {
        let Some(cron) = self.crons.get(source(entity).name) else { return "Only when asked".to_owned() };
        let words = cron.describe();
        let words = words.trim_end_matches('.');
        words.strip_prefix("At every ").map_or_else(|| words.to_owned(), |rest| format!("Every {rest}"))
    }
}

impl Default for Timetable {
    /// The catalog's, on the minute.
    fn default() -> Timetable {
        Timetable::new(&BTreeMap::new(), 0)
    }
}

/// How long to wait after so many failures in a row.
pub(super) fn retry_after(failures: i64) -> TimeDelta {
    let doublings = u32::try_from(failures - 1).unwrap_or_default().min(10);
    (RETRY_FIRST * 2_i32.pow(doublings)).min(RETRY_MAX)
}

/// What has a schedule of its own: all that does not come along with something else.
fn scheduled() -> impl Iterator<Item = &'static Entity> {
    ENTITIES.iter().copied().filter(|it| !matches!(it.source, Source::Included { .. }))
}

/// Orders what is due, until the sync stops.
pub(super) fn keep(handle: &Handle) {
    if !handle.has_key() {
        return;
    }
    loop {
        if let Err(error) = order_due(handle) {
            log::error!("the schedule could not be kept: {error}");
        }
        if handle.0.stop.wait(TICK) {
            return;
        }
    }
}

/// Orders what is due now: what takes long in a run of its own, which the others do not wait for.
fn order_due(handle: &Handle) -> Result<(), store::Error> {
    if handle.is_paused() {
        return Ok(());
    }
    let now = handle.now();
    if let Some(refusal) = handle.refusal() {
        // The key cannot be changed while the process lives, but a refusal may have been Klaviyo's mistake.
        if !refusal.rests {
            order(handle, vec![&ACCOUNTS]);
        }
        return Ok(());
    }
    let (statuses, zone) = handle.0.store.read(|db| Ok((db.statuses()?, db.zone()?)))?;
    let timetable = &handle.0.options.timetable;
    let is_due = |entity: &'static Entity| {
        let status = statuses.iter().find(|it| it.name == entity.name);
        status.and_then(|it| timetable.due(entity, it, zone)).is_some_and(|at| at <= now)
            && !handle.is_under_way(entity)
    };
    let due: Vec<&'static Entity> = scheduled().filter(|it| is_due(it)).collect();
    for pace in [Pace::Prompt, Pace::Slow] {
        let entities: Vec<_> = due.iter().copied().filter(|it| it.pace() == pace).collect();
        if !entities.is_empty() {
            order(handle, entities);
        }
    }
    Ok(())
}

fn order(handle: &Handle, entities: Vec<&'static Entity>) {
    let order = Order { entities, forced: false, since: None, trigger: Trigger::Schedule };
    if let Err(refused) = handle.start(order) {
        log::warn!("nothing was synced on schedule: {refused}");
    }
}

#[cfg(test)]
mod tests;
