//! The server as a process: its threads, its end, and what is left of it when much is asked or nobody answers.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use klytics::store::{Options, Store};

use crate::binary::{Running, free_port, get, klytics};
use crate::support::seed;

/// Names of the threads of a process, as far as the system keeps them.
fn threads(process: u32) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).expect("a process");
    tasks.filter_map(|it| fs::read_to_string(it.ok()?.path().join("comm")).ok()).collect()
}

#[test]
fn threads_are_as_many_as_the_settings_in_force_say() {
    let dir = tempfile::tempdir().expect("a directory");
    // Nobody reads this one: another is named.
    fs::write(dir.path().join("Rocket.toml"), "[default").expect("a file");
    fs::write(dir.path().join("mine.toml"), "[default]\nmax_blocking = 3\nworkers = 1\n").expect("a file");
    let port = free_port();
    let mut serve = klytics(dir.path(), &["serve", "--config", "mine.toml"]);
    let running = Running::start(serve.env("ROCKET_PORT", port.to_string()));
    get(port, "/sync");
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| assert!(get(port, "/definitions").starts_with("HTTP/1.1 200")));
        }
    });
    let serving = threads(running.id()).into_iter().filter(|it| it.starts_with("rocket-worker")).count();
    assert!((2..=4).contains(&serving), "{serving} threads serve");
}

/// A Klaviyo that takes every connection, tells of it, and says nothing.
fn silent() -> (u16, Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (taken, connections) = mpsc::channel();
    thread::spawn(move || listener.incoming().inspect(|_| taken.send(()).unwrap_or_default()).collect::<Vec<_>>());
    (port, connections)
}

#[test]
fn a_silent_klaviyo_keeps_neither_pages_nor_the_end_waiting() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::open(&dir.path().join("data"), &Options { memory_limit: 256 << 20, threads: 1 });
    let templates = "insert into klaviyo_templates (id, name) select 'T' || n, 'Mail' from range(6) as numbers(n)";
    seed(&store.expect("a database"), templates);
    let (port, (klaviyo, connections)) = (free_port(), silent());
    let mut serve = klytics(dir.path(), &["serve"]);
    serve.env("KLAVIYO_API_KEY", "pk_silence").env("KLYTICS_KLAVIYO__BASE_URL", format!("http://127.0.0.1:{klaviyo}"));
    serve.env("KLYTICS_SYNC__SCHEDULE", "false").env("KLYTICS_API__FALLBACK_DEADLINE_SECS", "60");
    let mut running = Running::start(serve.env("ROCKET_PORT", port.to_string()).env("ROCKET_MAX_BLOCKING", "2"));
    get(port, "/sync");
    // Two who ask for the same, and others than are read at a time.
    for id in [0, 0, 1, 2, 3] {
        thread::spawn(move || {
            TcpStream::connect(("127.0.0.1", port)).map(|it| ask(it, &format!("/api/templates/T{id}")))
        });
    }
    for _ in 0..4 {
        connections.recv_timeout(Duration::from_secs(20)).expect("a request to Klaviyo");
    }
    assert!(get(port, "/api/templates/T5").contains("thers are being read from Klaviyo already"));
    assert!(connections.try_recv().is_err(), "more is read at a time than may be");
    let start = Instant::now();
    assert!(get(port, "/definitions").starts_with("HTTP/1.1 200"));
    assert!(start.elapsed() < Duration::from_secs(5), "a page waits for Klaviyo");
    running.terminate();
    assert_eq!(running.ended_within(Duration::from_secs(15)).and_then(|it| it.code()), Some(0));
}

fn ask(mut stream: TcpStream, path: &str) -> std::io::Result<String> {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    std::io::read_to_string(stream)
}

#[test]
fn as_many_connections_may_be_open_as_the_system_allows() {
    let (dir, port) = (tempfile::tempdir().expect("a directory"), free_port());
    let serve = klytics(dir.path(), &["serve"]);
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -Sn 64; exec \"$0\" serve"])
        .arg(serve.get_program())
        .current_dir(dir.path())
        .env_clear();
    let running = Running::start(limited.env("ROCKET_PORT", port.to_string()));
    get(port, "/api/health");
    let limits = fs::read_to_string(format!("/proc/{}/limits", running.id())).expect("limits");
    let files: Vec<_> =
        limits.lines().find(|it| it.starts_with("Max open files")).expect("one").split_whitespace().collect();
    assert_eq!(files[3], files[4], "{files:?}");
}
