//! How far a run is: what follows from its entities and the time, for a person.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::problems::{Problem, SHARED, gather, of_part};
use crate::store::runs::{Run, RunEntity, Status};

/// A run that goes on or waits, with how far it is.
#[derive(Debug, Clone, Serialize)]
pub struct Progress {
    #[serde(flatten)]
    pub run: Run,
    /// Entities that have come to their end, of how many.
    pub finished: usize,
    pub count: usize,
    /// Share that is done, 0–1, each entity counting the same.
    pub share: f64,
    /// Seconds until what goes on now is done, as far as that can be told.
    pub left_secs: Option<f64>,
    /// Rows read in a second, of all that goes on now.
    pub rows_per_sec: Option<f64>,
    /// What went wrong with several entities, where that was told apart.
    pub problems: Vec<Problem>,
}

impl Progress {
    #[must_use]
    pub fn of(mut run: Run, now: DateTime<Utc>) -> Progress {
        // What a person looks for comes first: what goes on, then what went wrong; the order is the catalog's otherwise.
        run.entities.sort_by_key(|it| match it.status {
            Status::Running => 0,
            Status::Completed => 3,
            Status::Queued | Status::Paused => 2,
            _ => 1,
        });
        let is_finished = |it: &&RunEntity| !matches!(it.status, Status::Queued | Status::Running | Status::Paused);
        let (count, finished) = (run.entities.len(), run.entities.iter().filter(is_finished).count());
        let running = || run.entities.iter().filter(|it| it.status == Status::Running);
        let done: f64 = running().filter_map(|it| it.done).sum();
        let rates = running().filter_map(|it| Some((it.rows_seen as f64, (now - it.started_at?).num_milliseconds())));
        let rate: f64 = rates.filter(|(_, ms)| *ms > 0).map(|(rows, ms)| rows * 1_000.0 / ms as f64).sum();
        Progress {
            finished,
            count,
            share: (finished as f64 + done) / (count.max(1) as f64),
            left_secs: running().filter_map(|it| it.left_secs).reduce(f64::max),
            rows_per_sec: (rate >= 1.0 && run.status == Status::Running).then_some(rate),
            run,
            problems: Vec::new(),
        }
    }

    /// With what several entities share told apart from them.
    #[must_use]
    pub(super) fn told_once(mut self) -> Progress {
        self.problems = gather(&mut self.run.entities, SHARED, of_part);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_as_far_as_its_entities() {
        let at = |secs| DateTime::from_timestamp(secs, 0).expect("a time");
        let of = |name: &str, status: Status| RunEntity {
            status,
            ..RunEntity::queued(crate::catalog::find(name).expect("an entity"))
        };
        let events = RunEntity {
            done: Some(0.5),
            left_secs: Some(90.0),
            rows_seen: 20_000,
            started_at: Some(at(0)),
            ..of("events", Status::Running)
        };
        let run = Run {
            id: 1,
            status: Status::Running,
            trigger: "page".to_owned(),
            forced: false,
            started_at: at(0),
            ended_at: None,
            entities: vec![
                of("metrics", Status::Completed),
                of("forms", Status::Failed),
                events,
                of("tags", Status::Queued),
            ],
        };
        let progress = Progress::of(run.clone(), at(10));
        assert_eq!((progress.finished, progress.count, progress.share), (2, 4, 0.625));
        assert_eq!((progress.left_secs, progress.rows_per_sec), (Some(90.0), Some(2_000.0)));
        let paused = Progress::of(Run { status: Status::Paused, ..run }, at(10));
        assert_eq!(paused.rows_per_sec, None, "what is held has no speed");
    }
}
