//! How fast pages and their API answer over an account of a million events, or ten with `--large`: figures, not assertions.
//!
//! `script/bench pages` runs it. The real application serves over HTTP on loopback, with 256 MB for the database and two
//! threads. Every figure is of this run on this machine.

#[path = "pages/account.rs"]
mod account;
#[path = "pages/http.rs"]
mod http;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use http::{Answer, Client};
use klytics::app::{self, Parts};
use klytics::catalog::EVENTS;
use klytics::config;
use klytics::pages::PAGES;
use klytics::params;
use klytics::store::{Cell, Format, Options, Record, Store, Window};
use klytics::sync;
use rocket::Shutdown;
use serde_json::Value;

const MEMORY: u64 = 256 << 20;
const THREADS: usize = 2;

/// How often each address is asked without the cache of answers.
const TIMES: usize = 12;

/// Clients that keep their connections, and for how long they ask.
const CLIENTS: usize = 32;
const RUSH: Duration = Duration::from_secs(5);

const RANGES: &[&str] = &["last-30-days", "last-365-days", "all"];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let has = |name: &str| arguments.iter().any(|it| it == name);
    let events = if has("--large") {
        10_000_000
    } else if has("--small") {
        50_000
    } else {
        1_000_000
    };
    // With `--in <directory>` the account is kept there, and used again.
    let kept = arguments.iter().position(|it| it == "--in").and_then(|it| arguments.get(it + 1)).map(PathBuf::from);
    let passing = tempfile::tempdir().expect("a directory");
    let directory = kept.unwrap_or_else(|| passing.path().to_owned());
    let end = DateTime::from_timestamp(Utc::now().timestamp(), 0).expect("a time");
    println!(
        "About {events} events, {} profiles, 600 campaigns, 60 flows, {THREADS} threads, {} MB:",
        account::PROFILES,
        MEMORY >> 20
    );
    if !directory.join("klytics.duckdb").exists() {
        account::fill(&open(&directory), events, end);
    }
    let addresses = cold(&directory);
    warm(&directory, &addresses);
    unchanged(&directory, &addresses);
    file(&directory);
    let store = open(&directory);
    for number in 0..3 {
        let start = Instant::now();
        window(&store, end, number);
        println!("  {:>9.0} ms to replace a window by one with 1,000 events more", millis(start.elapsed()));
    }
}

fn open(directory: &Path) -> Store {
    Store::open(directory, &Options { memory_limit: MEMORY, threads: THREADS }).expect("a store")
}

/// The application on a port of its own.
struct Server {
    address: String,
    shutdown: Shutdown,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(store: Store, directory: &Path, cached: bool) -> Server {
        let handle =
            sync::Handle::new(store.clone(), None, sync::Options::default(), Utc::now).expect("a sync at rest");
        let cache = config::Cache { enabled: cached, ..config::Cache::default() };
        let parts = Parts {
            store,
            handle,
            scheduled: false,
            hosts: Vec::new(),
            api: config::Api::default(),
            cache,
            data_dir: directory.to_owned(),
        };
        let figment = rocket::Config::figment()
            .merge(("port", 0))
            .merge(("log_level", "off"))
            .merge(("workers", THREADS))
            .merge(("keep_alive", 60));
        let (announce, announced) = mpsc::channel();
        let (sender, receiver) = mpsc::channel();
        let server =
            app::build(figment, parts, move |url| announce.send(url.to_owned()).unwrap_or_default()).expect("a server");
        let thread = std::thread::spawn(move || {
            rocket::execute(async move {
                let server = server.ignite().await.expect("a server that ignites");
                sender.send(server.shutdown()).expect("somebody who waits");
                server.launch().await.expect("a server that launches");
            });
        });
        let shutdown = receiver.recv().expect("a server that ignites");
        let address = announced.recv().expect("a server that launches").trim_start_matches("http://").to_owned();
        Server { address, shutdown, thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.clone().notify();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Where something is asked, and whether it can be asked of days.
struct Address {
    path: String,
    takes_range: bool,
}

impl Address {
    fn over(&self, range: &str) -> String {
        if self.takes_range { format!("{}?range={range}", self.path) } else { self.path.clone() }
    }
}

/// Every page and every question of the API that needs no more than its address; of pages about one thing the first.
fn addresses(client: &mut Client) -> Vec<Address> {
    let mut all = vec!["/".to_owned()];
    for page in PAGES {
        let Some(listing) = page.path.strip_suffix("<id>") else {
            all.push(page.path.to_owned());
            continue;
        };
        let answer = client.get(&format!("/api/pages{}?range=all", listing.trim_end_matches('/')), &[]);
        let view: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let tables = view["blocks"].as_array().into_iter().flatten().map(|it| &it["content"]);
        let table = tables.into_iter().find(|it| it["link"] == listing);
        let id = table.and_then(|it| it["rows"][0]["id"].as_str());
        all.extend(id.map(|id| format!("{listing}{id}")));
    }
    let described: Value = serde_json::from_slice(&client.get("/api/openapi.json", &[]).body).expect("a description");
    let paths = described["paths"].as_object().expect("paths");
    let asked = |it: &&String| {
        !it.contains('{') && paths[*it].get("get").is_some() && !it.contains("/sync") && !it.contains("/events")
    };
    let takes_range = |path: &str| {
        let parameters = paths.get(path).and_then(|it| it["get"]["parameters"].as_array());
        parameters.is_none_or(|it| it.iter().any(|it| it["name"] == "range"))
    };
    all.extend(paths.keys().filter(asked).cloned());
    all.into_iter().map(|path| Address { takes_range: takes_range(&path), path }).collect()
}

/// The first answer of a process to each address: nothing of the database is in memory.
fn cold(directory: &Path) -> Vec<Address> {
    println!("\nThe first answer after a start, for 30 days:");
    let all = {
        let server = Server::start(open(directory), directory, false);
        addresses(&mut Client::to(&server.address))
    };
    for path in all.iter().map(|it| &it.path).filter(|it| !it.starts_with("/api")) {
        let server = Server::start(open(directory), directory, false);
        let answer = Client::to(&server.address).get(path, &[]);
        println!("  {:>9.1} ms: {path}{}", millis(answer.time), wrong(&answer));
    }
    all
}

/// Without the cache of answers; what the database keeps of its file is warm.
fn warm(directory: &Path, addresses: &[Address]) {
    let store = open(directory);
    let server = Server::start(store.clone(), directory, false);
    let mut client = Client::to(&server.address);
    for range in RANGES {
        println!("\nWithout the cache of answers, {range}: p50, p95, compressed bytes, and the slowest query of each");
        for address in addresses {
            let (path, address) = (&address.path, address.over(range));
            let before = seconds(&store);
            let headers = [("Accept-Encoding", "gzip")];
            let answers: Vec<Answer> = (0..=TIMES).map(|_| client.get(&address, &headers)).skip(1).collect();
            let mut times: Vec<Duration> = answers.iter().map(|it| it.time).collect();
            times.sort();
            let (p50, p95) = (millis(times[TIMES / 2]), millis(times[TIMES * 19 / 20]));
            let bytes = answers[0].body.len();
            println!(
                "  {p50:>9.1} {p95:>9.1} ms {bytes:>8} B: {path}{}{}",
                slowest(&before, &store),
                wrong(&answers[0])
            );
        }
    }
    println!("\nThe slowest queries of all, by their mean:");
    let mut all: Vec<(f64, &str)> =
        store.timings().into_iter().map(|(name, it)| (it.seconds() / it.count() as f64, name)).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (mean, name) in all.iter().take(15) {
        println!("  {:>9.1} ms: {name}", mean * 1_000.0);
    }
}

/// How long every query took so far.
fn seconds(store: &Store) -> BTreeMap<&'static str, f64> {
    store.timings().into_iter().map(|(name, it)| (name, it.seconds())).collect()
}

fn slowest(before: &BTreeMap<&'static str, f64>, store: &Store) -> String {
    let more = seconds(store).into_iter().map(|(name, it)| (it - before.get(name).copied().unwrap_or_default(), name));
    let worst = more.max_by(|a, b| a.0.total_cmp(&b.0));
    let each = |it: f64| it * 1_000.0 / (TIMES + 1) as f64;
    worst.filter(|it| it.0 > 0.0).map(|(time, name)| format!("  ({name} {:.1} ms)", each(time))).unwrap_or_default()
}

/// What most readers get: kept answers, "nothing has changed", and how many at once.
fn unchanged(directory: &Path, addresses: &[Address]) {
    let server = Server::start(open(directory), directory, true);
    let mut client = Client::to(&server.address);
    println!(
        "\nWith the cache of answers, 30 days: p50, p95 whole, p50, p95 unchanged, and requests a second of {CLIENTS} clients"
    );
    for path in addresses.iter().map(|it| &it.path) {
        let first = client.get(path, &[("Accept-Encoding", "gzip")]);
        let tag = first.etag.clone().unwrap_or_default();
        let ask = |client: &mut Client, headers: &[(&str, &str)]| {
            let mut times: Vec<Duration> = (0..TIMES).map(|_| client.get(path, headers).time).collect();
            times.sort();
            (millis(times[TIMES / 2]), millis(times[TIMES * 19 / 20]))
        };
        let whole = ask(&mut client, &[("Accept-Encoding", "gzip")]);
        let unchanged = if tag.is_empty() {
            "        –         –".to_owned()
        } else {
            let (p50, p95) = ask(&mut client, &[("If-None-Match", &tag)]);
            format!("{p50:>9.2} {p95:>9.2}")
        };
        let is_page = !path.starts_with("/api");
        let rate = if is_page { format!("{:>8.0}/s", rush(&server.address, path)) } else { "         –".to_owned() };
        println!("  {:>9.2} {:>9.2} ms {unchanged} ms {rate}: {path}{}", whole.0, whole.1, wrong(&first));
    }
}

/// Requests a second that many clients get answered at once.
fn rush(address: &str, path: &str) -> f64 {
    let start = Instant::now();
    let counts: Vec<usize> = std::thread::scope(|scope| {
        let ask = || {
            let (mut client, mut count) = (Client::to(address), 0);
            while start.elapsed() < RUSH {
                client.get(path, &[("Accept-Encoding", "gzip")]);
                count += 1;
            }
            count
        };
        let threads: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|it| it.join().expect("a client")).collect()
    });
    counts.iter().sum::<usize>() as f64 / start.elapsed().as_secs_f64()
}

/// A table of a million rows as files: how long, how large, and how much memory that took.
fn file(directory: &Path) {
    println!("\nA file of a million rows: time, size, and by how much the process grew");
    let store = open(directory);
    let text = "select md5(cast(i as varchar)) as id, 'Campaign ' || i as name, i as recipients, i / 7 as open_rate
                from range($rows) as t(i) order by open_rate desc";
    for extension in ["csv", "json", "parquet"] {
        let place = tempfile::NamedTempFile::new_in(store.exports().expect("a directory")).expect("a file");
        let format = Format::named(extension).expect("a format");
        let (before, start) = (resident(), Instant::now());
        store
            .read(|db| db.export("million", text, params! { "rows": 1_000_000_i64 }, format, place.path()))
            .expect("a file");
        let (time, size) = (start.elapsed(), place.as_file().metadata().map_or(0, |it| it.len()));
        let grown = resident().saturating_sub(before);
        println!("  {:>9.0} ms {:>7.1} MB, grew by {:.0} MB: {extension}", millis(time), mega(size), mega(grown));
    }
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|it| it.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|it| it.parse::<u64>().ok()).unwrap_or_default() << 10
}

/// The last hour again, with a thousand opens more.
fn window(store: &Store, end: DateTime<Utc>, number: i64) {
    let records: Vec<Record> = (0..1_000).map(|it| opened(end, number, it)).collect();
    let mut staged = store.stage(&EVENTS).expect("a stage");
    staged.add(&records).expect("staged");
    let start = end + TimeDelta::hours(number);
    store.replace_window(&staged, Window { start, end: start + TimeDelta::hours(1) }, Utc::now()).expect("a window");
}

fn opened(end: DateTime<Utc>, number: i64, it: i64) -> Record {
    let at = Cell::Time((end + TimeDelta::hours(number) + TimeDelta::seconds(it)).naive_utc());
    let text = |it: String| Cell::Text(it);
    let cells = EVENTS.columns.iter().map(|column| match column.name {
        "metric_id" => text("m_opened_email".to_owned()),
        "profile_id" => text(format!("{number}.{it}")),
        "message_id" => text("CM1".to_owned()),
        "timestamp" | "local_datetime" => at.clone(),
        _ => Cell::Null,
    });
    Record { id: format!("open {number}.{it}"), cells: cells.collect(), rest: Some("{}".to_owned()), raw: None }
}

fn wrong(answer: &Answer) -> String {
    if answer.status == 200 { String::new() } else { format!("  answered {}", answer.status) }
}

fn mega(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
