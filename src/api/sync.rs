//! `/api/sync`: how everything stands, what runs and ran, what is used of the budgets; and what starts, pauses and ends it.

use crate::catalog::{self, Entity};
use crate::pages::sync::{EntityRow, cancelled, entities, named, refusal};
use crate::range::Unclear;
use crate::store::Store;
use crate::store::runs::Status;
use crate::sync::{Budget, Handle, Order, Spent, Ticket, Trigger};
use crate::web;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rocket::http::Status as HttpStatus;
use rocket::response::status::Custom;
use rocket::serde::json::Json;
use rocket::{State, get, post};
use serde::Serialize;
use utoipa::ToSchema;

/// How every entity stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Statuses {
    success: bool,
    sync_status: Vec<EntityStatus>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EntityStatus {
    entity_type: String,
    status: Standing,
    last_sync_time: Option<DateTime<Utc>>,
    record_count: i64,
    /// When a row last changed at Klaviyo, or happened; null where its rows do not tell.
    latest_update: Option<DateTime<Utc>>,
    /// How the last pass ended; unknown before the first one has.
    success: Option<bool>,
    error_message: Option<String>,
    /// What helps against the error.
    remedy: Option<String>,
    next_run: Option<DateTime<Utc>>,
}

/// How a copy stands, for programs that follow it.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Standing {
    /// Nothing was copied yet.
    Never,
    /// Its turn comes, also where a person holds it.
    Queued,
    Running,
    /// Waits for a quota of Klaviyo's.
    Parked,
    Completed,
    /// The last pass did not come to its end; `errorMessage` says why.
    Failed,
    /// The key lacks a scope, or the account the feature.
    Disabled,
}

/// That a run will do what was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Accepted {
    success: bool,
    message: String,
    run: Run,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AcceptedRun)]
struct Run {
    id: i64,
    status: Status,
    entities: Vec<String>,
}

type Answer = Result<Custom<Json<Accepted>>, web::Error>;

/// How every entity stands: when it was last copied, how many rows there are, when it is next due.
#[utoipa::path(
    get, path = "/api/sync/status", operation_id = "getSyncStatus", tag = "sync",
    responses((status = 200, description = "Every entity", body = Statuses))
)]
#[get("/sync/status")]
pub(super) async fn status(store: &State<Store>, handle: &State<Handle>) -> Result<Json<Statuses>, web::Error> {
    let (store, handle) = (store.inner().clone(), handle.inner().clone());
    web::blocking(move || {
        let sync_status = store.read(|db| {
            let latest = |it: &EntityRow| catalog::find(&it.status.name).map_or(Ok(None), |it| db.latest_update(it));
            let rows = entities(db, &handle, Utc::now())?.into_iter();
            rows.map(|it| latest(&it).map(|at| EntityStatus::of(it, at))).collect()
        })?;
        Ok(Json(Statuses { success: true, sync_status }))
    })
    .await
}

/// Begins a run over some entities, or all; one that is under way and does as much is joined.
#[utoipa::path(
    post, path = "/api/sync/all", operation_id = "startSync", tag = "sync",
    params(
        ("entities" = Option<String>, Query, description = "Names, separated by commas; all, if there are none."),
        ("force" = Option<bool>, Query, description = "Read everything again, rather than what changed."),
        ("since" = Option<String>, Query, description = "Read what changed since: a time in RFC 3339, or a day in UTC."),
    ),
    responses((status = 202, description = "The run that does it", body = Accepted))
)]
#[post("/sync/all?<entities>&<force>&<since>")]
pub(super) fn all(entities: Option<&str>, force: Option<&str>, since: Option<&str>, handle: &State<Handle>) -> Answer {
    start(named(entities.unwrap_or_default())?, force, since, handle)
}

/// Compares the events with what Klaviyo counts: the same as `POST /api/metric_aggregates/sync`.
#[utoipa::path(
    post, path = "/api/sync/reconcile", operation_id = "reconcile", tag = "sync",
    params(("force" = Option<bool>, Query, description = "Compare all of history, rather than the last days.")),
    responses((status = 202, description = "The run that does it", body = Accepted))
)]
#[post("/sync/reconcile?<force>")]
pub(super) fn reconcile(force: Option<&str>, handle: &State<Handle>) -> Answer {
    start(named("metric_aggregates")?, force, None, handle)
}

/// Begins a run over one entity, or joins one.
#[utoipa::path(
    post, path = "/api/{entity}/sync", operation_id = "startSyncOfOne", tag = "sync",
    params(
        ("entity" = String, Path, description = "Its name, as GET /api/sync/status lists it."),
        ("force" = Option<bool>, Query, description = "Read everything again, rather than what changed."),
        ("since" = Option<String>, Query, description = "Read what changed since: a time in RFC 3339, or a day in UTC."),
    ),
    responses((status = 202, description = "The run that does it", body = Accepted))
)]
#[post("/<entity>/sync?<force>&<since>")]
pub(super) fn one(entity: &str, force: Option<&str>, since: Option<&str>, handle: &State<Handle>) -> Answer {
    let entity = catalog::find(entity).ok_or_else(|| Unclear {
        parameter: "entity",
        problem: format!("there is no entity `{entity}`; GET /api/sync/status lists them"),
    })?;
    start(vec![entity], force, since, handle)
}

fn start(entities: Vec<&'static Entity>, force: Option<&str>, since: Option<&str>, handle: &Handle) -> Answer {
    let order = Order {
        entities,
        forced: flag("force", force)?,
        since: since.map(|it| instant("since", it, Utc::now())).transpose()?,
        trigger: Trigger::Api,
    };
    let ticket = handle.start(order).map_err(refusal)?;
    Ok(Custom(HttpStatus::Accepted, Json(ticket.into())))
}

/// What a wish did to the sync as a whole.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Done {
    success: bool,
    message: &'static str,
}

fn done(message: &'static str) -> Json<Done> {
    Json(Done { success: true, message })
}

/// Ends one run, or all of them; what was copied so far is kept.
#[utoipa::path(
    post, path = "/api/sync/cancel", operation_id = "cancelSync", tag = "sync",
    params(("run" = Option<i64>, Query, description = "The number of the run; all of them, without one.")),
    responses((status = 200, description = "What was done", body = Done))
)]
#[post("/sync/cancel?<run>")]
pub(super) async fn cancel(run: Option<&str>, handle: &State<Handle>) -> Result<Json<Done>, web::Error> {
    cancelled(run, handle).await?;
    Ok(done("what was copied so far is kept"))
}

/// Lets nothing go on until it is resumed.
#[utoipa::path(
    post, path = "/api/sync/pause", operation_id = "pauseSync", tag = "sync",
    responses((status = 200, description = "What was done", body = Done))
)]
#[post("/sync/pause")]
pub(super) async fn pause(handle: &State<Handle>) -> Result<Json<Done>, web::Error> {
    let handle = handle.inner().clone();
    web::blocking(move || Ok(handle.pause()?)).await?;
    Ok(done("nothing goes on until POST /api/sync/resume"))
}

/// Lets everything go on that was paused.
#[utoipa::path(
    post, path = "/api/sync/resume", operation_id = "resumeSync", tag = "sync",
    responses((status = 200, description = "What was done", body = Done))
)]
#[post("/sync/resume")]
pub(super) async fn resume(handle: &State<Handle>) -> Result<Json<Done>, web::Error> {
    let handle = handle.inner().clone();
    web::blocking(move || Ok(handle.resume()?)).await?;
    Ok(done("everything goes on where it was"))
}

/// How much of Klaviyo's rate limits is used, by endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BudgetRow {
    endpoint: String,
    /// In the last second.
    now: Spent,
    minute: Spent,
    day: Option<Spent>,
    held_until: Option<String>,
}

/// How much of Klaviyo's rate limits is used, by endpoint that was asked since the start.
#[utoipa::path(
    get, path = "/api/sync/budgets", operation_id = "getSyncBudgets", tag = "sync",
    responses((status = 200, description = "Every endpoint that was asked", body = Vec<BudgetRow>))
)]
#[get("/sync/budgets")]
pub(super) fn budgets(handle: &State<Handle>) -> Json<Vec<BudgetRow>> {
    let row = |it: Budget| BudgetRow {
        endpoint: it.endpoint,
        now: it.second,
        minute: it.minute,
        day: it.day,
        held_until: it.held_until.map(|it| it.to_rfc3339_opts(SecondsFormat::Secs, true)),
    };
    Json(handle.budgets().into_iter().map(row).collect())
}

/// Yes or no; a bare `?force` is a yes.
fn flag(parameter: &'static str, text: Option<&str>) -> Result<bool, Unclear> {
    match text {
        None | Some("false" | "0") => Ok(false),
        Some("" | "true" | "1") => Ok(true),
        Some(other) => Err(Unclear { parameter, problem: format!("“{other}” is neither true nor false") }),
    }
}

/// A time in RFC 3339, or a day, which begins at midnight UTC; not in the future.
fn instant(parameter: &'static str, text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, Unclear> {
    let midnight = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
    let time =
        DateTime::parse_from_rfc3339(text).map(|it| it.to_utc()).or_else(|_| text.parse().map(midnight)).map_err(
            |_| Unclear { parameter, problem: format!("“{text}” is neither a time in RFC 3339 nor YYYY-MM-DD") },
        )?;
    if time > now {
        return Err(Unclear { parameter, problem: format!("“{text}” is in the future") });
    }
    Ok(time)
}

impl From<Ticket> for Accepted {
    fn from(ticket: Ticket) -> Accepted {
        let message = if ticket.joined { "a run that does this is under way already" } else { "the run is queued" };
        Accepted {
            success: true,
            message: message.to_owned(),
            run: Run { id: ticket.run, status: ticket.status, entities: ticket.entities },
        }
    }
}

impl EntityStatus {
    fn of(EntityRow { status: it, next_run_at, .. }: EntityRow, latest_update: Option<DateTime<Utc>>) -> EntityStatus {
        let status = Standing::from(it.status);
        let success = match status {
            Standing::Completed => Some(true),
            Standing::Failed | Standing::Disabled => Some(false),
            _ => None,
        };
        EntityStatus {
            entity_type: it.name,
            status,
            last_sync_time: it.last_synced_at,
            record_count: it.rows,
            latest_update,
            success,
            error_message: it.error.or_else(|| ending(it.status).map(str::to_owned)),
            remedy: it.remedy,
            next_run: next_run_at,
        }
    }
}

impl From<Status> for Standing {
    fn from(status: Status) -> Standing {
        match status {
            Status::Never => Standing::Never,
            // A program that knows the states of a copy need not know the pause.
            Status::Queued | Status::Paused => Standing::Queued,
            Status::Running => Standing::Running,
            Status::Parked => Standing::Parked,
            Status::Completed => Standing::Completed,
            Status::Cancelled | Status::Failed | Status::Interrupted => Standing::Failed,
            Status::Disabled => Standing::Disabled,
        }
    }
}

/// Why a pass did not come to its end, where no error says it.
fn ending(status: Status) -> Option<&'static str> {
    match status {
        Status::Cancelled => Some("the last pass was cancelled; the next goes on where it was"),
        Status::Interrupted => Some("the process ended in the middle of the last pass; the next goes on where it was"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_understood_or_refused_by_name() {
        let now = "2026-11-21T12:00:00Z".parse().expect("a time");
        let read = |text| instant("since", text, now).map(|it| it.to_rfc3339());
        assert_eq!(read("2026-11-01T02:00:00+02:00").as_deref(), Ok("2026-11-01T00:00:00+00:00"));
        assert_eq!(read("2026-11-01").as_deref(), Ok("2026-11-01T00:00:00+00:00"));
        for text in ["yesterday", "2026-13-01", "", "2026-11-22"] {
            assert_eq!(read(text).expect_err(text).parameter, "since");
        }
    }

    #[test]
    fn a_bare_flag_is_a_yes() {
        for (text, meaning) in [(None, false), (Some(""), true), (Some("true"), true), (Some("false"), false)] {
            assert_eq!(flag("force", text), Ok(meaning));
        }
        assert_eq!(flag("force", Some("maybe")).expect_err("neither").parameter, "force");
    }
}
