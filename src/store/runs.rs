//! What the sync knows of itself: how each entity stands, and the words for runs, whose [history](super::history) is kept.

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::{Db, Error, FromRow, Query, Row, RowResult, utc};
use crate::catalog::{ENTITIES, Entity};
use crate::{params, query};

const STATUSES: Query = query!("runs/statuses");
const SET_STATUS: Query = query!("runs/set_status");
const SET_TRIED: Query = query!("runs/set_tried");
const SET_STOPPED: Query = query!("runs/set_stopped");
const SET_WATERMARK: Query = query!("runs/set_watermark");
const WATERMARK: Query = query!("runs/watermark");
const INTERRUPT_STATUS: Query = query!("runs/interrupt_status");
const RECOUNT: Query = query!("runs/recount");
const TRY_AGAIN: Query = query!("runs/try_again");
const ACCOUNT: Query = query!("runs/account");

/// Every query of this file; a test prepares them all.
pub(super) const QUERIES: &[Query] = &[
    STATUSES,
    SET_STATUS,
    SET_TRIED,
    SET_STOPPED,
    SET_WATERMARK,
    WATERMARK,
    INTERRUPT_STATUS,
    RECOUNT,
    TRY_AGAIN,
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
    /// Held by a person, until they let it go on.
    Paused,
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
            Status::Paused => "paused",
            Status::Parked => "parked",
            Status::Completed => "completed",
            Status::Cancelled => "cancelled",
            Status::Failed => "failed",
            Status::Disabled => "disabled",
            Status::Interrupted => "interrupted",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|it| it.name() == name)
    }

    pub(super) fn of(name: &str) -> Status {
        Status::find(name).unwrap_or(Status::Failed)
    }

    const ALL: [Status; 10] = [
        Status::Never,
        Status::Queued,
        Status::Running,
        Status::Paused,
        Status::Parked,
        Status::Completed,
        Status::Cancelled,
        Status::Failed,
        Status::Disabled,
        Status::Interrupted,
    ];

    /// What a run may be found as, in the order of its life; `never` and `disabled` are said of entities alone.
    pub const OF_RUNS: [Status; 8] = [
        Status::Queued,
        Status::Running,
        Status::Paused,
        Status::Parked,
        Status::Completed,
        Status::Cancelled,
        Status::Failed,
        Status::Interrupted,
    ];
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
    /// What went wrong last time.
    pub error: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
    /// When a daily quota is given again that it waits for.
    pub resumes_at: Option<DateTime<Utc>>,
    /// When a pass last ended, well or not.
    pub tried_at: Option<DateTime<Utc>>,
    /// Passes in a row that failed.
    pub failures: i64,
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
    /// Seconds until it is done, at the pace of the last moments where that is known, else by the share that is done
    /// and the time that took; not kept.
    pub left_secs: Option<f64>,
    /// When its pass began, while it goes on.
    pub started_at: Option<DateTime<Utc>>,
    pub error: Option<String>,
    /// What to do about the error.
    pub remedy: Option<String>,
    /// Whether Klaviyo refused the key: nothing helps but another one.
    #[serde(skip)]
    pub key_refused: bool,
}

impl RunEntity {
    /// An entity that waits for its turn.
    #[must_use]
    pub fn queued(entity: &Entity) -> RunEntity {
        RunEntity::named(entity.name, entity.title())
    }

    pub(super) fn named(name: &str, title: String) -> RunEntity {
        RunEntity {
            name: name.to_owned(),
            title,
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
            left_secs: None,
            started_at: None,
            error: None,
            remedy: None,
            key_refused: false,
        }
    }
}

/// Something that happened in a run, for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    pub at: DateTime<Utc>,
    /// `None`: the run as a whole.
    pub entity: Option<String>,
    pub level: Level,
    pub words: String,
}

/// How much a line of the log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Info,
    Warning,
    Error,
}

impl Level {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }

    pub(super) fn of(name: &str) -> Level {
        match name {
            "info" => Level::Info,
            "warning" => Level::Warning,
            _ => Level::Error,
        }
    }
}

/// How a pass ended.
#[derive(Debug, Clone)]
pub struct Ended {
    pub status: Status,
    pub error: Option<String>,
    pub remedy: Option<String>,
    /// When a parked one goes on.
    pub resumes_at: Option<DateTime<Utc>>,
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

impl Account {
    /// UTC where the name is unknown.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.timezone.as_deref().and_then(|it| it.parse().ok()).unwrap_or(Tz::UTC)
    }
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
            remedy: None,
            resumes_at: None,
            tried_at: None,
            failures: 0,
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
    pub fn set_status(&self, entity: &Entity, ended: &Ended, now: DateTime<Utc>) -> Result<(), Error> {
        let count = self.count(entity)?;
        let well = ended.status == Status::Completed;
        let values = params! {
            "entity": entity.name, "status": ended.status.name(), "error": ended.error, "remedy": ended.remedy,
            "resumes_at": ended.resumes_at.map(utc), "ended_at": well.then(|| utc(now)), "rows": count,
            "success": well, "now": utc(now),
        };
        self.execute(SET_STATUS, values).map(drop)
    }

    /// Writes down that a pass was cancelled before it began: the schedule does not begin it again before its next time.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn set_tried(&self, entity: &Entity, now: DateTime<Utc>) -> Result<(), Error> {
        self.execute(SET_TRIED, params! { "entity": entity.name, "now": utc(now) }).map(drop)
    }

    /// Writes down that a pass was stopped on its way, and how many rows there are; `tried_at` as of
    /// [`set_tried`](Self::set_tried), where the schedule is to wait.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn set_stopped(&self, entity: &Entity, status: Status, tried_at: Option<DateTime<Utc>>) -> Result<(), Error> {
        let values = params! {
            "entity": entity.name, "status": status.name(), "rows": self.count(entity)?, "tried_at": tried_at.map(utc),
        };
        self.execute(SET_STOPPED, values).map(drop)
    }

    /// Rows of the entity that are not deleted.
    ///
    /// # Errors
    /// When the query fails.
    pub fn count(&self, entity: &Entity) -> Result<i64, Error> {
        let alive = if entity.name == crate::catalog::EVENTS.name { "" } else { " where deleted_at is null" };
        let sql = format!("select count(*) from {}{alive}", entity.table());
        self.0
            .query_row(&sql, [], |row| row.get(0))
            .map_err(|source| Error::Statement { doing: "count rows", source: source.into() })
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
        ids().map_err(|source| Error::Statement { doing: "list ids", source: source.into() })
    }

    /// What was being read when the process last ended is so no longer.
    pub(super) fn interrupt_statuses(&self) -> Result<(), Error> {
        self.execute(INTERRUPT_STATUS, params! {})?;
        for entity in ENTITIES {
            let rows = self.count(entity)?;
            if rows > 0 {
                self.execute(RECOUNT, params! { "entity": entity.name, "rows": rows })?;
            }
        }
        Ok(())
    }

    /// Lets the schedule begin with what failed in an earlier process.
    pub(super) fn try_failed_again(&self) -> Result<(), Error> {
        self.execute(TRY_AGAIN, params! {}).map(drop)
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
            remedy: row.get("remedy")?,
            resumes_at: instant(row, "resumes_at")?,
            tried_at: instant(row, "tried_at")?,
            failures: row.get("failures")?,
            covered_from: instant(row, "covered_from")?,
        })
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
