//! How the server itself is: whether it is well, what it was asked, what failed, and figures for Prometheus.

mod checks;
mod exposition;
mod machine;
mod prometheus;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rocket::fairing::AdHoc;
use rocket::http::{ContentType, Header, Status};
use rocket::response::{self, Responder, Response};
use rocket::serde::json::Json;
use rocket::{Request, State, get, routes};
use serde::Serialize;
use utoipa::ToSchema;

use self::checks::{Checks, Verdict};
use self::machine::Machine;
use crate::pages::Desk;
use crate::store::{Query, Store};
use crate::sync::Handle;
use crate::web::cache::Stats;
use crate::web::tally::{Fault, Served, Tally};
use crate::web::{self, Error};

pub(super) const QUERIES: &[Query] = checks::QUERIES;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Shares above which processors and memory are a worry, and a failure.
const WORRY: f64 = 0.8;
const TOO_MUCH: f64 = 0.9;
/// Share of answers that the cache has to have, to be well, and to be of use.
const CACHE_GOOD: f64 = 0.8;
const CACHE_FAIR: f64 = 0.5;
/// Fewer questions than this say nothing of a cache.
const CACHE_LEAST: u64 = 20;

/// Mounts the monitoring endpoints, and `/metrics`.
pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("monitoring", |rocket| async {
        rocket
            .attach(machine::Watch)
            .mount("/api", routes![ready])
            .mount("/api/monitoring", routes![health, metrics, api_metrics, errors, status])
            .mount("/", routes![scrape])
    })
}

/// No answer about how things stand now is kept.
pub(super) struct Fresh<T>(Status, T);

impl<'r, T: Responder<'r, 'static>> Responder<'r, 'static> for Fresh<T> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build_from(self.1.respond_to(request)?);
        response.status(self.0).header(Header::new("Cache-Control", "no-store")).ok()
    }
}

pub(super) type Answer<T> = Result<Fresh<Json<T>>, Error>;

/// That the database answers and is as this version wants it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringReady)]
pub(super) struct Ready {
    status: &'static str,
    /// The last migration of the database.
    schema: i64,
}

/// Whether the database answers, and is as this version wants it; else 503.
#[utoipa::path(
    get, path = "/api/health/ready", operation_id = "ready", tag = "monitoring",
    responses((status = 200, description = "It does", body = Ready))
)]
#[get("/health/ready")]
pub(super) async fn ready(store: &State<Store>) -> Answer<Ready> {
    let store = store.inner().clone();
    let schema = web::aside(move || Ok(checks::schema(&store))).await?;
    let schema = schema.map_err(|error| {
        log::error!("the database is not ready: {}", crate::causes::causes(&error));
        Error::Busy("the database does not answer".to_owned())
    })?;
    Ok(Fresh(Status::Ok, Json(Ready { status: "ready", schema })))
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringHealth)]
pub(super) struct Health {
    status: &'static str,
    timestamp: DateTime<Utc>,
    checks: Checks,
    version: &'static str,
    /// Seconds.
    uptime: u64,
}

/// Whether all is well, check by check; 503 where it is not.
#[utoipa::path(
    get, path = "/api/monitoring/health", operation_id = "monitoringHealth", tag = "monitoring",
    responses(
        (status = 200, description = "Healthy or degraded", body = Health),
        (status = 503, description = "Unhealthy", body = Health)
    )
)]
#[get("/health")]
pub(super) async fn health(
    store: &State<Store>,
    handle: &State<Handle>,
    tally: &State<Tally>,
    machine: &State<Arc<Machine>>,
) -> Answer<Health> {
    let now = Utc::now();
    let (requests, cpu, uptime) = (tally.requests(), machine.cpu(), machine.uptime().as_secs());
    let (store, handle) = (store.inner().clone(), handle.inner().clone());
    web::aside(move || {
        let checks = Checks::all(&store, &handle, &requests, cpu, now);
        let verdict = checks.worst();
        let (code, status) = match verdict {
            Verdict::Pass => (Status::Ok, "healthy"),
            Verdict::Warn => (Status::Ok, "degraded"),
            Verdict::Fail => (Status::ServiceUnavailable, "unhealthy"),
        };
        Ok(Fresh(code, Json(Health { status, timestamp: now, checks, version: VERSION, uptime })))
    })
    .await
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringMetrics)]
pub(super) struct Metrics {
    system: System,
    cache: Cache,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringSystem)]
pub(super) struct System {
    timestamp: DateTime<Utc>,
    cpu: Cpu,
    memory: Memory,
    uptime: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringCpu)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cpu {
    /// Share of all processors over the last seconds, 0–1; unknown in the first.
    usage: Option<f64>,
    load_avg: Option<[f64; 3]>,
    /// This process's part of `usage`.
    process: Option<f64>,
}

/// In bytes; of what this process may have.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringMemory)]
pub(super) struct Memory {
    total: Option<u64>,
    /// What it may have still, with what other processes hold taken off.
    free: Option<u64>,
    /// Share that this process occupies, 0–1.
    usage: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringCache)]
pub(super) struct Cache {
    hits: u64,
    misses: u64,
    /// Hits of all questions; unknown before the first.
    ratio: Option<f64>,
    size: u64,
    timestamp: DateTime<Utc>,
}

impl Cache {
    fn of(Stats { hits, misses, entries, .. }: Stats, now: DateTime<Utc>) -> Cache {
        let all = hits + misses;
        Cache { hits, misses, ratio: (all > 0).then(|| hits as f64 / all as f64), size: entries, timestamp: now }
    }
}

/// The machine and the cache.
#[utoipa::path(
    get, path = "/api/monitoring/metrics", operation_id = "monitoringMetrics", tag = "monitoring",
    responses((status = 200, description = "As it stands now", body = Metrics))
)]
#[get("/metrics")]
pub(super) fn metrics(machine: &State<Arc<Machine>>, desk: &State<Desk>) -> Fresh<Json<Metrics>> {
    let now = Utc::now();
    let (cpu, memory) = (machine.cpu(), machine::memory());
    let system = System {
        timestamp: now,
        cpu: Cpu { usage: cpu.map(|it| it.usage), load_avg: machine::load_average(), process: cpu.map(|it| it.own) },
        memory: Memory {
            total: memory.map(|it| it.total),
            free: memory.map(|it| it.free),
            usage: memory.map(|it| it.share()),
        },
        uptime: machine.uptime().as_secs(),
    };
    Fresh(Status::Ok, Json(Metrics { system, cache: Cache::of(desk.cache.stats(), now) }))
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringApiMetrics)]
pub(super) struct ApiMetrics {
    metrics: Vec<Served>,
    summary: ApiSummary,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringApiSummary)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiSummary {
    count: usize,
    /// Milliseconds; null where there is none.
    avg_response_time: Option<f64>,
    /// How often each status was answered, by its number.
    status_codes: BTreeMap<String, usize>,
}

/// The latest thousand requests, newest first; with `endpoint` those whose template holds that text.
#[utoipa::path(
    get, path = "/api/monitoring/api-metrics", operation_id = "monitoringApiMetrics", tag = "monitoring",
    params(("endpoint" = Option<String>, Query, description = "Part of a route, such as campaigns.")),
    responses((status = 200, description = "Requests, newest first, and what they sum up to", body = ApiMetrics))
)]
#[get("/api-metrics?<endpoint>")]
pub(super) fn api_metrics(endpoint: Option<&str>, tally: &State<Tally>) -> Fresh<Json<ApiMetrics>> {
    let mut metrics = tally.requests();
    metrics.retain(|it| endpoint.is_none_or(|part| it.endpoint.contains(part)));
    let mut status_codes = BTreeMap::new();
    for it in &metrics {
        *status_codes.entry(it.status_code.to_string()).or_default() += 1;
    }
    let time: f64 = metrics.iter().map(|it| it.response_time).sum();
    let avg_response_time = (!metrics.is_empty()).then(|| time / metrics.len() as f64);
    let summary = ApiSummary { count: metrics.len(), avg_response_time, status_codes };
    Fresh(Status::Ok, Json(ApiMetrics { metrics, summary }))
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringErrors)]
pub(super) struct Errors {
    errors: Vec<Fault>,
    summary: ErrorSummary,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringErrorSummary)]
pub(super) struct ErrorSummary {
    count: usize,
    groups: Vec<Group>,
}

/// Failures that say the same.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringGroup)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    message: String,
    count: usize,
    last_occurred: DateTime<Utc>,
}

/// The latest hundred requests that failed on our side, newest first. What caused them is in the log, not here.
#[utoipa::path(
    get, path = "/api/monitoring/errors", operation_id = "monitoringErrors", tag = "monitoring",
    responses((status = 200, description = "Failures, newest first, and how often each", body = Errors))
)]
#[get("/errors")]
pub(super) fn errors(tally: &State<Tally>) -> Fresh<Json<Errors>> {
    let errors = tally.faults();
    let mut groups: Vec<Group> = Vec::new();
    for it in &errors {
        match groups.iter_mut().find(|group| group.message == it.message) {
            Some(group) => group.count += 1,
            None => groups.push(Group { message: it.message.clone(), count: 1, last_occurred: it.timestamp }),
        }
    }
    let summary = ErrorSummary { count: errors.len(), groups };
    Fresh(Status::Ok, Json(Errors { errors, summary }))
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringOverall)]
pub(super) struct Overall {
    status: &'static str,
    uptime: u64,
    version: &'static str,
    timestamp: DateTime<Utc>,
    resources: Resources,
    services: Services,
    cache: CacheState,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringResources)]
pub(super) struct Resources {
    cpu: Resource,
    memory: Resource,
}

/// A share that is in use, 0–1, and what to think of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringResource)]
pub(super) struct Resource {
    usage: Option<f64>,
    status: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringServices)]
pub(super) struct Services {
    database: &'static str,
    api: &'static str,
    sync: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitoringCacheState)]
#[serde(rename_all = "camelCase")]
pub(super) struct CacheState {
    hit_ratio: Option<f64>,
    status: &'static str,
}

impl CacheState {
    fn of(Cache { hits, misses, ratio, .. }: Cache) -> CacheState {
        let status = match ratio {
            Some(_) if hits + misses < CACHE_LEAST => "unknown",
            Some(ratio) if ratio > CACHE_GOOD => "healthy",
            Some(ratio) if ratio > CACHE_FAIR => "warning",
            Some(_) => "critical",
            None => "unknown",
        };
        CacheState { hit_ratio: ratio, status }
    }
}

/// All of it in short.
#[utoipa::path(
    get, path = "/api/monitoring/status", operation_id = "monitoringStatus", tag = "monitoring",
    responses((status = 200, description = "How the server, its parts and its resources stand", body = Overall))
)]
#[get("/status")]
pub(super) async fn status(desk: &State<Desk>, tally: &State<Tally>, machine: &State<Arc<Machine>>) -> Answer<Overall> {
    let now = Utc::now();
    let (requests, cpu, uptime) = (tally.requests(), machine.cpu(), machine.uptime().as_secs());
    let cache = CacheState::of(Cache::of(desk.cache.stats(), now));
    let (store, handle) = (desk.store.clone(), desk.handle.clone());
    web::aside(move || {
        let checks = Checks::all(&store, &handle, &requests, cpu, now);
        let memory = machine::memory().map(|it| it.share());
        let resource = |usage: Option<f64>, status: Verdict| Resource {
            usage,
            status: usage.map_or("unknown", |_| status.level()),
        };
        let overall = Overall {
            status: checks.worst().health(),
            uptime,
            version: VERSION,
            timestamp: now,
            resources: Resources {
                cpu: resource(cpu.map(|it| it.usage), checks.cpu.status),
                memory: resource(memory, checks.memory.status),
            },
            services: Services {
                database: checks.database.status.level(),
                api: checks.error_rate.status.max(checks.api_response_time.status).level(),
                sync: checks.sync.status.level(),
            },
            cache,
        };
        Ok(Fresh(Status::Ok, Json(overall)))
    })
    .await
}

/// Figures in Prometheus' text format.
#[utoipa::path(
    get, path = "/metrics", operation_id = "scrape", tag = "monitoring",
    responses((status = 200, description = "Every figure, in the text format 0.0.4", body = String, content_type = "text/plain"))
)]
#[get("/metrics")]
pub(super) async fn scrape(
    desk: &State<Desk>,
    tally: &State<Tally>,
    machine: &State<Arc<Machine>>,
) -> Result<Fresh<(ContentType, String)>, Error> {
    let (answers, times, cache) = (tally.answers(), tally.times(), desk.cache.stats());
    let (store, handle, machine) = (desk.store.clone(), desk.handle.clone(), Arc::clone(machine));
    web::aside(move || {
        let text = prometheus::Sources { store, handle, machine, answers, times, cache }.text()?;
        let kind = ContentType::new("text", "plain").with_params([("version", "0.0.4"), ("charset", "utf-8")]);
        Ok(Fresh(Status::Ok, (kind, text)))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_is_judged_once_it_was_asked_enough() {
        let status = |hits, misses| {
            let stats = Stats { hits, misses, ..Stats::default() };
            CacheState::of(Cache::of(stats, DateTime::UNIX_EPOCH)).status
        };
        let seen = [status(0, 0), status(0, 19), status(5, 15), status(12, 8), status(18, 2)];
        assert_eq!(seen, ["unknown", "unknown", "critical", "warning", "healthy"]);
    }
}
