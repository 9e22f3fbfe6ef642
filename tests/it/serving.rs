//! The server as a process: its threads, its end, and what is left of it when much is asked or nobody answers.

use std::fs;
use std::thread;

use crate::binary::{Running, free_port, get, klytics};

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
