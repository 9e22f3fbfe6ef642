//! How fast an account is copied, how much room it takes, and how long until the first page: figures, not assertions.
//!
//! `script/bench` runs it. Every figure is of this run on this machine; compare figures of one run with one another.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use klytics::catalog::EVENTS;
use klytics::demo::{Fake, Plan};
use klytics::klaviyo::Batch;
use klytics::store::{Options, Store, Window};
use klytics::sync::record::{self, Context};

const KLYTICS: &str = env!("CARGO_BIN_EXE_klytics");

/// Events whose pages are kept in memory for the first figure.
const IN_MEMORY: u64 = 200_000;

/// Events of the account that is copied over HTTP.
const ACCOUNT: u64 = 1_000_000;

/// Rows in one window, as the sync has it.
const WINDOW: usize = 25_000;

fn main() {
    // Cargo's own flags are of no use to a program of figures.
    let small = std::env::args().any(|it| it == "--small");
    let scale = if small { 20 } else { 1 };
    from_bytes(IN_MEMORY / scale);
    over_http(ACCOUNT / scale);
    first_page();
    binary();
}

/// Pages in memory to committed rows, on one thread that reads and DuckDB's that write.
fn from_bytes(events: u64) {
    let mut plan = Plan::default();
    plan.shop.events = events;
    let pages = pages(&Fake::start(plan).expect("a fake"));
    let bytes: usize = pages.iter().map(Vec::len).sum();
    let directory = tempfile::tempdir().expect("a directory");
    let options = Options { memory_limit: 256 << 20, threads: 2 };
    let store = Store::open(directory.path(), &options).expect("a store");
    let zone = chrono_tz::America::New_York;

    let start = Instant::now();
    let (mut reading, mut staging, mut rows, mut properties) = (Duration::ZERO, Duration::ZERO, 0, 0);
    let mut staged = store.stage(&EVENTS).expect("a stage");
    let mut end = Utc::now();
    for (number, page) in pages.iter().enumerate() {
        let from = Instant::now();
        let batch = Batch::parse(page).expect("a page");
        let page = record::read(&EVENTS, &batch, Context { zone, parent: None }).expect("records");
        reading += from.elapsed();
        rows += page.records.len();
        properties += page.records.iter().filter_map(|it| it.rest.as_ref()).map(String::len).sum::<usize>();
        let from = Instant::now();
        staged.add(&store, &page.records).expect("staged");
        staging += from.elapsed();
        if staged.len() >= WINDOW || number + 1 == pages.len() {
            let last = number + 1 == pages.len();
            let oldest = page.followed.iter().flatten().min().copied().unwrap_or(end);
            let window = Window { start: if last { DateTime::UNIX_EPOCH } else { oldest }, end };
            store.replace_window(&staged, window, Utc::now()).expect("a window");
            staged = store.stage(&EVENTS).expect("a stage");
            end = window.start;
        }
    }
    let took = start.elapsed();
    store.checkpoint().expect("a checkpoint");
    let size = store.size().unwrap_or_default();
    println!(
        "From page bytes to committed rows ({rows} events, {} a page of 1,000, properties of {} bytes)",
        human(bytes * 1_000 / rows),
        properties / rows
    );
    println!(
        "  {:>9.0} events/s in all; reading {:.0} %, staging {:.0} %, writing {:.0} % of the time",
        rate(rows, took),
        share(reading, took),
        share(staging, took),
        share(took.saturating_sub(reading + staging), took)
    );
    println!("  {:>9} bytes an event on disk, empty database included", size / rows as u64);
}

/// Every page of the account's events, as the sync asks for them.
fn pages(fake: &Fake) -> Vec<Vec<u8>> {
    let now = (Utc::now() - chrono::TimeDelta::seconds(10)).format("%Y-%m-%dT%H:%M:%SZ");
    let mut next = Some(format!(
        "{}/api/events?filter=less-than(datetime,{now})&sort=-datetime&include=attributions,metric,profile\
         &fields%5Bmetric%5D=id&fields%5Bprofile%5D=id&page%5Bsize%5D=1000",
        fake.url()
    ));
    let agent: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
    let mut pages = Vec::new();
    while let Some(url) = next {
        let mut answer = agent
            .get(&url)
            .header("authorization", format!("Klaviyo-API-Key {}", fake.key()))
            .header("revision", klytics::catalog::REVISION)
            .call()
            .expect("an answer");
        let mut body = Vec::new();
        answer.body_mut().as_reader().read_to_end(&mut body).expect("a body");
        next = Batch::parse(&body).expect("a page").next;
        pages.push(body);
    }
    pages
}

/// A whole account over HTTP, the fake in a process of its own, with the peak of our memory.
fn over_http(events: u64) {
    let directory = tempfile::tempdir().expect("a directory");
    let profiles = events / 12;
    let (mut fake, url, key) = fake(events, profiles);
    let start = Instant::now();
    let mut sync = Command::new(KLYTICS)
        .args(["sync", "--entity", "events", "--json"])
        .env("KLYTICS_KLAVIYO__BASE_URL", url)
        .env("KLYTICS_KLAVIYO__BUDGET_SHARE", "1.0")
        .env("KLAVIYO_API_KEY", key)
        .env("KLYTICS_DATA_DIR", directory.path())
        .env("KLYTICS_STORE__MEMORY_LIMIT", "256MB")
        .stdout(Stdio::null())
        .spawn()
        .expect("klytics sync");
    let mut peak = 0;
    let status = loop {
        peak = peak.max(peak_memory(sync.id()).unwrap_or_default());
        if let Some(status) = sync.try_wait().expect("a child") {
            break status;
        }
        std::thread::park_timeout(Duration::from_millis(50));
    };
    let took = start.elapsed();
    let _ = fake.kill();
    let size = std::fs::metadata(directory.path().join("klytics.duckdb")).map_or(0, |it| it.len());
    println!(
        "A first read of {events} events over HTTP, the fake in a process of its own on the same processors ({status})"
    );
    println!(
        "  {:>9.0} events/s end to end, {:.0} s",
        rate(usize::try_from(events).unwrap_or_default(), took),
        took.as_secs_f64()
    );
    println!("  {:>9} bytes an event on disk", size / events);
    println!(
        "  {:>9} at the most in memory, with store.memory_limit=256MB",
        human(usize::try_from(peak).unwrap_or_default())
    );
}

/// The stand-in for Klaviyo as a child process: its address and key.
fn fake(events: u64, profiles: u64) -> (Child, String, String) {
    let mut child = Command::new(KLYTICS)
        .args(["demo", "--serve-api-only", "--port", "0"])
        .args(["--events", &events.to_string(), "--profiles", &profiles.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("klytics demo");
    let out = BufReader::new(child.stdout.take().expect("its output"));
    let line = out.lines().map_while(Result::ok).find(|it| it.contains("BASE_URL=")).expect("its address");
    let value = |name: &str| {
        let rest = line.split_once(name).expect("a setting").1;
        rest.split_whitespace().next().expect("a value").to_owned()
    };
    (child, value("KLYTICS_KLAVIYO__BASE_URL="), value("KLAVIYO_API_KEY="))
}

/// From `klytics demo` to an overview with revenue in it.
fn first_page() {
    let start = Instant::now();
    let mut demo =
        Command::new(KLYTICS).args(["demo", "--port", "8790"]).stdout(Stdio::piped()).spawn().expect("klytics demo");
    let mut out = BufReader::new(demo.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let address =
        out.find_map(|it| it.split_once("at http://").map(|(_, it)| it.trim().to_owned())).expect("its address");
    let mut with_data = None;
    while with_data.is_none() && start.elapsed() < Duration::from_secs(60) {
        let revenue = get(&address, "/api/overview").and_then(|it| {
            let json = it.split_once("\r\n\r\n")?.1.to_owned();
            serde_json::from_str::<serde_json::Value>(&json).ok()?.pointer("/revenue/current")?.as_f64()
        });
        with_data = revenue.filter(|it| *it > 0.0).map(|_| start.elapsed());
        std::thread::park_timeout(Duration::from_millis(50));
    }
    let _ = demo.kill();
    let _ = demo.wait();
    match with_data {
        Some(took) => println!("From `klytics demo` to the first page with data: {:.1} s", took.as_secs_f64()),
        None => println!("From `klytics demo` to the first page with data: not within 60 s"),
    }
}

fn get(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

fn binary() {
    let stripped = tempfile::NamedTempFile::new().expect("a file");
    let path = stripped.path();
    let done = Command::new("strip").arg("-o").arg(path).arg(Path::new(KLYTICS)).status();
    let size = std::fs::metadata(path).map_or(0, |it| it.len());
    match done {
        Ok(status) if status.success() => {
            println!("The binary, stripped: {}", human(usize::try_from(size).unwrap_or_default()))
        }
        _ => println!("The binary could not be stripped: is `strip` installed?"),
    }
}

/// Bytes that the process held at the most so far; Linux tells.
fn peak_memory(process: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find(|it| it.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? << 10)
}

fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

fn share(part: Duration, whole: Duration) -> f64 {
    100.0 * part.as_secs_f64() / whole.as_secs_f64()
}

fn human(bytes: usize) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
