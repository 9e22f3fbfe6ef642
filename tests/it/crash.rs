//! The real binary is ended at moments that it does not choose; the copy ends up the same.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use klytics::demo::{Clock, Fake, Plan, ShopPlan};
use klytics::store::{Options, Store};

use crate::binary::{Running, free_port, get, klytics, told};
use crate::support::{lines, pause, rows, same_rows, value};

/// What is copied here: all but what Klaviyo only tells fifteen times a minute.
const ENTITIES: &[&str] = &["accounts", "metrics", "campaigns", "flows", "forms", "events", "profiles", "lists"];

/// A shop that takes the binary a few seconds, by a clock that is ahead of it, and where nothing has happened for an
/// hour: whenever the binary asks, it has the same to copy.
fn fake() -> Fake {
    let soon = Utc::now() + TimeDelta::minutes(20);
    let shop = ShopPlan { events: 60_000, profiles: 1_500, ..ShopPlan::until(soon) };
    let plan = Plan { shop, clock: Clock::at(soon), latency: Duration::from_millis(15), ..Plan::default() };
    let fake = Fake::start(plan).expect("a fake");
    fake.edit(|shop| shop.forget_since(soon - TimeDelta::hours(1)));
    fake
}

fn sync(fake: &Fake, dir: &Path) -> Command {
    let mut arguments = vec!["sync"];
    arguments.extend(ENTITIES.iter().flat_map(|it| ["--entity", it]));
    let mut command = klytics(dir, &arguments);
    command.env("KLAVIYO_API_KEY", fake.key()).env("KLYTICS_KLAVIYO__BASE_URL", fake.url());
    command.env("KLYTICS_KLAVIYO__BUDGET_SHARE", "1.0");
    command
}

fn open(dir: &Path) -> Store {
    Store::open(&dir.join("data"), &Options { memory_limit: 512 << 20, threads: 2 }).expect("a database")
}

/// Numbers that are always the same and look like none in particular.
fn dice(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed), |it| {
        Some(it.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    })
    .skip(1)
    .map(|it| it >> 33)
}

#[test]
fn a_copy_that_is_killed_again_and_again_ends_in_the_same_rows() {
    let fake = fake();
    let undisturbed = tempfile::tempdir().expect("a directory");
    let told = told(&mut sync(&fake, undisturbed.path()));
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""), "{}", told.out);
    let dir = tempfile::tempdir().expect("a directory");
    let mut kills = 0;
    for chance in dice(20_261_121).take(12) {
        let mut running = Running::start(&mut sync(&fake, dir.path()));
        if let Some(status) = running.ended_within(Duration::from_millis(60 + chance % 1_500)) {
            assert!(status.success(), "{status}");
        } else {
            running.kill();
            kills += 1;
        }
    }
    assert!(kills >= 3, "only {kills} of the runs were killed");
    assert_eq!(Running::start(&mut sync(&fake, dir.path())).ended(), Some(0));
    let (copy, want) = (open(dir.path()), open(undisturbed.path()));
    same_rows(&rows(&copy, false), &rows(&want, false));
    assert_eq!(value(&copy, "select count(*) - count(distinct id) from klaviyo_events"), "0");
    let windows = "select entity_type, count(*), bool_and(start_at < end_at) from sync_windows group by all";
    assert_eq!(lines(&copy, windows), ["events 1 true"]);
    let ended = lines(&copy, "select distinct status from sync_runs");
    assert_eq!(ended, ["completed", "interrupted"]);
    assert_eq!(lines(&copy, "select id from sync_runs group by id having count(*) > 1"), [""; 0]);
}

#[test]
fn a_copy_that_is_asked_to_stop_stops_soon_and_keeps_what_it_has() {
    let fake = fake();
    let dir = tempfile::tempdir().expect("a directory");
    let mut running = Running::start(&mut sync(&fake, dir.path()));
    // Long enough for the first windows.
    let until = std::time::Instant::now() + Duration::from_secs(30);
    while fake.requests().iter().filter(|it| it.path == "/api/events").count() < 40 {
        assert!(std::time::Instant::now() < until, "the copy does not get on");
        pause(Duration::from_millis(5));
    }
    running.terminate();
    assert_eq!(running.ended_within(Duration::from_secs(10)).and_then(|it| it.code()), Some(1));
    let store = open(dir.path());
    let kept: u64 = value(&store, "select count(*) from klaviyo_events").parse().expect("a count");
    assert!(kept >= 20_000, "{kept}");
    assert_eq!(lines(&store, "select status from sync_runs"), ["cancelled"]);
    drop(store);
    assert_eq!(Running::start(&mut sync(&fake, dir.path())).ended(), Some(0));
    let truth = fake.truth();
    let all = truth.events.values().sum::<u64>() - truth.events_ahead;
    assert_eq!(value(&open(dir.path()), "select count(*) from klaviyo_events"), all.to_string());
}

#[test]
fn a_server_that_is_asked_to_stop_stops_soon_and_loses_nothing() {
    let fake = fake();
    let dir = tempfile::tempdir().expect("a directory");
    let port = free_port();
    let serve = || {
        let mut command = klytics(dir.path(), &[]);
        command.env("KLAVIYO_API_KEY", fake.key()).env("KLYTICS_KLAVIYO__BASE_URL", fake.url());
        command.env("ROCKET_PORT", port.to_string());
        command
    };
    let mut running = Running::start(&mut serve());
    assert!(get(port, "/api/health").starts_with("HTTP/1.1 200"));
    // It keeps the schedule, and so says what is next.
    assert!(get(port, "/api/sync/status").contains("\"nextRun\":\"20"));
    let until = std::time::Instant::now() + Duration::from_secs(30);
    while fake.requests().iter().filter(|it| it.path == "/api/events").count() < 5 {
        assert!(std::time::Instant::now() < until, "what was never read is due at once");
        pause(Duration::from_millis(5));
    }
    running.terminate();
    assert_eq!(running.ended_within(Duration::from_secs(20)).and_then(|it| it.code()), Some(0));
    let store = open(dir.path());
    // What takes long is a run of its own.
    assert_eq!(lines(&store, "select status, trigger from sync_runs"), ["interrupted schedule"; 2]);
    drop(store);
    // Nothing of the log is left to be read again.
    assert!(!dir.path().join("data/klytics.duckdb.wal").exists());
    let mut running = Running::start(&mut serve());
    assert!(get(port, "/").starts_with("HTTP/1.1 200"));
    running.kill();
}
