//! What the sync knows of itself: status of each entity, runs and what they did.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Serialize;

use super::{Db, Error, FromRow, Query, Row, RowResult, utc};
use crate::catalog::{ENTITIES, Entity};
use crate::{params, query};

const STATUSES: Query = query!("runs/statuses");
const SET_STATUS: Query = query!("runs/set_status");
const SET_WATERMARK: Query = query!("runs/set_watermark");
const WATERMARK: Query = query!("runs/watermark");
const BEGIN: Query = query!("runs/begin");
const END: Query = query!("runs/end");
const ADD_ENTITY: Query = query!("runs/add_entity");
const INTERRUPT: Query = query!("runs/interrupt");
const INTERRUPT_STATUS: Query = query!("runs/interrupt_status");
const HISTORY: Query = query!("runs/history");
const HISTORY_ENTITIES: Query = query!("runs/history_entities");
const ACCOUNT: Query = query!("runs/account");

/// Every query of this file; a test prepares them all.
pub(super) const QUERIES: &[Query] = &[
    STATUSES,
    SET_STATUS,
    SET_WATERMARK,
    WATERMARK,
    BEGIN,
    END,
    ADD_ENTITY,
    INTERRUPT,
    INTERRUPT_STATUS,
    HISTORY,
    HISTORY_ENTITIES,
    ACCOUNT,
];

/// What became of a run or of one entity in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Never read yet.
    Never,
    Queued,
    Running,
    /// Waits for a daily quota to be given again.
    Parked,
    Completed,
    Cancelled,
    Failed,
    /// The key may not read it, or not what it belongs to.
    Disabled,
    /// Was running when the process ended.
    Interrupted,
}

impl Status {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Never => "never",
            Status::Queued => "queued",
            Status::Running => "running",
            Status::Parked => "parked",
            Status::Completed => "completed",
            Status::Cancelled => "cancelled",
            Status::Failed => "failed",
            Status::Disabled => "disabled",
            Status::Interrupted => "interrupted",
        }
    }

    fn of(name: &str) -> Status {
        const ALL: [Status; 9] = [
            Status::Never,
            Status::Queued,
            Status::Running,
            Status::Parked,
            Status::Completed,
            Status::Cancelled,
            Status::Failed,
            Status::Disabled,
            Status::Interrupted,
        ];
        ALL.into_iter().find(|it| it.name() == name).unwrap_or(Status::Failed)
    }
}

/// How an entity stands.
#[derive(Debug, Clone, Serialize)]
pub struct EntityStatus {
    pub name: String,
    pub status: Status,
    /// Rows that are not deleted.
    pub rows: i64,
    /// When a pass last ended well.
    pub last_synced_at: Option<DateTime<Utc>>,
    /// What went wrong last time, and what to do about it.
    pub error: Option<String>,
    /// Events only: from here to the last run nothing is missing.
    pub covered_from: Option<DateTime<Utc>>,
}

/// One run: what started it, and what it did to each entity.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    pub id: i64,
    pub status: Status,
    /// schedule, page, api, command line
    pub trigger: String,
    pub forced: bool,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub entities: Vec<RunEntity>,
}

/// What a run did, or does, to one entity.
#[derive(Debug, Clone, Serialize)]
pub struct RunEntity {
    pub name: String,
    pub title: String,
    pub status: Status,
    /// What it is doing now, in words.
    pub doing: Option<String>,
    pub rows_seen: i64,
    pub rows_new: i64,
    pub rows_changed: i64,
    pub rows_deleted: i64,
    pub requests: i64,
    pub bytes: i64,
    /// Seconds spent waiting for rate limits and between attempts.
    pub waited_secs: f64,
    /// Share that is done, 0–1, where it can be known.
    pub done: Option<f64>,
    pub error: Option<String>,
    /// Whether Klaviyo refused the key: nothing helps but another one.
    #[serde(skip)]
    pub key_refused: bool,
}

impl RunEntity {
    /// An entity that waits for its turn.
    #[must_use]
    pub fn queued(entity: &Entity) -> RunEntity {
        RunEntity {
            name: entity.name.to_owned(),
            title: entity.title(),
            status: Status::Queued,
            doing: None,
            rows_seen: 0,
            rows_new: 0,
            rows_changed: 0,
            rows_deleted: 0,
            requests: 0,
            bytes: 0,
            waited_secs: 0.0,
            done: None,
            error: None,
            key_refused: false,
        }
    }
}

/// The account that was copied.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    pub id: String,
    pub name: Option<String>,
    /// As Klaviyo gives it; an IANA name.
    pub timezone: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
}

impl Db<'_> {
    /// Every entity of the catalog, in its order; one that was never read has the status `never`.
    ///
    /// # Errors
    /// When the query fails.
    pub fn statuses(&self) -> Result<Vec<EntityStatus>, Error> {
        let kept: Vec<EntityStatus> = self.rows(STATUSES, params! {})?;
        let never = |name: &str| EntityStatus {
            name: name.to_owned(),
            status: Status::Never,
            rows: 0,
            last_synced_at: None,
            error: None,
            covered_from: None,
        };
        Ok(ENTITIES
            .iter()
            .map(|it| kept.iter().find(|row| row.name == it.name).cloned().unwrap_or_else(|| never(it.name)))
            .collect())
    }

    /// Up to where changes of the entity were followed; `None` before its first pass.
    ///
    /// # Errors
    /// When the query fails.
    pub fn watermark(&self, entity: &Entity) -> Result<Option<DateTime<Utc>>, Error> {
        let row: Option<Watermark> = self.maybe(WATERMARK, params! { "entity": entity.name })?;
        Ok(row.and_then(|it| it.0).map(|it| it.and_utc()))
    }

    /// Moves the watermark, in the transaction that holds the rows up to it.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn set_watermark(&self, entity: &Entity, watermark: Option<DateTime<Utc>>) -> Result<(), Error> {
        let watermark = watermark.map(utc);
        self.execute(SET_WATERMARK, params! { "entity": entity.name, "watermark": watermark }).map(drop)
    }

    /// Writes down how a pass of the entity ended: in success with its time and row count, else with the error.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn set_status(
        &self,
        entity: &Entity,
        status: Status,
        error: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let count = self.count(entity)?;
        let ended_at = (status == Status::Completed).then(|| utc(now));
        let values = params! {
            "entity": entity.name, "status": status.name(), "error": error, "ended_at": ended_at, "rows": count,
            "success": status == Status::Completed,
        };
        self.execute(SET_STATUS, values).map(drop)
    }

    /// Rows of the entity that are not deleted.
    ///
    /// # Errors
    /// When the query fails.
    pub fn count(&self, entity: &Entity) -> Result<i64, Error> {
        let alive = if entity.name == crate::catalog::EVENTS.name { "" } else { " where deleted_at is null" };
        let sql = format!("select count(*) from {}{alive}", entity.table());
        self.0.query_row(&sql, [], |row| row.get(0)).map_err(|source| Error::Statement { doing: "count rows", source })
    }

    /// Ids of the entity's rows that are not deleted; with `only`, those whose column has one of the values.
    ///
    /// # Errors
    /// When the query fails.
    pub fn ids(&self, entity: &Entity, only: Option<(&str, &[&str])>) -> Result<Vec<String>, Error> {
        let values = only.map(|(_, values)| values.join("','")).unwrap_or_default();
        let filter = only.map(|(column, _)| format!(" and {column} in ('{values}')")).unwrap_or_default();
        let sql = format!("select id from {} where deleted_at is null{filter} order by id", entity.table());
        let ids =
            || -> duckdb::Result<Vec<String>> { self.0.prepare(&sql)?.query_map([], |row| row.get(0))?.collect() };
        ids().map_err(|source| Error::Statement { doing: "list ids", source })
    }

    /// Writes down that a run starts, and gives it its number.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn begin_run(&self, trigger: &str, forced: bool, now: DateTime<Utc>) -> Result<i64, Error> {
        self.value(BEGIN, params! { "trigger": trigger, "forced": forced, "now": utc(now) })
    }

    /// Writes down how a run ended and what it did.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn end_run(&self, run: &Run) -> Result<(), Error> {
        let ended_at = run.ended_at.map(utc);
        self.execute(END, params! { "id": run.id, "status": run.status.name(), "ended_at": ended_at })?;
        for it in &run.entities {
            let values = params! {
                "run": run.id, "entity": it.name, "status": it.status.name(), "seen": it.rows_seen, "new": it.rows_new,
                "changed": it.rows_changed, "deleted": it.rows_deleted, "requests": it.requests, "bytes": it.bytes,
                "waited": it.waited_secs, "error": it.error,
            };
            self.execute(ADD_ENTITY, values)?;
        }
        Ok(())
    }

    /// Marks what was running when the process last ended.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn interrupt_runs(&self, now: DateTime<Utc>) -> Result<(), Error> {
        self.execute(INTERRUPT, params! { "now": utc(now) })?;
        self.execute(INTERRUPT_STATUS, params! {}).map(drop)
    }

    /// The last `limit` runs, newest first.
    ///
    /// # Errors
    /// When a query fails.
    pub fn runs(&self, limit: i64) -> Result<Vec<Run>, Error> {
        let mut runs: Vec<Run> = self.rows(HISTORY, params! { "limit": limit })?;
        let parts: Vec<OfRun> = self.rows(HISTORY_ENTITIES, params! { "limit": limit })?;
        for OfRun(run, entity) in parts {
            if let Some(run) = runs.iter_mut().find(|it| it.id == run) {
                run.entities.push(entity);
            }
        }
        Ok(runs)
    }

    /// The account, once it was read.
    ///
    /// # Errors
    /// When the query fails.
    pub fn account(&self) -> Result<Option<Account>, Error> {
        self.maybe(ACCOUNT, params! {})
    }
}

struct Watermark(Option<NaiveDateTime>);

impl FromRow for Watermark {
    fn from_row(row: &Row<'_>) -> RowResult<Watermark> {
        Ok(Watermark(row.get("watermark")?))
    }
}

fn instant(row: &Row<'_>, column: &str) -> RowResult<Option<DateTime<Utc>>> {
    Ok(row.get::<Option<NaiveDateTime>>(column)?.map(|it| it.and_utc()))
}

impl FromRow for EntityStatus {
    fn from_row(row: &Row<'_>) -> RowResult<EntityStatus> {
        Ok(EntityStatus {
            name: row.get("entity_type")?,
            status: Status::of(&row.get::<String>("status")?),
            rows: row.get("record_count")?,
            last_synced_at: instant(row, "last_sync_time")?,
            error: row.get("error_message")?,
            covered_from: instant(row, "covered_from")?,
        })
    }
}

impl FromRow for Run {
    fn from_row(row: &Row<'_>) -> RowResult<Run> {
        Ok(Run {
            id: row.get("id")?,
            status: Status::of(&row.get::<String>("status")?),
            trigger: row.get("trigger")?,
            forced: row.get("forced")?,
            started_at: row.get::<NaiveDateTime>("started_at")?.and_utc(),
            ended_at: instant(row, "ended_at")?,
            entities: Vec::new(),
        })
    }
}

/// What a run did to one entity, with the run's number.
struct OfRun(i64, RunEntity);

impl FromRow for OfRun {
    fn from_row(row: &Row<'_>) -> RowResult<OfRun> {
        let name: String = row.get("entity_type")?;
        let title = crate::catalog::find(&name).map_or_else(|| name.clone(), Entity::title);
        let entity = RunEntity {
            title,
            status: Status::of(&row.get::<String>("status")?),
            doing: None,
            rows_seen: row.get("rows_seen")?,
            rows_new: row.get("rows_new")?,
            rows_changed: row.get("rows_changed")?,
            rows_deleted: row.get("rows_deleted")?,
            requests: row.get("requests")?,
            bytes: row.get("bytes")?,
            waited_secs: row.get("waited_secs")?,
            done: None,
            error: row.get("error_message")?,
            key_refused: false,
            name,
        };
        Ok(OfRun(row.get("run_id")?, entity))
    }
}

impl FromRow for Account {
    fn from_row(row: &Row<'_>) -> RowResult<Account> {
        Ok(Account {
            id: row.get("id")?,
            name: row.get("name")?,
            timezone: row.get("timezone")?,
            currency: row.get("currency")?,
        })
    }
}
