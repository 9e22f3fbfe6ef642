//! `/api/sync/runs`: what runs, what ran, and what was said meanwhile.

use chrono::{DateTime, Utc};
use rocket::http::Header;
use rocket::response::Responder;
use rocket::response::stream::{Event, EventStream};
use rocket::serde::json::Json;
use rocket::tokio::{select, time};
use rocket::{Shutdown, State, get};
use serde::Serialize;

use crate::pages::sync::run::RunPage;
use crate::pages::sync::{Asked, Progress, run_of};
use crate::store::Store;
use crate::store::runs::{Level, Line, Run, RunEntity, Status};
use crate::sync::Handle;
use crate::web;

/// How often who watches is told of the progress.
const BEAT: std::time::Duration = std::time::Duration::from_millis(500);

/// A run, whether it goes on or has ended.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunRow {
    id: i64,
    status: Status,
    trigger: String,
    forced: bool,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    entities: Vec<EntityRow>,
}

/// What a run did, or does, to one entity.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EntityRow {
    entity_type: String,
    status: Status,
    /// What it is doing now, in words.
    doing: Option<String>,
    /// Share that is done, where it can be known.
    done: Option<f64>,
    left_secs: Option<f64>,
    rows_read: i64,
    rows_new: i64,
    rows_changed: i64,
    rows_deleted: i64,
    requests: i64,
    bytes: i64,
    waited_secs: f64,
    error_message: Option<String>,
    remedy: Option<String>,
}

/// A run with its log.
#[derive(Debug, Serialize)]
pub(super) struct RunDetail {
    #[serde(flatten)]
    run: RunRow,
    log: Vec<LogRow>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogRow {
    at: DateTime<Utc>,
    /// Null: the run as a whole.
    entity_type: Option<String>,
    level: Level,
    message: String,
}

/// How far a run is that goes on.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProgressRow {
    #[serde(flatten)]
    run: RunRow,
    /// Share of its entities that is done, 0–1.
    share: f64,
    left_secs: Option<f64>,
    rows_per_sec: Option<f64>,
}

/// A list with the number of all that there are.
#[derive(Responder)]
pub(super) struct Counted<T> {
    rows: Json<T>,
    total: Header<'static>,
}

#[get("/sync/runs?<status>&<entity>&<trigger>&<limit>&<offset>")]
pub(super) async fn list(
    status: Option<&str>,
    entity: Option<&str>,
    trigger: Option<&str>,
    limit: Option<&str>,
    offset: Option<&str>,
    store: &State<Store>,
    handle: &State<Handle>,
) -> Result<Counted<Vec<RunRow>>, web::Error> {
    let asked = Asked::parse(status, entity, trigger, limit, offset)?;
    let (store, handle) = (store.inner().clone(), handle.inner().clone());
    web::blocking(move || {
        let filter = asked.filter();
        // What goes on is newer than what has ended.
        let going_on: Vec<Run> = handle.runs().into_iter().rev().filter(|it| filter.takes(it)).collect();
        let before = i64::try_from(going_on.len()).unwrap_or_default();
        let take = |it: i64| usize::try_from(it).unwrap_or_default();
        let mut rows: Vec<Run> = going_on.into_iter().skip(take(asked.offset)).take(take(asked.limit)).collect();
        let left = asked.limit - i64::try_from(rows.len()).unwrap_or_default();
        // One row at the least is asked for, because with it comes the number of them all.
        let (ended, total) = store.read(|db| db.runs_like(&filter, left.max(1), (asked.offset - before).max(0)))?;
        rows.extend(ended.into_iter().take(take(left)));
        Ok(Counted {
            rows: Json(rows.into_iter().map(RunRow::from).collect()),
            total: Header::new("X-Total-Count", (total + before).to_string()),
        })
    })
    .await
}

#[get("/sync/runs/<id>")]
pub(super) async fn one(
    id: &str,
    store: &State<Store>,
    handle: &State<Handle>,
) -> Result<Json<RunDetail>, web::Error> {
    let id = run_of(id).map_err(|_| web::Error::NotFound("run"))?;
    let (store, handle) = (store.inner().clone(), handle.inner().clone());
    web::blocking(move || {
        let page = store.read(|db| RunPage::load(db, &handle, id, Utc::now()))?;
        let RunPage { run, lines, .. } = page.ok_or(web::Error::NotFound("run"))?;
        let log = lines.into_iter().map(|it| LogRow::from(it.line)).collect();
        Ok(Json(RunDetail { run: run.run.into(), log }))
    })
    .await
}

#[get("/sync/progress")]
pub(super) fn progress(handle: &State<Handle>) -> Json<Vec<ProgressRow>> {
    Json(how_far(handle))
}

/// Tells of the progress of all that goes on, until nothing does.
#[get("/sync/events")]
pub(super) fn events(handle: &State<Handle>, mut shutdown: Shutdown) -> EventStream![] {
    let handle = handle.inner().clone();
    EventStream! {
        let mut beat = time::interval(BEAT);
        loop {
            let runs = how_far(&handle);
            if runs.is_empty() || handle.is_paused() {
                break;
            }
            yield Event::json(&runs).event("progress");
            select! {
                _ = beat.tick() => {}
                () = &mut shutdown => return,
            }
        }
        yield Event::json(&how_far(&handle)).event("done");
    }
}

fn how_far(handle: &Handle) -> Vec<ProgressRow> {
    let now = Utc::now();
    handle.runs().into_iter().map(|it| Progress::of(it, now).into()).collect()
}

impl From<Progress> for ProgressRow {
    fn from(it: Progress) -> ProgressRow {
        ProgressRow {
            share: it.share,
            left_secs: it.left_secs,
            rows_per_sec: it.rows_per_sec,
            run: it.run.into(),
        }
    }
}

impl From<Run> for RunRow {
    fn from(it: Run) -> RunRow {
        RunRow {
            id: it.id,
            status: it.status,
            trigger: it.trigger,
            forced: it.forced,
            started_at: it.started_at,
            ended_at: it.ended_at,
            entities: it.entities.into_iter().map(EntityRow::from).collect(),
        }
    }
}

impl From<RunEntity> for EntityRow {
    fn from(it: RunEntity) -> EntityRow {
        EntityRow {
            entity_type: it.name,
            status: it.status,
            doing: it.doing,
            done: it.done,
            left_secs: it.left_secs,
            rows_read: it.rows_seen,
            rows_new: it.rows_new,
            rows_changed: it.rows_changed,
            rows_deleted: it.rows_deleted,
            requests: it.requests,
            bytes: it.bytes,
            waited_secs: it.waited_secs,
            error_message: it.error,
            remedy: it.remedy,
        }
    }
}

impl From<Line> for LogRow {
    fn from(it: Line) -> LogRow {
        LogRow { at: it.at, entity_type: it.entity, level: it.level, message: it.words }
    }
}
