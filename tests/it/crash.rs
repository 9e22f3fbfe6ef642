//! The real binary is ended at moments that it does not choose; the copy ends up the same.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use klytics::demo::{Clock, Fake, Plan, Seen, ShopPlan};
use klytics::store::{Options, Store};

use crate::binary::{Running, free_port, get, klytics, told};
use crate::support::{digests, lines, pause, rows, same_rows, value};

/// What is copied here: all but what Klaviyo only tells fifteen times a minute.
const ENTITIES: &[&str] = &["accounts", "metrics", "campaigns", "flows", "forms", "events", "profiles", "lists"];

/// A shop that takes the binary a few seconds, by a clock that is ahead of it, and where nothing has happened for an
/// hour: whenever the binary asks, it has the same to copy.
fn fake() -> Fake {
    fake_of(60_000)
}

fn fake_of(events: u64) -> Fake {
    let soon = Utc::now() + TimeDelta::minutes(20);
    let shop = ShopPlan { events, profiles: 1_500, ..ShopPlan::until(soon) };
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
    Store::open(&dir.join("data"), &options()).expect("a database")
}

fn options() -> Options {
    Options { memory_limit: 512 << 20, threads: 2 }
}

/// Numbers that are always the same and look like none in particular.
fn dice(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed), |it| {
        Some(it.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    })
    .skip(1)
    .map(|it| it >> 33)
}

/// How often the first read is killed.
const KILLS: usize = 20;

/// Waits for the moment to kill the reader: mostly when the fake was asked for a few pages of events, and now and then
/// when more windows are complete than were.
fn wait_for_moment(
    kill: usize,
    chance: u64,
    running: &mut Running,
    asked: impl Fn() -> usize,
    has_more: impl Fn() -> bool,
) {
    let pages = usize::try_from(chance % 8).expect("a small number");
    let is_there = || if kill % 4 == 3 { asked() > 0 && has_more() } else { asked() >= pages };
    while running.ended_within(Duration::from_millis(1)).is_none() && !is_there() {}
}

#[test]
fn a_first_read_that_is_killed_twenty_times_ends_in_the_same_rows_and_reads_no_window_twice() {
    let fake = fake_of(180_000);
    let undisturbed = tempfile::tempdir().expect("a directory");
    let told = told(&mut sync(&fake, undisturbed.path()));
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""), "{}", told.out);
    let dir = tempfile::tempdir().expect("a directory");
    let (mut kills, mut early, mut kept) = (0, 0, Vec::new());
    for (kill, chance) in dice(20_261_121).take(KILLS).enumerate() {
        let seen = fake.requests().len();
        let mut running = Running::start(&mut sync(&fake, dir.path()));
        let asked = || fake.requests()[seen..].iter().filter(|it| it.path == "/api/events").count();
        let has_more = || windows(dir.path()).is_some_and(|it| it != kept);
        wait_for_moment(kill, chance, &mut running, asked, has_more);
        // Not just when an answer has come, but somewhere on the way to the next.
        if let Some(status) = running.ended_within(Duration::from_micros(chance % 40_000)) {
            assert!(status.success(), "{status}");
        } else {
            running.kill();
            kills += 1;
        }
        nothing_is_read_again(&fake.requests()[seen..], &kept);
        kept = windows(dir.path()).expect("a file that is whole");
        early += usize::from(!reach_back(&kept));
    }
    assert_eq!(kills, KILLS);
    assert!(early >= 12, "only {early} of the kills came during the first read");
    assert!(!kept.is_empty(), "no window was ever complete");
    let seen = fake.requests().len();
    assert_eq!(Running::start(&mut sync(&fake, dir.path())).ended(), Some(0));
    nothing_is_read_again(&fake.requests()[seen..], &kept);
    let (copy, want) = (open(dir.path()), open(undisturbed.path()));
    if digests(&copy) != digests(&want) {
        same_rows(&rows(&copy, false), &rows(&want, false));
    }
    assert_eq!(value(&copy, "select count(*) - count(distinct id) from klaviyo_events"), "0");
    assert_eq!(lines(&copy, KNOWN), lines(&want, KNOWN));
    for table in own_tables(&want) {
        let all = format!("select {} from {table}", told_columns(&want, &table));
        assert_eq!(lines(&copy, &all), lines(&want, &all), "{table}");
    }
    let windows = "select entity_type, count(*), bool_and(start_at < end_at) from sync_windows group by all";
    assert_eq!(lines(&copy, windows), ["events 1 true"]);
    let ended = lines(&copy, "select distinct status from sync_runs");
    assert_eq!(ended, ["completed", "interrupted"]);
    assert_eq!(lines(&copy, "select id from sync_runs group by id having count(*) > 1"), [""; 0]);
}

/// What each entity says of itself, but for when.
const KNOWN: &str = "select entity_type, status, record_count, success, error_message from klaviyo_sync_status";

/// Tables that are neither copies nor tell when what was done.
fn own_tables(store: &Store) -> Vec<String> {
    let copies: Vec<String> = klytics::catalog::ENTITIES.iter().map(|it| it.table()).collect();
    let all = lines(store, "select table_name from duckdb_tables() where schema_name = 'main' and not temporary");
    let history = |it: &String| it.starts_with("sync_") || ["klaviyo_sync_status", "api_calls"].contains(&it.as_str());
    let own: Vec<String> = all.into_iter().filter(|it| !copies.contains(it) && !history(it)).collect();
    assert!(own.iter().any(|it| it == "metric_kinds"), "{own:?}");
    own
}

/// The columns of a table but for those that tell when something was looked at.
fn told_columns(store: &Store, table: &str) -> String {
    let columns = format!(
        "select column_name from duckdb_columns() where table_name = '{table}'
             and column_name not in ('checked_at', 'fetched_at', 'repaired_at', 'seen_at', 'whole_at')"
    );
    lines(store, &columns).join(", ")
}

type Span = (DateTime<Utc>, DateTime<Utc>);

/// The windows that the file says are complete. A copy of it is asked: opening it changes it. There is none where the copy
/// was made in the middle of a write.
fn windows(dir: &Path) -> Option<Vec<Span>> {
    let copy = tempfile::tempdir().expect("a directory");
    let data = copy.path().join("data");
    std::fs::create_dir(&data).expect("a directory");
    for file in std::fs::read_dir(dir.join("data")).expect("what the killed left").map_while(Result::ok) {
        if file.file_name().to_str().is_some_and(|it| it.starts_with("klytics.duckdb")) {
            std::fs::copy(file.path(), data.join(file.file_name())).ok()?;
        }
    }
    let text = "select strftime(start_at, '%Y-%m-%dT%H:%M:%SZ'), strftime(end_at, '%Y-%m-%dT%H:%M:%SZ')
                from sync_windows where entity_type = 'events'";
    let time = |text: &str| text.parse().expect("a time");
    let span = |line: &String| line.split_once(' ').map(|(start, end)| (time(start), time(end))).expect("two times");
    let store = Store::open(&data, &options()).ok()?;
    Some(lines(&store, text).iter().map(span).collect())
}

/// Whether the windows go back to before the shop was there.
fn reach_back(windows: &[Span]) -> bool {
    windows.iter().any(|it| it.0 < Utc::now() - TimeDelta::days(3_000))
}

/// No window is asked for again that was complete when the process began; but for the end of what is known, which every
/// run reads again for what came late.
fn nothing_is_read_again(requests: &[Seen], kept: &[Span]) {
    let latest = kept.iter().map(|it| it.1).max();
    let settled_until = latest.map(|it| it - TimeDelta::hours(2));
    let asked = requests.iter().filter(|it| it.path == "/api/events").filter_map(bounds);
    for (start, end) in asked {
        for (kept_start, kept_end) in kept {
            let kept_end = settled_until.map_or(*kept_end, |it| it.min(*kept_end));
            let overlap = end.min(kept_end) - start.max(*kept_start);
            assert!(
                overlap <= TimeDelta::zero(),
                "{start} to {end} was asked for, of which {kept_start} to {kept_end} was complete"
            );
        }
    }
}

/// What a request for events asks for; a page that follows another belongs to what that asked for.
fn bounds(request: &Seen) -> Option<Span> {
    if request.query.contains("cursor") {
        return None;
    }
    let of = |operator: &str| {
        let rest = request.query.split_once(&format!("{operator}%28datetime%2C"))?.1;
        rest.split_once("%29")?.0.replace("%3A", ":").parse().ok()
    };
    Some((of("greater-or-equal").unwrap_or(DateTime::UNIX_EPOCH), of("less-than").expect("an end")))
}

/// The same command where no file may grow beyond so many blocks of 512 bytes, as on a disk that is full.
fn cramped(command: &Command, blocks: u32) -> Command {
    let mut shell = Command::new("sh");
    // What would end the process is ignored, so that the write fails as it does on a full disk.
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
    shell.arg(command.get_program()).args(command.get_args()).env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell
}

#[test]
fn a_disk_that_is_full_is_said_and_nothing_is_lost() {
    let fake = fake();
    let undisturbed = tempfile::tempdir().expect("a directory");
    assert_eq!(told(&mut sync(&fake, undisturbed.path())).code, Some(0));
    let whole = std::fs::metadata(undisturbed.path().join("data/klytics.duckdb")).expect("a file").len();
    let dir = tempfile::tempdir().expect("a directory");
    let blocks = u32::try_from(whole / 2 / 512).expect("a small file");
    let full = told(&mut cramped(&sync(&fake, dir.path()), blocks));
    assert!(full.code.is_some_and(|it| it != 0), "{}{}", full.out, full.err);
    assert!(full.err.contains("File too large"), "{}{}", full.out, full.err);
    // With room again it goes on.
    let room = told(&mut sync(&fake, dir.path()));
    assert_eq!(room.code, Some(0), "{}{}", room.out, room.err);
    assert_eq!(digests(&open(dir.path())), digests(&open(undisturbed.path())));
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
    assert_eq!(running.ended_within(Duration::from_secs(10)).and_then(|it| it.code()), Some(130));
    let store = open(dir.path());
    let kept: u64 = value(&store, "select count(*) from klaviyo_events").parse().expect("a count");
    // What lies in a window that was not read to its end is not kept; sixteen of them are read at a time.
    assert!(kept >= 5_000, "{kept}");
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
