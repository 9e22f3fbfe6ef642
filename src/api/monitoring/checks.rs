//! Is the server well? One check a part, each with what it saw.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::machine::{self, Cpu, Memory};
use super::{TOO_MUCH, WORRY};
use crate::causes::causes;
use crate::pages;
use crate::store::runs::Status;
use crate::store::{self, Query, Store};
use crate::sync::Handle;
use crate::web::tally::Served;
use crate::{params, query};

const SCHEMA: Query = query!("checks/schema");

pub(super) const QUERIES: &[Query] = &[SCHEMA];

/// Requests that are judged: those of the last minutes.
const LATELY: TimeDelta = TimeDelta::minutes(5);
/// Fewer requests than this say nothing.
const REQUESTS_LEAST: usize = 20;
/// Shares of requests that failed on our side.
const FAILING_WORRY: f64 = 0.02;
const FAILING_TOO_MUCH: f64 = 0.2;
/// Milliseconds in which all but five of a hundred answers have begun.
const SLOW: f64 = 1_000.0;
const TOO_SLOW: f64 = 5_000.0;
/// Milliseconds in which the database answers a question that costs nothing.
const DATABASE_SLOW: f64 = 1_000.0;
/// Bytes left on the disk.
const DISK_WORRY: u64 = 1 << 30;
const DISK_TOO_LITTLE: u64 = 100 << 20;

/// How a check came out, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::api) enum Verdict {
    Pass,
    Warn,
    Fail,
}

impl Verdict {
    /// Of a share that is in use.
    pub(super) fn of(usage: f64) -> Verdict {
        Verdict::between(usage, WORRY, TOO_MUCH)
    }

    fn between(value: f64, worry: f64, too_much: f64) -> Verdict {
        if value > too_much {
            Verdict::Fail
        } else if value > worry {
            Verdict::Warn
        } else {
            Verdict::Pass
        }
    }

    /// Of the whole server.
    pub(super) fn health(self) -> &'static str {
        match self {
            Verdict::Pass => "healthy",
            Verdict::Warn => "degraded",
            Verdict::Fail => "unhealthy",
        }
    }

    /// Of one part.
    pub(super) fn level(self) -> &'static str {
        match self {
            Verdict::Pass => "healthy",
            Verdict::Warn => "warning",
            Verdict::Fail => "critical",
        }
    }
}

/// One part, and what was seen of it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Check {
    pub(super) status: Verdict,
    message: String,
    #[schema(value_type = Option<Object>)]
    details: Option<Value>,
}

impl Check {
    fn new(status: Verdict, message: impl Into<String>, details: Value) -> Check {
        Check { status, message: message.into(), details: Some(details) }
    }

    /// What cannot be measured here is no failure.
    fn unknown(message: &str) -> Check {
        Check { status: Verdict::Pass, message: message.to_owned(), details: None }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct Checks {
    pub(super) database: Check,
    pub(super) memory: Check,
    pub(super) cpu: Check,
    disk: Check,
    pub(super) error_rate: Check,
    pub(super) api_response_time: Check,
    pub(super) sync: Check,
}

impl Checks {
    pub(super) fn all(
        store: &Store,
        handle: &Handle,
        requests: &[Served],
        cpu: Option<Cpu>,
        now: DateTime<Utc>,
    ) -> Checks {
        let lately: Vec<&Served> =
            requests.iter().filter(|it| it.timestamp > now - LATELY && !watches(&it.endpoint)).collect();
        Checks {
            database: database(store),
            memory: machine::memory().map_or_else(|| Check::unknown("memory is not measured here"), memory),
            cpu: cpu.map_or_else(|| Check::unknown("not measured yet"), processors),
            disk: disk(store),
            error_rate: error_rate(&lately),
            api_response_time: response_time(&lately),
            sync: sync(store, handle, now),
        }
    }

    pub(super) fn worst(&self) -> Verdict {
        let all = [
            &self.database,
            &self.memory,
            &self.cpu,
            &self.disk,
            &self.error_rate,
            &self.api_response_time,
            &self.sync,
        ];
        all.map(|it| it.status).into_iter().max().unwrap_or(Verdict::Pass)
    }
}

/// Whoever watches does not count: an unhealthy answer would make the next one worse.
fn watches(endpoint: &str) -> bool {
    endpoint.starts_with("/api/monitoring") || endpoint.starts_with("/api/health") || endpoint == "/metrics"
}

/// The number of the last migration.
pub(super) fn schema(store: &Store) -> Result<i64, store::Error> {
    store.read(|db| db.value(SCHEMA, params! {}))
}

fn database(store: &Store) -> Check {
    let start = Instant::now();
    match schema(store) {
        Ok(schema) => {
            let millis = start.elapsed().as_secs_f64() * 1e3;
            let details = json!({ "schema": schema, "responseTime": millis, "size": store.size() });
            Check::new(Verdict::between(millis, DATABASE_SLOW, f64::INFINITY), "the database answers", details)
        }
        Err(error) => {
            log::error!("the database does not answer: {}", causes(&error));
            Check { status: Verdict::Fail, message: "the database does not answer".to_owned(), details: None }
        }
    }
}

fn memory(memory: Memory) -> Check {
    let details = json!({ "total": memory.total, "resident": memory.resident, "usage": memory.share() });
    Check::new(Verdict::of(memory.share()), "memory of this process, against what it may have", details)
}

/// A busy machine is slow and not broken: this never fails.
fn processors(cpu: Cpu) -> Check {
    let details = json!({ "usage": cpu.usage, "process": cpu.own, "loadAvg": machine::load_average() });
    Check::new(Verdict::of(cpu.usage).min(Verdict::Warn), "processors, over the last seconds", details)
}

fn disk(store: &Store) -> Check {
    let Some(directory) = store.directory() else { return Check::unknown("the database is in memory") };
    match machine::disk(directory) {
        Ok(disk) => {
            let status = match disk.free {
                free if free < DISK_TOO_LITTLE => Verdict::Fail,
                free if free < DISK_WORRY => Verdict::Warn,
                _ => Verdict::Pass,
            };
            let details = json!({ "total": disk.total, "free": disk.free, "database": store.size() });
            Check::new(status, "room on the disk of the database", details)
        }
        Err(error) => Check { status: Verdict::Warn, message: error.to_string(), details: None },
    }
}

fn error_rate(lately: &[&Served]) -> Check {
    let failed = lately.iter().filter(|it| it.status_code >= 500).count();
    let rate = if lately.is_empty() { 0.0 } else { failed as f64 / lately.len() as f64 };
    let details = json!({ "requests": lately.len(), "failed": failed, "rate": rate });
    let verdict = Verdict::between(rate, FAILING_WORRY, FAILING_TOO_MUCH);
    Check::new(if_enough(lately, verdict), "requests of the last five minutes that failed on our side", details)
}

fn response_time(lately: &[&Served]) -> Check {
    let mut times: Vec<f64> =
        lately.iter().filter(|it| it.endpoint.starts_with("/api/")).map(|it| it.response_time).collect();
    times.sort_by(f64::total_cmp);
    // The time that 95 of 100 did not exceed.
    let p95 = times.get((times.len() * 95).div_ceil(100).saturating_sub(1)).copied();
    let details = json!({ "requests": times.len(), "p95": p95 });
    let verdict = Verdict::between(p95.unwrap_or(0.0), SLOW, TOO_SLOW);
    let verdict = if times.len() < REQUESTS_LEAST { Verdict::Pass } else { verdict };
    Check::new(verdict, "milliseconds until answers of the API began, in the last five minutes", details)
}

fn if_enough(lately: &[&Served], verdict: Verdict) -> Verdict {
    if lately.len() < REQUESTS_LEAST { Verdict::Pass } else { verdict }
}

/// Old data is a worry of its reader, and no reason to take the server away.
fn sync(store: &Store, handle: &Handle, now: DateTime<Utc>) -> Check {
    match store.read(|db| pages::standing(db, handle, now)) {
        Ok(standing) => {
            // Reports, which take long, keep nobody waiting, but they run.
            let running = handle.runs().iter().any(|it| it.status == Status::Running);
            let details = json!({ "lastSyncedAt": standing.last_synced_at, "running": running });
            let no_key = (!standing.has_key).then(|| "no Klaviyo API key is set, so nothing is copied".to_owned());
            match standing.stale.or(no_key) {
                Some(trouble) => Check::new(Verdict::Warn, trouble, details),
                None if standing.last_synced_at.is_none() => {
                    Check::new(Verdict::Pass, "no sync has come to its end yet", details)
                }
                None => Check::new(Verdict::Pass, "the copy is as current as it should be", details),
            }
        }
        Err(_) => Check { status: Verdict::Fail, message: "the database does not answer".to_owned(), details: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(status_code: u16, response_time: f64) -> Served {
        let endpoint = "/api/campaigns".to_owned();
        Served { endpoint, method: "GET", status_code, response_time, timestamp: DateTime::UNIX_EPOCH }
    }

    #[test]
    fn failures_and_slowness_are_judged_once_there_are_enough() {
        for (failed, of, want) in
            [(10, 19, Verdict::Pass), (1, 100, Verdict::Pass), (5, 100, Verdict::Warn), (30, 100, Verdict::Fail)]
        {
            let all: Vec<_> = (0..of).map(|at| served(if at < failed { 500 } else { 200 }, 1.0)).collect();
            assert_eq!(error_rate(&all.iter().collect::<Vec<_>>()).status, want, "{failed} of {of}");
        }
        for (slow, want) in [(5, Verdict::Pass), (6, Verdict::Fail)] {
            let all: Vec<_> = (0..100).map(|at| served(200, if at < slow { 6_000.0 } else { 1.0 })).collect();
            assert_eq!(response_time(&all.iter().collect::<Vec<_>>()).status, want, "{slow} of 100");
        }
    }

    #[test]
    fn memory_is_judged_against_what_the_process_may_have() {
        for (resident, want) in [(80, Verdict::Pass), (81, Verdict::Warn), (91, Verdict::Fail)] {
            assert_eq!(memory(Memory { total: 100, resident, free: 100 - resident }).status, want, "{resident}");
        }
        assert_eq!(processors(Cpu { usage: 1.0, own: 1.0 }).status, Verdict::Warn);
    }

    #[test]
    fn whoever_watches_does_not_count() {
        for endpoint in ["/api/monitoring/health", "/api/health/ready", "/metrics"] {
            assert!(watches(endpoint), "{endpoint}");
        }
        assert!(!watches("/api/metrics"));
    }
}
