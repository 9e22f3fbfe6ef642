//! The windows that events are read in: how they are cut, in what order they are kept, and what is read again when.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use klytics::demo::{Kind, LateEvent, Mood, Plan, ShopPlan};
use klytics::store::Store;
use klytics::store::runs::Run;
use klytics::sync::{Options, Order};

use crate::support::{
    Mirror, Reading, changes, ended_well, everything, forced, holds_the_truth, lines, noon, only, part, pause, rows,
    same_rows, shop, value,
};

/// A shop with so many events that they are read in several windows.
fn larger(events: u64) -> Plan {
    Plan { shop: ShopPlan { events, profiles: 300, ..ShopPlan::until(noon()) }, ..shop() }
}

fn reading(windows: usize) -> Reading {
    Reading { options: Options { windows, ..Reading::default().options }, ..Reading::default() }
}

/// What a run of events needs.
fn events() -> Order {
    only(&["accounts", "metrics", "events"])
}

/// The bounds of every series of requests for events that was begun from the `since`th request on, in seconds.
fn asked(mirror: &Mirror, since: usize) -> Vec<(i64, i64)> {
    let bound = |query: &str, name: &str| {
        let rest = query.split_once(&format!("{name}%28datetime%2C"))?.1;
        let time = rest.get(..24)?.replace("%3A", ":");
        Some(time.parse::<DateTime<Utc>>().ok()?.timestamp())
    };
    let requests = mirror.fake.requests().into_iter().skip(since);
    // A reconciliation asks for the first event of a metric as well.
    let firsts = requests
        .filter(|it| it.path == "/api/events" && !it.query.contains("cursor") && !it.query.contains("metric_id"));
    let both = |query: &str| Some((bound(query, "greater-or-equal")?, bound(query, "less-than")?));
    firsts.map(|it| both(&it.query).expect("two bounds")).collect()
}

fn covered(store: &Store) -> Vec<(i64, i64)> {
    let windows = store.read(|db| db.covered(&klytics::catalog::EVENTS)).expect("windows");
    windows.iter().map(|it| (it.start.timestamp(), it.end.timestamp())).collect()
}

/// Waits until the run that goes on has come so far.
fn until(mirror: &Mirror, mut come: impl FnMut(&Run) -> bool) {
    for _ in 0..6_000 {
        if mirror.handle.progress().is_some_and(|it| come(&it)) {
            return;
        }
        pause(Duration::from_millis(5));
    }
    panic!("the run did not come so far");
}

#[test]
fn one_window_at_a_time_or_many_end_in_the_same_rows() {
    let copies: Vec<Mirror> = [1, 4, 16].into_iter().map(|it| Mirror::with(larger(40_000), &reading(it))).collect();
    for mirror in &copies {
        ended_well(&mirror.run(events()));
        assert_eq!(covered(&mirror.store).len(), 1, "the windows are one in the end");
    }
    let want = rows(&copies[0].store, false);
    for mirror in &copies[1..] {
        same_rows(&rows(&mirror.store, false), &want);
    }
    assert_eq!(value(&copies[2].store, "select count(*) - count(distinct id) from klaviyo_events"), "0");
}

#[test]
fn no_time_is_asked_for_twice_nor_left_out() {
    let mirror = Mirror::with(larger(40_000), &reading(4));
    ended_well(&mirror.run(events()));
    let mut windows = asked(&mirror, 0);
    assert!(windows.len() >= 4, "{windows:?}");
    assert!(windows.iter().all(|(from, to)| from < to), "{windows:?}");
    windows.sort_unstable();
    assert!(windows.windows(2).all(|it| it[0].1 == it[1].0), "{windows:?}");
    assert_eq!(covered(&mirror.store), [(windows[0].0, windows[windows.len() - 1].1)]);
}

#[test]
fn the_last_days_are_read_first() {
    let mirror = Mirror::with(larger(40_000), &reading(2));
    ended_well(&mirror.run(events()));
    let ends: Vec<i64> = asked(&mirror, 0).iter().map(|it| it.1).collect();
    assert_eq!(ends[0], (noon() - TimeDelta::seconds(10)).timestamp());
    // Two threads may overtake each other by one.
    assert!(ends.windows(3).all(|it| it[2] < it[0]), "{ends:?}");
}

#[test]
fn a_history_that_is_empty_costs_few_requests() {
    // A shop whose three years are preceded by more than thirty without anything.
    let mirror = Mirror::of(shop());
    let run = mirror.run(events());
    ended_well(&run);
    let requests = part(&run, "events").requests;
    assert!((4..40).contains(&requests), "{requests}");
    assert_eq!(covered(&mirror.store), [(631_152_000, (noon() - TimeDelta::seconds(10)).timestamp())]);
}

#[test]
fn what_is_complete_is_not_fetched_again_after_a_stop() {
    let mut mirror = Mirror::with(Plan { latency: Duration::from_millis(20), ..larger(60_000) }, &reading(3));
    let mut kept = 0;
    for turn in 0..3 {
        let before = mirror.fake.requests().len();
        let complete = covered(&mirror.store);
        let ticket = mirror.order(events());
        until(&mirror, |run| part(run, "events").rows_seen > 15_000);
        mirror.stop();
        mirror.restart(&reading(3));
        let again: Vec<_> = asked(&mirror, before)
            .into_iter()
            .filter(|(from, to)| complete.iter().any(|(start, end)| from < end && start < to))
            .collect();
        assert_eq!(again, [], "turn {turn}: {complete:?}");
        let rows = value(&mirror.store, "select count(*) from klaviyo_events").parse::<u64>().expect("a count");
        assert!(rows > kept, "turn {turn}, run {}: it does not get on", ticket.run);
        kept = rows;
    }
    ended_well(&mirror.run(events()));
    let whole = Mirror::with(larger(60_000), &reading(1));
    ended_well(&whole.run(events()));
    same_rows(&rows(&mirror.store, false), &rows(&whole.store, false));
}

#[test]
fn cursors_that_expire_in_several_windows_at_once_lose_nothing() {
    let mirror = Mirror::with(larger(60_000), &reading(6));
    mirror.fake.set_mood(Mood::At("/api/events", Box::new(Mood::ExpiresCursors(20))));
    let run = mirror.run(everything());
    ended_well(&run);
    let expired = mirror.fake.requests().iter().filter(|it| it.path == "/api/events" && it.status == 400).count();
    assert!(expired >= 2, "{expired}");
    holds_the_truth(&mirror, &mirror.fake.truth());
    assert_eq!(covered(&mirror.store).len(), 1);
}

#[test]
fn ten_thousand_events_in_a_second_are_kept_whole() {
    let mirror = Mirror::with(shop(), &reading(4));
    mirror.fake.edit(|shop| {
        // One second that is a whole import, another that holds more than a piece of a window does, and one between.
        for (days, count) in [(3, 10_000_u32), (200, 35_000), (201, 1)] {
            let at = noon() - TimeDelta::days(days);
            for number in 0..count {
                shop.add_event(LateEvent { kind: Kind::ActiveOnSite, at, profile: number % 50 });
            }
        }
    });
    mirror.sync();
    holds_the_truth(&mirror, &mirror.fake.truth());
    assert_eq!(value(&mirror.store, "select count(*) - count(distinct id) from klaviyo_events"), "0");
    assert_eq!(changes(&mirror.run(forced())), (0, 0, 0));
}

/// Lets time pass in which nothing happens: a shop is busy, and days of it take long to read.
fn pass_quiet_time(mirror: &Mirror, by: TimeDelta) {
    mirror.pass_time(by);
    mirror.fake.edit(|shop| shop.forget_since(noon()));
}

fn add_order(mirror: &Mirror, at: DateTime<Utc>) -> String {
    mirror.fake.edit(|shop| shop.add_event(LateEvent { kind: Kind::PlacedOrder, at, profile: 3 }))
}

fn is_here(mirror: &Mirror, id: &str) -> bool {
    value(&mirror.store, &format!("select count(*) from klaviyo_events where id = '{id}'")) == "1"
}

#[test]
fn a_little_is_looked_at_again_at_every_run_more_every_day_and_most_every_week() {
    let mirror = Mirror::copied();
    let start = noon();
    // How far the first window of a run reaches back from where it ends.
    let looked_back = || {
        let before = mirror.fake.requests().len();
        ended_well(&mirror.run(events()));
        let windows = asked(&mirror, before);
        let oldest = windows.iter().map(|it| it.0).min().expect("a window");
        TimeDelta::seconds(mirror.clock().now().timestamp() - oldest)
    };
    let mut seen = Vec::new();
    // Every six hours for nine days.
    for _ in 0..36 {
        pass_quiet_time(&mirror, TimeDelta::hours(6));
        let days = looked_back().num_hours() / 24;
        if days > 0 {
            seen.push(((mirror.clock().now() - start).num_hours() / 24, days));
        }
    }
    assert_eq!(seen, [(1, 3), (2, 3), (3, 3), (4, 3), (5, 3), (6, 3), (7, 30), (8, 3), (9, 3)]);
}

#[test]
fn an_attribution_that_comes_after_twenty_days_is_found_by_the_weekly_look() {
    let mirror = Mirror::copied();
    let since = noon() - TimeDelta::days(20);
    let (order, touch) = mirror.fake.edit(|shop| shop.attribute_late_since(since)).expect("an order");
    let back_dated = add_order(&mirror, since);
    let touched =
        format!("select count(*) from klaviyo_events where id = '{order}' and attributed_event_id = '{touch}'");
    let found = || (value(&mirror.store, &touched) == "1", is_here(&mirror, &back_dated));
    pass_quiet_time(&mirror, TimeDelta::days(1));
    // By events alone: a reconciliation finds by its count what was dated back.
    ended_well(&mirror.run(events()));
    assert_eq!(found(), (false, false), "neither at every run nor every day");
    pass_quiet_time(&mirror, TimeDelta::days(6));
    let truth = mirror.truth_after(TimeDelta::minutes(1));
    mirror.sync();
    assert_eq!(found(), (true, true), "but every week");
    holds_the_truth(&mirror, &truth);
}

#[test]
fn a_first_read_that_took_several_runs_needs_no_look_back() {
    let mut mirror = Mirror::with(Plan { latency: Duration::from_millis(20), ..larger(40_000) }, &reading(3));
    mirror.order(events());
    until(&mirror, |run| part(run, "events").rows_new > 0);
    mirror.stop();
    mirror.restart(&reading(3));
    ended_well(&mirror.run(events()));
    let before = mirror.fake.requests().len();
    mirror.pass_time(TimeDelta::minutes(10));
    ended_well(&mirror.run(events()));
    let oldest = asked(&mirror, before).iter().map(|it| it.0).min().expect("a window");
    assert!(oldest >= (noon() - TimeDelta::hours(3)).timestamp(), "{oldest}");
}

#[test]
fn what_is_dated_ahead_arrives_when_its_time_has_come() {
    let mirror = Mirror::copied();
    let ahead = add_order(&mirror, noon() + TimeDelta::hours(5));
    mirror.pass_time(TimeDelta::hours(4));
    mirror.sync();
    assert!(!is_here(&mirror, &ahead));
    // Nobody ever asked for what is to come, and complete is only what is past.
    let now = mirror.clock().now().timestamp();
    assert!(asked(&mirror, 0).iter().all(|it| it.1 <= now - 10));
    assert!(covered(&mirror.store)[0].1 <= now - 10);
    mirror.pass_time(TimeDelta::minutes(61));
    mirror.sync();
    assert!(is_here(&mirror, &ahead));
}

#[test]
fn an_event_that_moves_between_windows_is_there_once() {
    let mirror = Mirror::with(larger(40_000), &reading(4));
    ended_well(&mirror.run(events()));
    let want = rows(&mirror.store, false);
    // As if some of every window had been dated elsewhere when they were copied, and some copied twice.
    crate::support::seed(
        &mirror.store,
        "update klaviyo_events set timestamp = timestamp - interval 200 day where hash(id) % 40 = 0;
         insert into klaviyo_events select * replace (timestamp + interval 90 day as timestamp)
         from klaviyo_events where hash(id) % 40 = 1",
    );
    ended_well(&mirror.run(Order { forced: true, ..events() }));
    same_rows(&rows(&mirror.store, false), &want);
    assert_eq!(changes(&mirror.run(Order { forced: true, ..events() })), (0, 0, 0));
}

#[test]
fn how_long_it_takes_is_told() {
    let told = |history_days| {
        let options = Options { history_days, windows: 2, ..Reading::default().options };
        let plan = Plan { latency: Duration::from_millis(30), ..larger(40_000) };
        let mirror = Mirror::with(plan, &Reading { options, ..Reading::default() });
        mirror.order(events());
        let mut words = HashSet::new();
        let mut shares = Vec::new();
        until(&mirror, |run| {
            let it = part(run, "events");
            words.extend(it.doing.clone().filter(|it| it.starts_with("back to ")));
            shares.extend(it.done);
            it.rows_seen > 15_000
        });
        mirror.handle.cancel();
        (words, shares)
    };
    // All of history begins about where the account's first metric does.
    for days in [0, 1_000] {
        let (words, shares) = told(days);
        assert!(!words.is_empty(), "{days}");
        assert!(shares.iter().all(|it| (0.0..=1.0).contains(it)) && shares.iter().any(|it| *it > 0.01), "{shares:?}");
        assert!(shares.is_sorted(), "{shares:?}");
    }
}

/// Answers everything with one page, of which some records are none.
fn sloppy() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let page = r#"{"data":[{"type":"event","attributes":{}},
            {"type":"event","id":"e1","attributes":{"datetime":"2026-11-01T00:00:00+00:00","event_properties":{"$value":7}}},
            {"type":"event","id":null}],"included":[{"type":"attribution"}],"links":{"next":null}}"#;
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines().map_while(Result::ok);
            if lines.any(|it| it.is_empty()) {
                let length = page.len();
                let _ =
                    write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{page}");
            }
        }
    });
    format!("http://{address}")
}

#[test]
fn records_without_an_id_are_left_out_and_said_and_the_rest_is_kept() {
    let options = Options { history_days: 60, windows: 1, ..Reading::default().options };
    let mirror = Mirror::with(shop(), &Reading { base_url: Some(sloppy()), options, ..Reading::default() });
    let run = mirror.run(only(&["events"]));
    let it = part(&run, "events");
    // Each window is answered alike, and what has an id is kept once.
    assert_eq!((it.status.name(), it.rows_new), ("completed", 1));
    let left_out =
        format!("{} records that Klaviyo sent have no id and were left out; everything else is here", 3 * it.requests);
    assert_eq!(mirror.status("events").error.as_deref(), Some(left_out.as_str()));
    assert_eq!(lines(&mirror.store, "select id, value from klaviyo_events"), ["e1 7.0000"]);
    // It is no failure: the next run has nothing to make up for.
    assert!(mirror.status("events").last_synced_at.is_some());
}
