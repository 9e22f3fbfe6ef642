//! How fast an account is copied, how much room it takes, and how long until the first page: figures, not assertions.
//!
//! `script/bench` runs it. Every figure is of this run on this machine; compare figures of one run with one another.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
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

/// Rows that are written in one go, as the sync does it.
const WINDOW: usize = 122_880;

fn main() {
    // Cargo's own flags are of no use to a program of figures.
    let small = std::env::args().any(|it| it == "--small");
    let scale = if small { 20 } else { 1 };
    from_bytes(IN_MEMORY / scale);
    if std::env::args().any(|it| it == "--bytes") {
        return;
    }
    over_http(ACCOUNT / scale);
    first_page();
    binary();
}

/// Pages in memory to committed rows, read on one thread while another writes, as the sync does it.
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
    let (mut staging, mut rows, mut properties) = (Duration::ZERO, 0, 0);
    let mut staged = store.stage(&EVENTS).expect("a stage");
    let mut end = Utc::now();
    let (sender, read) = mpsc::sync_channel(2);
    let (pages, count) = (&pages, pages.len());
    let reading = std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut reading = Duration::ZERO;
            for page in pages {
                let from = Instant::now();
                let batch = Batch::parse(page).expect("a page");
                let page = record::read(&EVENTS, &batch, Context { zone, parent: None }).expect("records");
                reading += from.elapsed();
                sender.send(page).expect("a writer");
            }
            reading
        });
        for (number, page) in read.iter().enumerate() {
            rows += page.records.len();
            properties += page.records.iter().filter_map(|it| it.rest.as_ref()).map(String::len).sum::<usize>();
            let from = Instant::now();
            staged.add(&store, &page.records).expect("staged");
            staging += from.elapsed();
            let last = number + 1 == count;
            if staged.len() >= WINDOW || last {
                let oldest = page.followed.iter().flatten().min().copied().unwrap_or(end);
                let window = Window { start: if last { DateTime::UNIX_EPOCH } else { oldest }, end };
                store.replace_window(&staged, window, Utc::now()).expect("a window");
                staged = store.stage(&EVENTS).expect("a stage");
                end = window.start;
            }
        }
        reader.join().expect("a reader")
    });
    let took = start.elapsed();
    store.checkpoint().expect("a checkpoint");
    let size = store.size().unwrap_or_default();
    println!(
        "From page bytes to committed rows ({rows} events, {} a page of 1,000, properties of {} bytes)",
        human(bytes * 1_000 / rows),
        properties / rows
    );
    println!(
        "  {:>9.0} events/s; one thread reads for {:.0} % of the time, another stages for {:.0} % and writes",
        rate(rows, took),
        share(reading, took),
        share(staging, took)
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
    let mut fake = StandIn::start(events, profiles);
    let start = Instant::now();
    let mut sync = Command::new(KLYTICS)
        .args(["sync", "--entity", "events", "--json"])
        .env("KLYTICS_KLAVIYO__BASE_URL", &fake.url)
        .env("KLYTICS_KLAVIYO__BUDGET_SHARE", "1.0")
        .env("KLAVIYO_API_KEY", &fake.key)
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
    let _ = fake.process.kill();
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

/// The stand-in for Klaviyo as a child process.
struct StandIn {
    process: Child,
    url: String,
    key: String,
    /// What it prints; it would fail to print without it.
    _output: Lines<BufReader<ChildStdout>>,
}

impl StandIn {
    fn start(events: u64, profiles: u64) -> StandIn {
        let mut process = Command::new(KLYTICS)
            .args(["demo", "--serve-api-only", "--port", "0"])
            .args(["--events", &events.to_string(), "--profiles", &profiles.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("klytics demo");
        let mut output = BufReader::new(process.stdout.take().expect("its output")).lines();
        let line = output.by_ref().map_while(Result::ok).find(|it| it.contains("BASE_URL=")).expect("its address");
        let value = |name: &str| {
            let rest = line.split_once(name).expect("a setting").1;
            rest.split_whitespace().next().expect("a value").to_owned()
        };
        let (url, key) = (value("KLYTICS_KLAVIYO__BASE_URL="), value("KLAVIYO_API_KEY="));
        StandIn { process, url, key, _output: output }
    }
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
    while with_data.is_none() && start.elapsed() < Duration::from_mins(1) {
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
        None => println!("From `klytics demo` to the first page with data: not within a minute"),
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
            println!("The binary, stripped: {}", human(usize::try_from(size).unwrap_or_default()));
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
