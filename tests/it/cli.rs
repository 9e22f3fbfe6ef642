//! The command line, as a person or a cron job meets it: what it says, and with which exit code it ends.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use klytics::demo::{Clock, Fake, Mood, Plan, ShopPlan};
use klytics::store::{Options, Query, Store};

use crate::binary::{Running, Told, free_port, get, klytics, told};

fn dir() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

/// A small shop, until some minutes from now.
fn fake() -> Fake {
    let soon = Utc::now() + TimeDelta::minutes(10);
    let shop = ShopPlan { events: 1_000, profiles: 50, ..ShopPlan::until(soon) };
    Fake::start(Plan { shop, clock: Clock::at(soon), ..Plan::default() }).expect("a fake")
}

fn with_key(dir: &Path, fake: &Fake, arguments: &[&str]) -> Command {
    let mut command = klytics(dir, arguments);
    command.env("KLAVIYO_API_KEY", fake.key()).env("KLYTICS_KLAVIYO__BASE_URL", fake.url());
    command
}

fn open(dir: &Path) -> Store {
    Store::open(&dir.join("data"), &Options { memory_limit: 256 << 20, threads: 1 }).expect("a database")
}

#[track_caller]
fn says(told: &Told, code: i32, words: &[&str]) {
    assert_eq!(told.code, Some(code), "{}{}", told.out, told.err);
    for word in words {
        assert!(told.err.contains(word), "`{word}` in: {}", told.err);
    }
    // One line for a person; nothing of our insides.
    assert!(told.err.starts_with("klytics: "), "{}", told.err);
    assert_eq!(told.err.trim_end().lines().count(), 1, "{}", told.err);
    for inside in ["panicked", "RUST_BACKTRACE", "Error {", "Some("] {
        assert!(!told.err.contains(inside), "{}", told.err);
    }
}

#[test]
fn a_missing_key_is_said() {
    says(&told(&mut klytics(dir().path(), &["sync"])), 3, &["no Klaviyo API key is set", "KLAVIYO_API_KEY"]);
}

#[test]
fn a_refused_key_is_said() {
    let (fake, dir) = (fake(), dir());
    let mut sync = with_key(dir.path(), &fake, &["sync", "--entity", "metrics"]);
    let told = told(sync.env("KLAVIYO_API_KEY", "pk_another").env("RUST_LOG", "error"));
    says(&told, 3, &["Klaviyo refused the API key"]);
}

#[test]
fn an_unreachable_host_is_said() {
    let (fake, dir) = (fake(), dir());
    let mut sync = with_key(dir.path(), &fake, &["sync", "--entity", "metrics"]);
    sync.env("KLYTICS_KLAVIYO__BASE_URL", format!("http://127.0.0.1:{}", free_port()));
    let told = told(sync.env("KLYTICS_KLAVIYO__RETRIES", "1").env("RUST_LOG", "error"));
    says(&told, 1, &["nothing could be copied: could not reach 127.0.0.1:", "in 2 tries", "refused"]);
}

#[test]
fn what_could_not_be_copied_is_named_and_the_rest_is_there() {
    let (fake, dir) = (fake(), dir());
    fake.set_mood(Mood::LacksScope("forms:read"));
    let mut sync = with_key(dir.path(), &fake, &["sync", "--entity", "forms", "--entity", "metrics"]);
    says(&told(sync.env("RUST_LOG", "error")), 5, &["forms could not be copied; the rest was"]);
    let status = told(&mut klytics(dir.path(), &["status", "--json"]));
    let rows: serde_json::Value = serde_json::from_str(&status.out).expect("JSON");
    let of = |name: &str| rows.as_array().expect("rows").iter().find(|it| it["name"] == name).expect("an entity");
    assert_eq!(
        (of("forms")["status"].as_str(), of("metrics")["status"].as_str()),
        (Some("disabled"), Some("completed"))
    );
    assert!(of("forms")["error"].as_str().is_some_and(|it| it.contains("forms:read")));
}

#[test]
fn settings_that_cannot_be_meant_are_refused_with_name_and_source() {
    for (name, value, words) in [
        ("KLYTICS_KLAVIYO__BASE_ULR", "x", &["klaviyo.base_ulr", "environment", "did you mean `base_url`"][..]),
        ("KLYTICS_SYNC__PARALEL", "2", &["sync.paralel", "environment", "did you mean `parallel`"]),
        ("KLYTICS_DATADIR", "x", &["datadir", "environment", "did you mean `data_dir`"]),
        ("KLYTICS_STORE__MEMORY_LIMIT", "lots", &["store.memory_limit", "environment", "512MB"]),
        (
            "KLYTICS_STORE__MEMORY_LIMIT",
            "17179869183GB",
            &["store.memory_limit", "environment", "what the machine has"],
        ),
        ("KLYTICS_SYNC__SCHEDULES__EVENTS", "0 */15 * * * *", &["sync.schedules.events", "environment", "five fields"]),
        ("KLYTICS_WEBHOOKS__PUBLIC_URL", "https://a b/<x>", &["webhooks.public_url", "environment", "https://"]),
        ("KLYTICS_WEBHOOKS__PUBLIC_URL", "http://klytics.example.com", &["webhooks.public_url", "environment"]),
        ("ROCKET_TLS", "{certs=\"a.pem\",key=\"b.pem\"}", &["`tls`", "ROCKET_TLS", "put a proxy with TLS in front"]),
        ("KLYTICS_SYNC__SCHEDULES__EVNTS", "off", &["sync.schedules.evnts", "environment", "did you mean `events`"]),
        ("KLYTICS_SYNC__SCHEDULES__EVENTS", "sometimes", &["sync.schedules.events", "environment", "`sometimes`"]),
        ("KLYTICS_SYNC__JITTER_SECS", "7200", &["sync.jitter_secs", "environment", "0 to 3600"]),
        ("KLYTICS_SYNC__PARALLEL", "99", &["sync.parallel", "environment", "1 to 16"]),
        ("ROCKET_MAX_BLOCKING", "0", &["max_blocking", "ROCKET_MAX_BLOCKING", "1 to 512"]),
        ("ROCKET_WORKERS", "0", &["workers", "ROCKET_WORKERS", "1 to 512"]),
        ("KLYTICS_STORE__THREADS", "5000", &["store.threads", "environment", "1 to 256"]),
        ("KLYTICS_KLAVIYO__RETRIES", "100000", &["klaviyo.retries", "environment", "0 to 20"]),
        ("KLYTICS_SYNC__HISTORY_DAYS", "4000000000", &["sync.history_days", "environment", "36500"]),
        ("KLYTICS_SYNC__LOOKBACK_HOURS", "0", &["sync.lookback_hours", "environment", "1 to 720"]),
        ("KLYTICS_SYNC__LOOKBACK_DAILY_DAYS", "1000", &["sync.lookback_daily_days", "environment", "0 to 366"]),
        ("KLYTICS_SYNC__LOOKBACK_WEEKLY_DAYS", "1000", &["sync.lookback_weekly_days", "environment", "0 to 366"]),
        ("KLYTICS_SYNC__PROFILE_SWEEP_DAYS", "1000", &["sync.profile_sweep_days", "environment", "1 to 366"]),
        ("KLYTICS_CACHE__EVENTS_SECS", "9999999999999", &["cache.events_secs", "environment", "0 to 86400"]),
        ("KLYTICS_HOSTS", r#"[""]"#, &["hosts", "environment", "klytics.example.com"]),
        ("KLYTICS_SYNC__PARALLEL", "many", &["sync.parallel", "environment"]),
        ("KLYTICS_KLAVIYO__BUDGET_SHARE", "1.5", &["klaviyo.budget_share", "environment", "0.05 to 1"]),
        ("KLYTICS_KLAVIYO__BASE_URL", "http://example.com", &["klaviyo.base_url", "environment", "https://"]),
    ] {
        for verb in [&["config", "check"][..], &["sync"], &["serve"]] {
            let told = told(klytics(dir().path(), verb).env(name, value).env("KLAVIYO_API_KEY", "pk_secret"));
            says(&told, 2, words);
        }
    }
}

#[test]
fn everything_that_is_wrong_is_named_at_once_and_by_its_variable() {
    let told = told(
        klytics(dir().path(), &["config", "check"])
            .env("KLYTICS_SYNC__PARALLEL", "99")
            .env("KLYTICS_SYNC__WINDOWS", "0")
            .env("KLYTICS_SYNC__SCHEDULES__EVENTS", "sometimes"),
    );
    assert_eq!((told.code, told.err.lines().count()), (Some(2), 3), "a line each: {}", told.err);
    for name in ["KLYTICS_SYNC__PARALLEL", "KLYTICS_SYNC__WINDOWS", "KLYTICS_SYNC__SCHEDULES__EVENTS"] {
        assert!(told.err.contains(name), "{name}: {}", told.err);
    }
}

#[test]
fn a_variable_without_its_second_underscore_is_understood_and_a_foreign_one_is_not() {
    let check = |name, value| told(klytics(dir().path(), &["config", "check"]).env(name, value));
    says(&check("KLYTICS_SYNC_LOOKBACK_HOURS", "3"), 2, &["did you mean `KLYTICS_SYNC__LOOKBACK_HOURS`"]);
    let foreign = check("KLYTICS_FOO", "1");
    assert!(foreign.err.contains("`foo`") && !foreign.err.contains("did you mean"), "{}", foreign.err);
    says(&check("ROCKET_PORT", "many"), 2, &["port", "not a whole number from 0 to 65535", "ROCKET_PORT"]);
}

#[test]
fn what_holds_and_may_not_be_meant_is_said() {
    let check = |name: &str, value: &str| {
        let told = told(klytics(dir().path(), &["config", "check"]).env(name, value));
        assert_eq!(told.code, Some(0), "{name}: {}", told.err);
        told.out
    };
    assert_eq!(check("KLAVIYO_API_KEY", "pk_abc"), "the settings hold\n");
    for (name, value, words) in [
        ("KLAVIYO_API_KEY", "abc", "begin with pk_"),
        ("ROCKET_ADDRESS", "0.0.0.0", "no login"),
        ("KLYTICS_DATA_DIR", "/proc/nope", "/proc/nope cannot be written to"),
        ("KLYTICS_SYNC__SCHEDULES__EVENTS", "0 0 30 2 *", "never comes round"),
    ] {
        let out = check(name, value);
        assert!(out.contains(words), "{name}: {out}");
    }
}

#[test]
fn an_empty_key_takes_none_away() {
    let dir = dir();
    fs::write(dir.path().join("Rocket.toml"), "[default.klaviyo]\napi_key = 'pk_of_the_file'\n").expect("a file");
    let show = klytics(dir.path(), &["config", "show"]).env("KLAVIYO_API_KEY", "").output().expect("a process");
    let out = String::from_utf8(show.stdout).expect("text");
    assert!(out.contains("klaviyo.api_key = (set, not shown)  # in Rocket.toml"), "{out}");
}

#[test]
fn a_misspelt_setting_in_a_file_is_refused_with_name_and_file() {
    let dir = dir();
    for (text, words) in [
        ("[default.klaviyo]\nbase_ulr = 'x'\n", &["klaviyo.base_ulr", "mine.toml", "did you mean `base_url`"][..]),
        ("port = 9000\n", &["`port`", "below [default]", "mine.toml"]),
        ("[default]\nprot = 9000\n", &["prot", "mine.toml", "did you mean `port`"]),
        ("[klaviyo]\nbase_url = 'https://a.klaviyo.com'\n", &["[klaviyo]", "mine.toml", "[default.klaviyo]"]),
        ("[default.sync]\nschedule = 'perhaps'\n", &["sync.schedule", "mine.toml"]),
        ("[default.sync.schedules]\nflows = '61 * * * *'\n", &["sync.schedules.flows", "mine.toml", "61"]),
        ("[default.sync.schedules]\ncampaign_messages = 'off'\n", &["sync.schedules.campaign_messages", "mine.toml"]),
    ] {
        fs::write(dir.path().join("mine.toml"), text).expect("a file");
        says(&told(&mut klytics(dir.path(), &["--config", "mine.toml", "config", "check"])), 2, words);
    }
    // What the parser says of a file has lines of its own.
    fs::write(dir.path().join("mine.toml"), "[default\n").expect("a file");
    let broken = told(&mut klytics(dir.path(), &["--config", "mine.toml", "config", "check"]));
    assert_eq!(broken.code, Some(2));
    assert!(broken.err.contains("mine.toml") && broken.err.contains("line 1"), "{}", broken.err);
    says(&told(&mut klytics(dir.path(), &["--config", "other.toml", "config", "check"])), 2, &["other.toml"]);
}

#[test]
fn a_file_that_lies_there_is_read() {
    let dir = dir();
    fs::write(dir.path().join("Rocket.toml"), "[default.sync]\nparallel = 7\n").expect("a file");
    let told = told(&mut klytics(dir.path(), &["config", "show"]));
    let line = told.out.lines().find(|it| it.starts_with("sync.parallel")).expect("a line");
    assert!(line.starts_with("sync.parallel = 7  # in ") && line.ends_with("Rocket.toml"), "{line}");
}

#[test]
fn settings_are_shown_with_their_sources_and_the_key_is_not() {
    let told = told(
        klytics(dir().path(), &["config", "show"]).env("KLAVIYO_API_KEY", "pk_very_secret").env("ROCKET_PORT", "9001"),
    );
    assert_eq!(told.code, Some(0), "{}", told.err);
    let line =
        |key: &str| told.out.lines().find(|it| it.starts_with(key)).unwrap_or_else(|| panic!("{key} in {}", told.out));
    assert_eq!(line("port"), "port = 9001  # in the environment, ROCKET_PORT");
    assert!(line("sync.parallel").ends_with("# packaged default"), "{}", line("sync.parallel"));
    assert!(line("klaviyo.api_key").contains("(set, not shown)"), "{}", line("klaviyo.api_key"));
    assert!(!told.out.contains("pk_very_secret") && !told.err.contains("pk_very_secret"));
}

#[test]
fn the_packaged_settings_hold_and_are_the_file() {
    let init = told(&mut klytics(dir().path(), &["config", "init"]));
    assert_eq!((init.code, init.out.as_str()), (Some(0), include_str!("../../Rocket.toml")));
    let dir = dir();
    fs::write(dir.path().join("Rocket.toml"), &init.out).expect("a file");
    let check = told(&mut klytics(dir.path(), &["config", "check"]));
    assert_eq!((check.code, check.out.as_str()), (Some(0), "the settings hold\n"), "{}", check.err);
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let dir = dir();
    let newer = Query { name: "newer", text: "insert into schema_migrations values (99, 'of the future')" };
    open(dir.path()).write(|db| db.execute(newer, klytics::params! {})).expect("a row");
    for verb in ["status", "serve"] {
        says(&told(&mut klytics(dir.path(), &[verb])), 4, &["newer version of Klytics", "99"]);
    }
}

#[test]
fn a_file_that_is_no_database_is_said() {
    let dir = dir();
    fs::create_dir(dir.path().join("data")).expect("a directory");
    let path = dir.path().join("data/klytics.duckdb");
    fs::write(&path, "no database at all, ".repeat(1_000)).expect("a file");
    says(&told(&mut klytics(dir.path(), &["status"])), 4, &["klytics.duckdb", "cannot be opened"]);
    assert!(fs::read_to_string(&path).expect("the file").starts_with("no database"), "it is left as it was");
}

#[test]
fn a_data_directory_that_cannot_be_made_is_said() {
    let dir = dir();
    fs::write(dir.path().join("data"), "a file in the way").expect("a file");
    says(&told(&mut klytics(dir.path(), &["status"])), 4, &["the data directory", "cannot be used"]);
}

#[test]
fn a_database_in_use_is_said_with_who_uses_it() {
    let dir = dir();
    let store = open(dir.path());
    let told = told(&mut klytics(dir.path(), &["status"]));
    says(&told, 4, &["is in use by another process", &format!("PID {}", std::process::id())]);
    drop(store);
}

#[test]
fn a_port_in_use_is_said() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let told = told(klytics(dir().path(), &["serve"]).env("ROCKET_PORT", &port).env("RUST_LOG", "error"));
    says(&told, 1, &[&format!("cannot listen on port {port}"), "ROCKET_PORT"]);
}

#[test]
fn a_taken_port_is_said_before_a_database_is_made() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (dir, port) = (dir(), taken.local_addr().expect("an address").port().to_string());
    told(klytics(dir.path(), &["serve"]).env("ROCKET_PORT", &port));
    assert!(!dir.path().join("data").exists());
}

#[test]
fn a_server_says_where_it_is_up() {
    let (dir, port) = (dir(), free_port());
    let mut serve = klytics(dir.path(), &["serve"]);
    let mut child = serve.env("ROCKET_PORT", port.to_string()).stdout(Stdio::piped()).spawn().expect("a process");
    get(port, "/api/health");
    let out = child.stdout.take().expect("its output");
    let mut running = Running::of(child);
    running.terminate();
    assert_eq!(running.ended_within(Duration::from_secs(20)).and_then(|it| it.code()), Some(0));
    let said = std::io::read_to_string(out).expect("text");
    assert_eq!(said, format!("Klytics is up at http://127.0.0.1:{port}\n"));
}

#[test]
fn arguments_that_cannot_be_meant_are_refused() {
    for (arguments, words) in [
        (&["sync", "--entity", "unicorns"][..], &["unicorns", "there is no such entity", "campaigns"][..]),
        (&["sync", "--since", "yesterday"], &["yesterday", "2026-11-01"]),
        (&["demo", "--events", "7"], &["7", "1000"]),
        (&["dance"], &["dance"]),
    ] {
        let told = told(&mut klytics(dir().path(), arguments));
        assert_eq!(told.code, Some(2), "{arguments:?}");
        for word in words {
            assert!(told.err.contains(word), "`{word}` in: {}", told.err);
        }
    }
}

#[test]
fn help_teaches() {
    let help = told(&mut klytics(dir().path(), &["--help"]));
    assert_eq!(help.code, Some(0));
    for word in
        ["klytics demo", "KLAVIYO_API_KEY=", "Exit codes", "serve", "sync", "status", "config", "KLYTICS_DATA_DIR"]
    {
        assert!(help.out.contains(word), "`{word}` in: {}", help.out);
    }
    for verb in ["serve", "demo", "sync", "status", "config"] {
        let help = told(&mut klytics(dir().path(), &[verb, "--help"]));
        assert!(help.code == Some(0) && help.out.contains("Usage: klytics"), "{verb}");
    }
    let version = told(&mut klytics(dir().path(), &["--version"]));
    assert_eq!(version.out, concat!("klytics ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_sync_reports_what_it_did() {
    let (fake, dir) = (fake(), dir());
    let sync = told(&mut with_key(dir.path(), &fake, &["sync", "--entity", "metrics,tags"]));
    assert_eq!((sync.code, sync.err.as_str()), (Some(0), ""));
    let line = |told: &Told, name: &str| {
        let line = told.out.lines().find(|it| it.starts_with(name)).expect("a line").to_owned();
        line.split_whitespace().map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(line(&sync, "metrics")[..6], ["metrics", "completed", "35", "35", "0", "0"]);
    let again = told(&mut with_key(dir.path(), &fake, &["sync", "--entity", "metrics"]));
    assert_eq!(line(&again, "metrics")[..6], ["metrics", "completed", "35", "0", "0", "0"]);
    let json = told(&mut with_key(dir.path(), &fake, &["sync", "--entity", "metrics", "--json"]));
    let run: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!((run["status"].as_str(), run["entities"][0]["rows_seen"].as_i64()), (Some("completed"), Some(35)));
    let status = told(&mut klytics(dir.path(), &["status"]));
    assert_eq!(line(&status, "metrics")[..3], ["metrics", "completed", "35"]);
    assert_eq!(line(&status, "events")[..3], ["events", "never", "0"]);
}

#[test]
fn the_key_is_written_nowhere() {
    let (fake, dir) = (fake(), dir());
    let secret = fake.key().to_owned();
    for mood in [Mood::Well, Mood::RefusesTheKey, Mood::FailsEvery(1, 500)] {
        fake.set_mood(mood.clone());
        let mut sync = with_key(dir.path(), &fake, &["sync", "--entity", "metrics", "--entity", "tags", "--json"]);
        let told = told(sync.env("RUST_LOG", "trace").env("KLYTICS_KLAVIYO__RETRIES", "1"));
        assert!(!told.err.is_empty(), "{mood:?}");
        assert!(!told.out.contains(&secret) && !told.err.contains(&secret), "{mood:?}");
    }
    for file in fs::read_dir(dir.path().join("data")).expect("a directory") {
        let bytes = fs::read(file.expect("a file").path()).unwrap_or_default();
        assert!(!bytes.windows(secret.len()).any(|it| it == secret.as_bytes()), "the key is in a file");
    }
}

#[test]
fn a_server_without_a_key_says_how_to_set_one() {
    let (dir, port) = (dir(), free_port());
    let mut running = Running::start(klytics(dir.path(), &["serve"]).env("ROCKET_PORT", port.to_string()));
    let page = get(port, "/");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("KLAVIYO_API_KEY"), "{page}");
    running.terminate();
    assert_eq!(running.ended_within(Duration::from_secs(10)).and_then(|it| it.code()), Some(0));
}

#[test]
fn data_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = dir();
    let mode = |path: &str| fs::metadata(dir.path().join(path)).expect("a file").permissions().mode() & 0o777;
    told(&mut klytics(dir.path(), &["status"]));
    assert_eq!(mode("data"), 0o700);
    // So is the database in a directory that was there before, which others may look into.
    fs::create_dir(dir.path().join("open")).expect("a directory");
    fs::set_permissions(dir.path().join("open"), fs::Permissions::from_mode(0o755)).expect("a directory");
    told(klytics(dir.path(), &["status"]).env("KLYTICS_DATA_DIR", dir.path().join("open")));
    assert_eq!((mode("open"), mode("open/klytics.duckdb")), (0o755, 0o600));
}

#[test]
fn a_demo_shows_its_shop_and_leaves_nothing_behind() {
    let (dir, port) = (dir(), free_port());
    let temporary = dir.path().join("tmp");
    fs::create_dir(&temporary).expect("a directory");
    let arguments = ["demo", "--events", "1000", "--profiles", "50", "--port", &port.to_string()];
    let mut running = Running::start(klytics(dir.path(), &arguments).env("TMPDIR", &temporary));
    let start = std::time::Instant::now();
    while !get(port, "/api/overview").starts_with("HTTP/1.1 200") {
        assert!(start.elapsed() < Duration::from_secs(10), "the first page with data takes too long");
        crate::support::pause(Duration::from_millis(50));
    }
    running.terminate();
    assert_eq!(running.ended_within(Duration::from_secs(20)).and_then(|it| it.code()), Some(0));
    assert_eq!(fs::read_dir(&temporary).expect("a directory").count(), 0, "something was left behind");
    assert!(!dir.path().join("data").exists() && !dir.path().join("klytics-data").exists());
}
