//! Runs, written down: what was ordered, what it did to each entity, what was said meanwhile, and what a pause holds.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::{Value as Json, json};

use super::runs::{Level, Line, Run, RunEntity, Status};
use super::{Db, Error, FromRow, Query, Row, RowResult, utc};
use crate::catalog::{Entity, find};
use crate::{params, query};

const LAST: Query = query!("history/last");
const BEGIN: Query = query!("history/begin");
const END: Query = query!("history/end");
const DROP_ENTITIES: Query = query!("history/drop_entities");
const ADD_ENTITIES: Query = query!("history/add_entities");
const INTERRUPT: Query = query!("history/interrupt");
const INTERRUPT_ENTITIES: Query = query!("history/interrupt_entities");
const INTERRUPT_LOG: Query = query!("history/interrupt_log");
const LIST: Query = query!("history/list");
const ONE: Query = query!("history/one");
const ENTITIES: Query = query!("history/entities");
const LOG: Query = query!("history/log");
const ADD_LOG: Query = query!("history/add_log");
const FORGET: Query = query!("history/forget");
const FORGET_ENTITIES: Query = query!("history/forget_entities");
const FORGET_LOG: Query = query!("history/forget_log");
const PAUSE: Query = query!("history/pause");
const PAUSED: Query = query!("history/paused");
const RESUME: Query = query!("history/resume");
const HOLD: Query = query!("history/hold");
const HELD: Query = query!("history/held");
const RELEASE: Query = query!("history/release");

/// Every query of this file; a test prepares them all.
pub(super) const QUERIES: &[Query] = &[
    LAST,
    BEGIN,
    END,
    DROP_ENTITIES,
    ADD_ENTITIES,
    INTERRUPT,
    INTERRUPT_ENTITIES,
    INTERRUPT_LOG,
    LIST,
    ONE,
    ENTITIES,
    LOG,
    ADD_LOG,
    FORGET,
    FORGET_ENTITIES,
    FORGET_LOG,
    PAUSE,
    PAUSED,
    RESUME,
    HOLD,
    HELD,
    RELEASE,
];

/// Runs that are remembered: three weeks of one every quarter of an hour.
pub const RUNS_KEPT: i64 = 2_000;

/// Which runs are asked for; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub status: Option<Status>,
    /// schedule, page, api, command line
    pub trigger: Option<String>,
    /// The name of an entity that they had to do with.
    pub entity: Option<&'static str>,
}

/// A run that a pause holds, with what it read from on.
#[derive(Debug)]
pub struct Held {
    pub run: Run,
    pub since: Option<DateTime<Utc>>,
}

/// What a run did to an entity, as `history/add_entities` takes it.
fn row(it: &RunEntity) -> Json {
    json!({
        "entity_type": it.name, "status": it.status.name(), "rows_seen": it.rows_seen, "rows_new": it.rows_new,
        "rows_changed": it.rows_changed, "rows_deleted": it.rows_deleted, "requests": it.requests, "bytes": it.bytes,
        "waited_secs": it.waited_secs, "error_message": it.error, "remedy": it.remedy,
    })
}

impl Filter {
    /// Whether the run is one of those; for runs that are not written down yet.
    #[must_use]
    pub fn takes(&self, run: &Run) -> bool {
        self.status.is_none_or(|it| it == run.status)
            && self.trigger.as_ref().is_none_or(|it| *it == run.trigger)
            && self.entity.is_none_or(|name| run.entities.iter().any(|it| it.name == name))
    }
}

impl Db<'_> {
    /// The number of the last run; 0 before the first.
    ///
    /// # Errors
    /// When the query fails.
    pub fn last_run(&self) -> Result<i64, Error> {
        self.value(LAST, params! {})
    }

    /// Writes down that a run was ordered; once is enough.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn begin_run(&self, run: &Run) -> Result<(), Error> {
        let values = params! {
            "id": run.id, "trigger": run.trigger, "forced": run.forced, "now": utc(run.started_at),
        };
        self.execute(BEGIN, values).map(drop)
    }

    /// Writes down how a run stands or ended, and what it did; one that has ended stays as it is. Forgets the oldest.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn end_run(&self, run: &Run) -> Result<(), Error> {
        self.begin_run(run)?;
        let ended_at = run.ended_at.map(utc);
        if self.execute(END, params! { "id": run.id, "status": run.status.name(), "ended_at": ended_at })? == 0 {
            return Ok(());
        }
        self.execute(DROP_ENTITIES, params! { "run": run.id })?;
        let entities: Vec<_> = run.entities.iter().map(row).collect();
        self.execute(ADD_ENTITIES, params! { "run": run.id, "entities": Json::from(entities).to_string() })?;
        self.forget_runs(run.id - RUNS_KEPT)
    }

    fn forget_runs(&self, last: i64) -> Result<(), Error> {
        for query in [FORGET, FORGET_ENTITIES, FORGET_LOG] {
            if last > 0 {
                self.execute(query, params! { "last": last })?;
            }
        }
        Ok(())
    }

    /// Writes down what was said of a run.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn add_log(&self, run: i64, lines: &[Line]) -> Result<(), Error> {
        for it in lines {
            let values = params! {
                "run": run, "logged_at": utc(it.at), "entity": it.entity, "level": it.level.name(), "words": it.words,
            };
            self.execute(ADD_LOG, values)?;
        }
        Ok(())
    }

    /// What was said of a run, in its order.
    ///
    /// # Errors
    /// When the query fails.
    pub fn log(&self, run: i64) -> Result<Vec<Line>, Error> {
        self.rows(LOG, params! { "run": run })
    }

    /// Marks what was running when the process last ended, but for what the pause holds. What failed is due again.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn interrupt_runs(&self, now: DateTime<Utc>) -> Result<(), Error> {
        self.execute(INTERRUPT_ENTITIES, params! {})?;
        self.execute(INTERRUPT_LOG, params! { "now": utc(now) })?;
        if self.execute(INTERRUPT, params! { "now": utc(now) })? > 0 {
            self.interrupt_statuses()?;
        }
        self.try_failed_again()
    }

    /// The last `limit` runs that ended, newest first.
    ///
    /// # Errors
    /// When a query fails.
    pub fn runs(&self, limit: i64) -> Result<Vec<Run>, Error> {
        Ok(self.runs_like(&Filter::default(), limit, 0)?.0)
    }

    /// Runs that ended and pass the filter, newest first, `limit` of them from `offset`; with the number of them all.
    ///
    /// # Errors
    /// When a query fails.
    pub fn runs_like(&self, filter: &Filter, limit: i64, offset: i64) -> Result<(Vec<Run>, i64), Error> {
        let values = params! {
            "status": filter.status.map(Status::name), "trigger": filter.trigger, "entity": filter.entity,
            "limit": limit, "offset": offset,
        };
        let rows: Vec<Counted> = self.rows(LIST, values)?;
        let total = match rows.first() {
            Some(first) => first.total,
            // Beyond the end nobody counts.
            None if offset > 0 => self.runs_like(filter, 1, 0)?.1,
            None => 0,
        };
        let mut runs: Vec<Run> = rows.into_iter().map(|it| it.run).collect();
        self.add_entities(&mut runs)?;
        Ok((runs, total))
    }

    /// The run of that number, as far as it was written down.
    ///
    /// # Errors
    /// When a query fails.
    pub fn run(&self, id: i64) -> Result<Option<Run>, Error> {
        let mut run: Vec<Run> =
            self.maybe::<Counted>(ONE, params! { "id": id })?.into_iter().map(|it| it.run).collect();
        self.add_entities(&mut run)?;
        Ok(run.pop())
    }

    fn add_entities(&self, runs: &mut [Run]) -> Result<(), Error> {
        let ids: Vec<String> = runs.iter().map(|it| it.id.to_string()).collect();
        let parts: Vec<OfRun> = self.rows(ENTITIES, params! { "runs": format!("[{}]", ids.join(",")) })?;
        for OfRun(run, entity) in parts {
            if let Some(run) = runs.iter_mut().find(|it| it.id == run) {
                run.entities.push(entity);
            }
        }
        Ok(())
    }

    /// Writes down that the sync is paused.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn pause(&self, now: DateTime<Utc>) -> Result<(), Error> {
        self.execute(PAUSE, params! { "now": utc(now) }).map(drop)
    }

    /// Writes down how a run stands that the pause holds.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn hold_run(&self, held: &Held) -> Result<(), Error> {
        self.end_run(&held.run)?;
        self.execute(HOLD, params! { "run": held.run.id, "since": held.since.map(utc) }).map(drop)
    }

    /// Since when the sync is paused; `None` while it is not.
    ///
    /// # Errors
    /// When the query fails.
    pub fn paused_at(&self) -> Result<Option<DateTime<Utc>>, Error> {
        let since: Option<Instant> = self.maybe(PAUSED, params! {})?;
        Ok(since.map(|it| it.0))
    }

    /// The runs that the pause holds, oldest first.
    ///
    /// # Errors
    /// When a query fails.
    pub fn held_runs(&self) -> Result<Vec<Held>, Error> {
        let mut held: Vec<Held> = self.rows(HELD, params! {})?;
        for it in &mut held {
            self.add_entities(std::slice::from_mut(&mut it.run))?;
        }
        Ok(held)
    }

    /// Writes down that nothing is paused any more.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn resume(&self) -> Result<(), Error> {
        self.execute(RESUME, params! {})?;
        self.execute(RELEASE, params! {}).map(drop)
    }
}

/// A run and how many there are of its kind.
struct Counted {
    run: Run,
    total: i64,
}

impl FromRow for Counted {
    fn from_row(row: &Row<'_>) -> RowResult<Counted> {
        let run = Run {
            id: row.get("id")?,
            status: Status::of(&row.get::<String>("status")?),
            trigger: row.get("trigger")?,
            forced: row.get("forced")?,
            started_at: row.get::<NaiveDateTime>("started_at")?.and_utc(),
            ended_at: row.get::<Option<NaiveDateTime>>("ended_at")?.map(|it| it.and_utc()),
            entities: Vec::new(),
        };
        Ok(Counted { run, total: row.get("total")? })
    }
}

impl FromRow for Held {
    fn from_row(row: &Row<'_>) -> RowResult<Held> {
        let since = row.get::<Option<NaiveDateTime>>("since")?.map(|it| it.and_utc());
        Ok(Held { run: Counted::from_row(row)?.run, since })
    }
}

struct Instant(DateTime<Utc>);

impl FromRow for Instant {
    fn from_row(row: &Row<'_>) -> RowResult<Instant> {
        Ok(Instant(row.get::<NaiveDateTime>("paused_at")?.and_utc()))
    }
}

impl FromRow for Line {
    fn from_row(row: &Row<'_>) -> RowResult<Line> {
        Ok(Line {
            at: row.get::<NaiveDateTime>("logged_at")?.and_utc(),
            entity: row.get("entity_type")?,
            level: Level::of(&row.get::<String>("level")?),
            words: row.get("words")?,
        })
    }
}

/// What a run did to one entity, with the run's number.
struct OfRun(i64, RunEntity);

impl FromRow for OfRun {
    fn from_row(row: &Row<'_>) -> RowResult<OfRun> {
        let name: String = row.get("entity_type")?;
        let title = find(&name).map_or_else(|| name.clone(), Entity::title);
        let entity = RunEntity {
            status: Status::of(&row.get::<String>("status")?),
            rows_seen: row.get("rows_seen")?,
            rows_new: row.get("rows_new")?,
            rows_changed: row.get("rows_changed")?,
            rows_deleted: row.get("rows_deleted")?,
            requests: row.get("requests")?,
            bytes: row.get("bytes")?,
            waited_secs: row.get("waited_secs")?,
            error: row.get("error_message")?,
            remedy: row.get("remedy")?,
            ..RunEntity::named(&name, title)
        };
        Ok(OfRun(row.get("run_id")?, entity))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::*;

    fn at(secs: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + secs, 0).expect("a time")
    }

    fn run(id: i64, status: Status) -> Run {
        let metrics = find("metrics").expect("an entity");
        let trigger = if id % 2 == 0 { "page" } else { "schedule" };
        Run {
            id,
            status,
            trigger: trigger.to_owned(),
            forced: false,
            started_at: at(id),
            ended_at: Some(at(id + 1)),
            entities: vec![RunEntity { rows_seen: id, ..RunEntity::queued(metrics) }],
        }
    }

    #[test]
    fn runs_are_found_by_what_they_are() {
        let store = Store::in_memory().expect("a database");
        let statuses = [Status::Completed, Status::Failed, Status::Completed, Status::Parked];
        for (id, status) in (1..).zip(statuses) {
            store.write(|db| db.end_run(&run(id, status))).expect("a run");
        }
        let found = |filter: Filter, limit, offset| {
            let (runs, total) = store.read(|db| db.runs_like(&filter, limit, offset)).expect("runs");
            (runs.iter().map(|it| it.id).collect::<Vec<_>>(), total)
        };
        assert_eq!(found(Filter::default(), 2, 1), (vec![3, 2], 4));
        assert_eq!(found(Filter::default(), 2, 9), (vec![], 4), "beyond the end the number is still known");
        let completed = Filter { status: Some(Status::Completed), ..Filter::default() };
        assert_eq!(found(completed, 9, 0), (vec![3, 1], 2));
        assert_eq!(found(Filter { trigger: Some("page".to_owned()), ..Filter::default() }, 9, 0), (vec![4, 2], 2));
        assert_eq!(found(Filter { entity: Some("metrics"), ..Filter::default() }, 9, 0).1, 4);
        assert_eq!(found(Filter { entity: Some("events"), ..Filter::default() }, 9, 0), (vec![], 0));
        let one = store.read(|db| db.run(3)).expect("a run").expect("the third");
        assert_eq!((one.status, one.entities[0].rows_seen), (Status::Completed, 3));
        assert!(store.read(|db| db.run(99)).expect("an answer").is_none());
    }

    #[test]
    fn an_end_is_final() {
        let store = Store::in_memory().expect("a database");
        store.write(|db| db.end_run(&run(1, Status::Completed))).expect("a run");
        let late = Run { ended_at: None, ..run(1, Status::Paused) };
        store.write(|db| db.hold_run(&Held { run: late, since: None })).expect("no error");
        assert_eq!(store.read(|db| db.run(1)).expect("a run").expect("it").status, Status::Completed);
        assert!(store.read(|db| db.held_runs()).expect("runs").is_empty());
    }

    #[test]
    fn only_the_last_runs_are_remembered() {
        let store = Store::in_memory().expect("a database");
        let line = |words: &str| Line { at: at(0), entity: None, level: Level::Info, words: words.to_owned() };
        for id in [1, 2, RUNS_KEPT + 1] {
            store
                .write(|db| {
                    db.end_run(&run(id, Status::Completed))?;
                    db.add_log(id, &[line("it went on")])
                })
                .expect("a run");
        }
        let left = store.read(|db| db.runs(10)).expect("runs");
        assert_eq!(left.iter().map(|it| it.id).collect::<Vec<_>>(), [RUNS_KEPT + 1, 2]);
        assert_eq!(store.read(|db| Ok((db.log(1)?.len(), db.log(2)?.len()))).expect("logs"), (0, 1));
    }

    #[test]
    fn what_a_pause_holds_is_not_interrupted() {
        let store = Store::in_memory().expect("a database");
        let held = Held { run: Run { ended_at: None, ..run(1, Status::Paused) }, since: Some(at(5)) };
        store
            .write(|db| {
                db.pause(at(9))?;
                db.pause(at(10))?;
                db.hold_run(&held)?;
                db.begin_run(&run(2, Status::Running))?;
                db.interrupt_runs(at(11))
            })
            .expect("a pause");
        let runs = store.read(|db| db.held_runs()).expect("runs");
        assert_eq!(
            runs.iter().map(|it| (it.run.id, it.run.status, it.since)).collect::<Vec<_>>(),
            [(1, Status::Paused, Some(at(5)))]
        );
        assert_eq!(store.read(|db| db.paused_at()).expect("a time"), Some(at(9)));
        assert_eq!(store.read(|db| db.run(2)).expect("a run").expect("it").status, Status::Interrupted);
        store.write(|db| db.resume()).expect("no pause");
        assert_eq!(store.read(|db| Ok((db.paused_at()?, db.held_runs()?.len()))).expect("an answer"), (None, 0));
    }
}
