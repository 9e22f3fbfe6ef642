//! Every figure that `/metrics` tells, from where it is counted.

use std::sync::Arc;

use super::exposition::{Exposition, Kind};
use super::machine::{self, Machine};
use crate::histogram::Histogram;
use crate::store::runs::EntityStatus;
use crate::store::{self, Store};
use crate::sync::Handle;
use crate::web::cache::Stats;
use crate::web::tally::Answered;

/// What the figures come from.
pub(super) struct Sources {
    pub(super) store: Store,
    pub(super) handle: Handle,
    pub(super) machine: Arc<Machine>,
    pub(super) answers: Vec<(Answered, u64)>,
    pub(super) times: Vec<((&'static str, String), Histogram)>,
    pub(super) cache: Stats,
}

impl Sources {
    pub(super) fn text(&self) -> Result<String, store::Error> {
        let mut out = Exposition::default();
        self.process(&mut out);
        self.http(&mut out);
        self.database(&mut out);
        self.runs(&mut out);
        self.passes(&mut out);
        let (statuses, waiting) = self.store.read(|db| Ok((db.statuses()?, db.waiting_deliveries()?)))?;
        entities(&mut out, &statuses);
        self.budgets(&mut out);
        self.webhooks(&mut out, waiting);
        Ok(out.text())
    }

    fn process(&self, out: &mut Exposition) {
        let version = env!("CARGO_PKG_VERSION");
        let mut build = out.family("klytics_build_info", Kind::Gauge, "Always 1; the label says which version runs.");
        build.add(&[("version", version)], 1.0);
        let started = self.machine.started_at.timestamp_millis() as f64 / 1e3;
        out.family("process_start_time_seconds", Kind::Gauge, "When the process started, in Unix time.")
            .add(&[], started);
        if let Some(seconds) = machine::own_seconds() {
            out.family("process_cpu_seconds_total", Kind::Counter, "Processor time that the process has used.")
                .add(&[], seconds);
        }
        if let Some(memory) = machine::memory() {
            out.family("process_resident_memory_bytes", Kind::Gauge, "Memory that the process occupies.")
                .add(&[], memory.resident as f64);
            out.family("klytics_memory_limit_bytes", Kind::Gauge, "Memory that the process may have.")
                .add(&[], memory.total as f64);
        }
    }

    fn http(&self, out: &mut Exposition) {
        let mut family =
            out.family("klytics_http_requests_total", Kind::Counter, "Requests that were answered, by route.");
        for (it, count) in &self.answers {
            let status = it.status.to_string();
            family.add(&[("method", it.method), ("endpoint", &it.endpoint), ("status", &status)], *count as f64);
        }
        let help = "How long answers took to begin, by route.";
        let mut family = out.family("klytics_http_request_duration_seconds", Kind::Histogram, help);
        for ((method, endpoint), times) in &self.times {
            family.histogram(&[("method", method), ("endpoint", endpoint)], times);
        }
    }

    fn database(&self, out: &mut Exposition) {
        if let Some(size) = self.store.size() {
            out.family("klytics_database_size_bytes", Kind::Gauge, "Size of the database file.").add(&[], size as f64);
        }
        if let Some(disk) = self.store.directory().and_then(|it| machine::disk(it).ok()) {
            out.family("klytics_disk_free_bytes", Kind::Gauge, "Room left on the disk of the database.")
                .add(&[], disk.free as f64);
        }
        let help = "How long each named query took.";
        let mut family = out.family("klytics_query_duration_seconds", Kind::Histogram, help);
        for (query, times) in self.store.timings() {
            family.histogram(&[("query", query)], &times);
        }
        let Stats { hits, misses, entries, bytes } = self.cache;
        out.family("klytics_cache_hits_total", Kind::Counter, "Answers that the cache had.").add(&[], hits as f64);
        out.family("klytics_cache_misses_total", Kind::Counter, "Answers that the cache did not have.")
            .add(&[], misses as f64);
        out.family("klytics_cache_entries", Kind::Gauge, "Answers in the cache.").add(&[], entries as f64);
        out.family("klytics_cache_bytes", Kind::Gauge, "Bytes of the answers in the cache.").add(&[], bytes as f64);
    }

    fn runs(&self, out: &mut Exposition) {
        let mut family = out.family("klytics_sync_runs_total", Kind::Counter, "Runs that ended, by how.");
        for (status, count) in self.handle.tallies().runs {
            family.add(&[("status", status)], count as f64);
        }
    }

    fn passes(&self, out: &mut Exposition) {
        let entities = self.handle.tallies().entities;
        let mut family =
            out.family("klytics_sync_rows_total", Kind::Counter, "Rows read from Klaviyo, and what became of them.");
        for (entity, it) in &entities {
            let changes = [
                ("seen", it.rows_seen),
                ("new", it.rows_new),
                ("changed", it.rows_changed),
                ("deleted", it.rows_deleted),
            ];
            for (change, count) in changes {
                family.add(&[("entity", entity), ("change", change)], count as f64);
            }
        }
        let mut family = out.family("klytics_sync_requests_total", Kind::Counter, "Requests sent to Klaviyo.");
        for (entity, it) in &entities {
            family.add(&[("entity", entity)], it.requests as f64);
        }
        let mut family =
            out.family("klytics_sync_received_bytes_total", Kind::Counter, "Bytes read from Klaviyo, unpacked.");
        for (entity, it) in &entities {
            family.add(&[("entity", entity)], it.bytes as f64);
        }
        let help = "Time spent waiting for rate limits and between tries.";
        let mut family = out.family("klytics_sync_waited_seconds_total", Kind::Counter, help);
        for (entity, it) in &entities {
            family.add(&[("entity", entity)], it.waited_secs);
        }
        let mut family =
            out.family("klytics_sync_passes_total", Kind::Counter, "Passes over an entity that ended, by how.");
        for (entity, it) in &entities {
            for (status, count) in &it.ended {
                family.add(&[("entity", entity), ("status", status)], *count as f64);
            }
        }
        let mut family = out.family("klytics_sync_errors_total", Kind::Counter, "Passes over an entity that failed.");
        for (entity, it) in &entities {
            let failed = ["failed", "disabled"].iter().filter_map(|status| it.ended.get(status)).sum::<u64>();
            family.add(&[("entity", entity)], failed as f64);
        }
        let mut family = out.family("klytics_sync_pass_duration_seconds", Kind::Histogram, "How long passes took.");
        for (entity, it) in &entities {
            family.histogram(&[("entity", entity)], &it.passes);
        }
    }

    fn budgets(&self, out: &mut Exposition) {
        let budgets = self.handle.budgets();
        let spans = || {
            budgets.iter().flat_map(|it| {
                let spans = [("second", Some(it.second)), ("minute", Some(it.minute)), ("day", it.day)];
                spans.into_iter().filter_map(|(span, spent)| Some((it.endpoint.as_str(), span, spent?)))
            })
        };
        let mut family = out.family(
            "klytics_budget_used",
            Kind::Gauge,
            "Requests sent to an endpoint in the last second, minute or day.",
        );
        for (endpoint, span, spent) in spans() {
            family.add(&[("endpoint", endpoint), ("span", span)], spent.used as f64);
        }
        let mut family = out.family("klytics_budget_limit", Kind::Gauge, "Requests that are allowed in that time.");
        for (endpoint, span, spent) in spans() {
            family.add(&[("endpoint", endpoint), ("span", span)], spent.limit as f64);
        }
    }

    fn webhooks(&self, out: &mut Exposition, waiting: i64) {
        let tally = self.handle.deliveries();
        let help = "Deliveries of webhooks, by what became of them.";
        let mut family = out.family("klytics_webhook_deliveries_total", Kind::Counter, help);
        for (outcome, count) in &tally.deliveries {
            family.add(&[("outcome", outcome)], *count as f64);
        }
        let help = "Events that were added because a webhook delivered them.";
        out.family("klytics_webhook_events_total", Kind::Counter, help).add(&[], tally.events as f64);
        out.family("klytics_webhook_waiting", Kind::Gauge, "Deliveries that were accepted and are not taken over yet.")
            .add(&[], waiting as f64);
    }
}

/// What is in the database survives a restart, so it is not counted but looked up.
fn entities(out: &mut Exposition, statuses: &[EntityStatus]) {
    let mut family = out.family("klytics_entity_rows", Kind::Gauge, "Rows of an entity, as of its last pass.");
    for it in statuses {
        family.add(&[("entity", &it.name)], it.rows as f64);
    }
    let help = "When a pass over an entity last ended well, in Unix time.";
    let mut family = out.family("klytics_sync_last_success_timestamp_seconds", Kind::Gauge, help);
    for it in statuses {
        if let Some(at) = it.last_synced_at {
            family.add(&[("entity", &it.name)], at.timestamp_millis() as f64 / 1e3);
        }
    }
}
