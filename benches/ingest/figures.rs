//! The figures that are measured from outside, over HTTP, each beside its goal.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Scale;
use super::processes::{self, StandIn, Synced, get};

/// What is read of an account for the figures of events: their days are the account's, and their kinds the metrics'.
const ENTITIES: &[&str] = &["accounts", "metrics", "events"];

/// Klaviyo's limits of `/api/events`, and what it takes for an answer.
const PAGE: u64 = 1_000;
const PAGES_A_MINUTE: f64 = 3_500.0;
const LATENCY: Duration = Duration::from_millis(300);

/// Events that are new for an incremental run.
const NEW: u32 = 1_000;

/// Figures 1, 3 and 4: a first read without limits, its memory and its size, and a run that finds a little that is new.
pub(crate) fn unlimited(scale: Scale) {
    let (events, dir) = (scale.events(), tempfile::tempdir().expect("a directory"));
    let fake = StandIn::start(events, &[]);
    let before = fake.processor_secs();
    let first = fake.sync(ENTITIES, dir.path());
    let spent = fake.processor_secs().zip(before).map(|(now, before)| now - before);
    let read = count(first.of("events", "rows_seen"));
    println!("A first read of {read} events without limits or latency ({})", first.status);
    let a_second = read / first.took.as_secs_f64();
    figure(
        format!("{a_second:.0} events/s"),
        format!("over HTTP, {:.1} s", first.took.as_secs_f64()),
        "60,000",
        a_second >= 60e3,
    );
    if let Some(spent) = spent {
        let each = spent * 1e6 / read;
        figure(format!("{each:.1} µs"), "of the stand-in's own processor time for an event".to_owned(), "", true);
    }
    let limit = first.peak <= 512 << 20;
    figure(megabytes(first.peak), "at the most in memory, with store.memory_limit=256MB".to_owned(), "512 MB", limit);
    figure(
        format!("{:.0} bytes", size(dir.path()) / read),
        "an event on disk, empty database included".to_owned(),
        "",
        true,
    );
    profiles(&fake, scale);
    incremental(&fake, dir.path(), read);
}

/// The rest of figure 1. Its pages hold a hundred, and of those Klaviyo allows seventy-five a second.
fn profiles(fake: &StandIn, scale: Scale) {
    let dir = tempfile::tempdir().expect("a directory");
    if scale == Scale::Large {
        return;
    }
    let run = fake.sync(&["accounts", "profiles"], dir.path());
    let read = count(run.of("profiles", "rows_seen"));
    let a_second = read / run.took.as_secs_f64();
    let what = format!("{read} of them in {:.1} s; Klaviyo's limits allow 7,500/s at first", run.took.as_secs_f64());
    figure(format!("{a_second:.0} profiles/s"), what, "", true);
}

/// Figure 3, on top of a copy.
fn incremental(fake: &StandIn, data_dir: &Path, copied: f64) {
    // What happened since, so that only the thousand are new.
    fake.sync(ENTITIES, data_dir);
    fake.bustle(NEW);
    let run = fake.sync(ENTITIES, data_dir);
    let seconds = run.took.as_secs_f64();
    println!("An incremental run with {NEW} new events on top of {copied} ({})", run.status);
    figure(
        format!("{seconds:.2} s"),
        "from its start to its end, the process included".to_owned(),
        "2 s",
        seconds <= 2.0,
    );
    let of = |number| run.of("events", number);
    let what =
        format!("rows new, {} changed, {} deleted, {} read", of("rows_changed"), of("rows_deleted"), of("rows_seen"));
    figure(of("rows_new").to_string(), what, "", true);
}

/// Figure 2: Klaviyo's own limits and latency.
pub(crate) fn limited(scale: Scale) {
    let events = scale.events().min(Scale::Usual.events());
    let dir = tempfile::tempdir().expect("a directory");
    let latency = LATENCY.as_millis().to_string();
    let fake = StandIn::start(events, &["--limits", "--latency-ms", &latency]);
    let run: Synced = fake.sync(ENTITIES, dir.path());
    let read = count(run.of("events", "rows_seen"));
    let pages = (read / PAGE as f64).ceil();
    let least = pages / PAGES_A_MINUTE * 60.0 + LATENCY.as_secs_f64();
    let took = run.took.as_secs_f64();
    println!("A first read of {read} events with Klaviyo's limits and {latency} ms latency ({})", run.status);
    let what = format!("{took:.1} s, where {pages} pages take {least:.1} s at 3,500 a minute");
    figure(format!("{:.2} ×", took / least), what, "1.25 ×", took <= 1.25 * least);
    let traffic = fake.traffic();
    let refused = traffic.pointer("/statuses/429").and_then(Value::as_u64).unwrap_or_default();
    let mean = traffic["in_flight_mean"].as_f64().unwrap_or_default();
    let what =
        format!("requests in flight on average, {} at the most; {refused} were refused", traffic["in_flight_max"]);
    figure(format!("{mean:.1}"), what, "", true);
}

/// Figure 5: how long the overview takes while an account is read for the first time.
pub(crate) fn readers(scale: Scale) {
    let events = scale.events().min(Scale::Usual.events());
    let dir = tempfile::tempdir().expect("a directory");
    let fake = StandIn::start(events, &[]);
    let server = fake.serve(dir.path());
    let (mut times, mut failed) = (Vec::new(), 0);
    let start = Instant::now();
    while !is_copied(&server.address) && start.elapsed() < Duration::from_mins(10) {
        for _ in 0..10 {
            let asked = Instant::now();
            match get(&server.address, "/") {
                Some(answer) if answer.status == 200 => times.push(asked.elapsed()),
                _ => failed += 1,
            }
            // Someone who presses reload ten times a second.
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }
    times.sort();
    let at = |percent: usize| millis(times.get(times.len() * percent / 100).or(times.last()));
    println!("The overview page during a first read of {events} events, {:.0} s", start.elapsed().as_secs_f64());
    let what = format!("for 95 of 100 pages; half take {:.0} ms, the slowest {:.0} ms", at(50), at(100));
    figure(format!("{:.0} ms", at(95)), what, "150 ms", at(95) <= 150.0);
    figure(failed.to_string(), format!("of {} pages failed", times.len() + failed), "0", failed == 0);
}

fn is_copied(address: &str) -> bool {
    let answer = get(address, "/api/sync/status").map(|it| it.body).unwrap_or_default();
    let status: Value = serde_json::from_str(&answer).unwrap_or_default();
    let entities = status["syncStatus"].as_array().map(Vec::as_slice).unwrap_or_default();
    entities.iter().any(|it| it["entityType"] == "events" && it["status"] == "completed")
}

/// From `klytics demo` to an overview with revenue in it.
pub(crate) fn first_page() {
    let start = Instant::now();
    let demo = processes::demo();
    let mut with_data = None;
    while with_data.is_none() && start.elapsed() < Duration::from_mins(1) {
        let revenue = get(&demo.address, "/api/overview")
            .and_then(|it| serde_json::from_str::<Value>(&it.body).ok()?.pointer("/revenue/current")?.as_f64());
        with_data = revenue.filter(|it| *it > 0.0).map(|_| start.elapsed());
        std::thread::park_timeout(Duration::from_millis(50));
    }
    match with_data {
        Some(took) => println!("From `klytics demo` to the first page with data: {:.1} s", took.as_secs_f64()),
        None => println!("From `klytics demo` to the first page with data: not within a minute"),
    }
}

/// One line: the figure, what it is of, and its goal where there is one.
fn figure(number: String, what: String, goal: &str, reached: bool) {
    let verdict = match (goal, reached) {
        ("", _) => String::new(),
        (goal, true) => format!(" (goal {goal}: reached)"),
        (goal, false) => format!(" (goal {goal}: MISSED)"),
    };
    println!("  {number:>16}  {what}{verdict}");
}

fn count(rows: i64) -> f64 {
    rows.max(1) as f64
}

fn size(data_dir: &Path) -> f64 {
    std::fs::metadata(data_dir.join("klytics.duckdb")).map_or(0.0, |it| it.len() as f64)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", bytes as f64 / f64::from(1 << 20))
}

fn millis(time: Option<&Duration>) -> f64 {
    time.map_or(0.0, |it| it.as_secs_f64() * 1e3)
}
