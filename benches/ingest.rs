//! How fast an account is copied, how much room it takes, and how long until the first page: figures, not assertions.
//!
//! `script/bench` runs it. Every figure is of this run on this machine; compare figures of one run with one another.

#[path = "ingest/figures.rs"]
mod figures;
#[path = "ingest/processes.rs"]
mod processes;

use std::io::Read;
use std::path::Path;
use std::process::Command;
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

/// Rows that are written in one go, as the sync does it.
const WINDOW: usize = 122_880;

/// How much is copied: 50,000 events, a million or ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    Small,
    Usual,
    Large,
}

impl Scale {
    fn events(self) -> u64 {
        match self {
            Scale::Small => 50_000,
            Scale::Usual => 1_000_000,
            Scale::Large => 10_000_000,
        }
    }
}

type Measure = fn(Scale);

/// The figures by the names that choose them; without a name all are measured.
const FIGURES: &[(&str, Measure)] = &[
    ("bytes", |scale| from_bytes(if scale == Scale::Small { IN_MEMORY / 20 } else { IN_MEMORY })),
    ("unlimited", figures::unlimited),
    ("limited", figures::limited),
    ("readers", figures::readers),
    ("demo", |_| figures::first_page()),
    ("binary", |_| binary()),
];

fn main() {
    // Cargo's own flags are of no use to a program of figures.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|it| it == name);
    let scale = match (has("--small"), has("--large")) {
        (true, _) => Scale::Small,
        (_, true) => Scale::Large,
        _ => Scale::Usual,
    };
    let named = FIGURES.iter().any(|it| has(it.0));
    for (name, figure) in FIGURES {
        if has(name) || !named {
            figure(scale);
        }
    }
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
            staged.add(&page.records).expect("staged");
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

fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

fn share(part: Duration, whole: Duration) -> f64 {
    100.0 * part.as_secs_f64() / whole.as_secs_f64()
}

fn human(bytes: usize) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
