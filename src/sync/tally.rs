//! What the sync did since the process started, added up: for whoever watches it from outside.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::histogram::Histogram;
use crate::store::runs::{RunEntity, Status};

/// Sums over all runs of this process.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    entities: BTreeMap<String, EntityTally>,
    runs: BTreeMap<&'static str, u64>,
}

/// What was done to one entity. Whole passes are counted when they end, all else as it happens.
#[derive(Debug, Clone, Default)]
pub struct EntityTally {
    pub rows_seen: i64,
    pub rows_new: i64,
    pub rows_changed: i64,
    pub rows_deleted: i64,
    pub requests: i64,
    pub bytes: i64,
    pub waited_secs: f64,
    /// How long whole passes took, whatever became of them.
    pub passes: Histogram,
    /// Passes that ended so, by the name of the status.
    pub ended: BTreeMap<&'static str, u64>,
}

/// Everything that was added up.
#[derive(Debug, Clone)]
pub struct Tallies {
    /// By the name of the entity.
    pub entities: BTreeMap<String, EntityTally>,
    /// Runs that ended so, by the name of the status.
    pub runs: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// Adds what happened to an entity of a run between `before` and `after`.
    pub(super) fn add(&self, before: &RunEntity, after: &RunEntity, now: DateTime<Utc>) {
        let mut counts = self.counts();
        let it = counts.entities.entry(after.name.clone()).or_default();
        it.rows_seen += after.rows_seen - before.rows_seen;
        it.rows_new += after.rows_new - before.rows_new;
        it.rows_changed += after.rows_changed - before.rows_changed;
        it.rows_deleted += after.rows_deleted - before.rows_deleted;
        it.requests += after.requests - before.requests;
        it.bytes += after.bytes - before.bytes;
        it.waited_secs += after.waited_secs - before.waited_secs;
        let has_ended = !matches!(after.status, Status::Running | Status::Queued | Status::Paused);
        if before.status != after.status && has_ended {
            // What comes along with another has no time of its own.
            if let Some(time) = before.started_at.and_then(|it| (now - it).to_std().ok()) {
                it.passes.add(time);
            }
            *it.ended.entry(after.status.name()).or_default() += 1;
        }
    }

    pub(super) fn ended(&self, status: Status) {
        *self.counts().runs.entry(status.name()).or_default() += 1;
    }

    pub(super) fn all(&self) -> Tallies {
        let counts = self.counts();
        Tallies { entities: counts.entities.clone(), runs: counts.runs.clone() }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::EVENTS;

    #[test]
    fn two_passes_add_up() {
        let tally = Tally::default();
        let at = |secs| DateTime::from_timestamp(secs, 0).expect("a time");
        for pass in 0..2 {
            let queued = RunEntity::queued(&EVENTS);
            let running = RunEntity { status: Status::Running, started_at: Some(at(pass * 100)), ..queued.clone() };
            let read = RunEntity { rows_new: 5, requests: 2, waited_secs: 0.5, ..running.clone() };
            let ended =
                RunEntity { status: if pass == 0 { Status::Failed } else { Status::Completed }, ..read.clone() };
            tally.add(&queued, &running, at(pass * 100));
            tally.add(&running, &read, at(pass * 100 + 1));
            tally.add(&read, &ended, at(pass * 100 + 3));
            // Settled once more, as what came along with another is.
            tally.add(&ended, &ended, at(pass * 100 + 9));
        }
        let all = tally.all();
        let events = &all.entities["events"];
        assert_eq!(
            (events.rows_new, events.requests, events.ended["failed"], events.ended["completed"]),
            (10, 4, 1, 1)
        );
        assert!((events.waited_secs - 1.0).abs() < 1e-9);
        assert_eq!((events.passes.count(), events.passes.seconds()), (2, 6.0));
    }
}
