//! Klaviyo in a storm, and an account that changes meanwhile: nothing that is shown is ever wrong, and in the end
//! everything is there.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use klytics::demo::{Kind, LateEvent, Mood, Shop};
use klytics::store::runs::Run;
use klytics::store::{Db, Store};
use rocket::http::Header;
use serde_json::Value;

use crate::support::{
    Mirror, Reading, Served, account, at_rest, ended_well, entity, everything, forced, holds_the_truth, lines, pause,
    rows, seed, serve, shop, value,
};

/// In a hurry, so that what hangs is given up.
fn reading() -> Reading {
    Reading { timeout: Duration::from_millis(700), ..Reading::default() }
}

/// Runs under which the account changes, each in another storm.
const RUNS: u64 = 4;

#[test]
fn an_account_in_a_storm_is_copied_to_the_cent() {
    for seed in [11, 22, 33] {
        weather(seed);
    }
}

#[test]
fn what_is_answered_at_once_is_of_one_moment() {
    let store = account();
    let (before, during) = store
        .read(|db| {
            let count = |db: &Db<'_>| db.count(entity("lists"));
            let before = count(db)?;
            seed(&store, "insert into klaviyo_lists (id, name) values ('L', 'Newsletter')");
            Ok((before, count(db)?))
        })
        .expect("counts");
    assert_eq!((before, during), (0, 0));
    assert_eq!(value(&store, "select count(*) from klaviyo_lists"), "1");
}

/// A first read and some more runs in a storm, while the account changes and someone looks; then two in fine weather.
fn weather(seed: u64) {
    let mirror = Mirror::with(shop(), &reading());
    let least = mirror.truth_after(TimeDelta::seconds(11)).revenue();
    let bounds = Arc::new(Bounds::new(least, mirror.fake.truth().revenue()));
    let looking = Looking::start(mirror.store.clone(), Arc::clone(&bounds));
    copy_at_first(&mirror, seed);
    // From here on all of the past is copied, and what is shown of it can fall short by what is taken away at most.
    bounds.whole.store(true, Ordering::SeqCst);
    for run in 0..RUNS {
        mirror.fake.set_mood(Mood::Storm { seed: seed * 100 + run });
        let ticket = mirror.order(everything());
        for step in 0..5 {
            mirror.fake.edit(|shop| change(shop, run * 5 + step, mirror.clock().now(), &bounds));
            pause(Duration::from_millis(20));
        }
        told_truthfully(&mirror, &mirror.ended(&ticket));
        pass(&mirror, TimeDelta::minutes(20), &bounds);
    }
    mirror.fake.set_mood(Mood::Well);
    let before = mirror.fake.truth().revenue();
    let truth = mirror.truth_after(TimeDelta::minutes(10));
    bounds.may_rise(mirror.fake.truth().revenue() - before);
    mirror.sync();
    ended_well(&mirror.run(forced()));
    holds_the_truth(&mirror, &truth);
    let shown = looking.ended();
    assert_eq!(shown, Some(truth.revenue()), "what is shown in the end");
    is_as_if_copied_now(&mirror);
}

/// The first read: in the storm again and again until it has come to its end, as the schedule would have it.
fn copy_at_first(mirror: &Mirror, seed: u64) {
    for storm in 0.. {
        assert!(storm < 30, "there is no end of it");
        mirror.fake.set_mood(Mood::Storm { seed: seed + storm });
        let run = mirror.run(everything());
        told_truthfully(mirror, &run);
        if run.status.name() == "completed" {
            return;
        }
    }
}

/// Lets time pass, in which orders are placed.
fn pass(mirror: &Mirror, time: TimeDelta, bounds: &Bounds) {
    let before = mirror.fake.truth().revenue();
    mirror.pass_time(time);
    bounds.may_rise(mirror.fake.truth().revenue() - before);
}

/// What the run says of each entity is what its status says, and who failed says why.
#[track_caller]
fn told_truthfully(mirror: &Mirror, run: &Run) {
    let mut failed = false;
    for it in &run.entities {
        let status = mirror.status(&it.name);
        assert_eq!((status.status, &status.error), (it.status, &it.error), "{}", it.name);
        match it.status.name() {
            "completed" => assert_eq!(it.error, None, "{}", it.name),
            "failed" => assert!(it.error.as_ref().is_some_and(|it| !it.is_empty()), "{} says nothing", it.name),
            other => panic!("{} is {other}: {:?}", it.name, it.error),
        }
        failed |= it.status.name() == "failed";
    }
    assert_eq!(run.status.name(), if failed { "failed" } else { "completed" });
}

/// A copy that is begun now has the same rows, but for those that this one keeps as deleted.
fn is_as_if_copied_now(mirror: &Mirror) {
    let store = Store::in_memory().expect("a database");
    let handle = at_rest(&mirror.fake, &store, &mirror.clock(), &Reading::default());
    let threads = handle.spawn(false);
    let ticket = handle.start(everything()).expect("a run");
    ended_well(&handle.ended(ticket.run, Duration::from_mins(1)).expect("a run that ends"));
    threads.stop(Duration::from_secs(10));
    let (got, want) = (rows(&mirror.store, false), rows(&store, false));
    for (entity, want) in &want {
        let got = &got[entity];
        let lacking = want.iter().find(|it| got.binary_search(it).is_err());
        assert_eq!(lacking, None, "{entity}: the first row that is not as it is now");
        let columns =
            format!("from duckdb_columns() where table_name = 'klaviyo_{entity}' and column_name = 'deleted_at'");
        let deleted = match lines(&mirror.store, &format!("select 1 {columns}")).len() {
            0 => "0".to_owned(),
            _ => value(&mirror.store, &format!("select count(*) from klaviyo_{entity} where deleted_at is not null")),
        };
        assert_eq!((got.len() - want.len()).to_string(), deleted, "{entity}: rows that are not there now");
    }
}

/// Between which amounts the revenue that is shown has to lie, in cents.
struct Bounds {
    least: AtomicI64,
    most: AtomicI64,
    /// Whether all of the past was copied once.
    whole: AtomicBool,
}

impl Bounds {
    fn new(least: i64, most: i64) -> Bounds {
        Bounds { least: least.into(), most: most.into(), whole: false.into() }
    }

    /// Something is earned; until it is copied it does not show.
    fn may_rise(&self, cents: i64) {
        self.most.fetch_add(cents, Ordering::SeqCst);
    }

    fn may_fall(&self, cents: i64) {
        self.least.fetch_sub(cents, Ordering::SeqCst);
    }
}

/// Does to the account what accounts have done to them. Nobody reads from it before the bounds are set.
fn change(shop: &mut Shop, step: u64, now: DateTime<Utc>, bounds: &Bounds) {
    let number = usize::try_from(step).expect("a small number");
    let ago = TimeDelta::days(3 + i64::try_from(step * 17 % 200).expect("a small number"));
    let order = shop.place_of(Kind::PlacedOrder, 2 * number).expect("an order");
    let cents = i64::from(shop.order_cents(order).unwrap_or_default());
    let event = |kind, at| LateEvent { kind, at, profile: 3 };
    let before = revenue(shop);
    match step % 10 {
        // Late, dated back far, dated ahead, and the same twice.
        0 => _ = shop.add_event(event(Kind::PlacedOrder, now - TimeDelta::minutes(50))),
        1 => _ = shop.add_event(event(Kind::PlacedOrder, now - ago)),
        2 => _ = shop.add_event(event(Kind::ActiveOnSite, now + ago)),
        3 => {
            for _ in 0..2 {
                shop.add_event(event(Kind::PlacedOrder, now - ago));
            }
        }
        4 => _ = shop.delete_event(order),
        5 => _ = shop.correct_value(order, 4_321),
        // Between two windows it may be seen twice, or not at all.
        6 => {
            bounds.may_rise(cents);
            bounds.may_fall(cents);
            shop.move_event(order, now - ago);
        }
        7 => shop.merge_profiles(10 + u32::try_from(step % 50).expect("small"), 3, now),
        8 => {
            shop.rename_campaign(number % 20, &format!("Renamed {step}"), now);
            shop.rename_metric(Kind::ReceivedText, &format!("Received SMS {step}"));
            shop.delete_campaign(20 + number % 20);
        }
        _ => {
            let viewed = shop.latest(Kind::ViewedProduct).expect("a view");
            shop.delete_event(viewed);
            shop.delete_profile(200 + u32::try_from(step % 50).expect("small"));
            _ = shop.attribute_late();
        }
    }
    let by = revenue(shop) - before;
    bounds.may_rise(by.max(0));
    bounds.may_fall((-by).max(0));
}

/// Cents of all orders in the account's currency.
fn revenue(shop: &Shop) -> i64 {
    let orders = (0..).map_while(|it| shop.place_of(Kind::PlacedOrder, it));
    orders.filter_map(|it| shop.order_cents(it)).map(i64::from).sum()
}

/// What is looked at. All days of the shop lie in the range.
const PATHS: &[&str] = &[
    OVERVIEW,
    "/?range=2024-01-01_to_2027-12-31",
    "/sync",
    "/api/charts/revenue?dateRange=2024-01-01_to_2027-12-31",
    "/api/charts/distribution?dateRange=2024-01-01_to_2027-12-31",
    "/api/charts/top-flows?dateRange=last-30-days",
    "/api/campaigns?limit=20",
    "/api/flows",
    "/api/forms",
    "/api/segments",
    "/api/lists",
    "/api/metrics",
    "/api/profiles?limit=20",
    "/api/sync/status",
    "/api/health",
];
const OVERVIEW: &str = "/api/overview?dateRange=2024-01-01_to_2027-12-31";

/// Someone who looks at everything all the time, and believes nothing.
struct Looking {
    stop: Sender<()>,
    thread: JoinHandle<Option<i64>>,
}

impl Looking {
    fn start(store: Store, bounds: Arc<Bounds>) -> Looking {
        let ((stop, stopped), (ready, is_ready)) = (mpsc::channel(), mpsc::channel());
        let thread = std::thread::spawn(move || {
            let served = serve(store);
            ready.send(()).expect("a test");
            look(&served, &bounds, &stopped)
        });
        is_ready.recv().expect("a server");
        Looking { stop, thread }
    }

    /// The revenue that was shown last, in cents.
    fn ended(self) -> Option<i64> {
        // Who saw something wrong is gone by now, and the thread tells what it was.
        let _ = self.stop.send(());
        self.thread.join().expect("someone who saw nothing wrong")
    }
}

fn look(served: &Served, bounds: &Bounds, end: &Receiver<()>) -> Option<i64> {
    let mut tagged = HashMap::new();
    for round in 1.. {
        // Nobody is left to tell it where the test has failed.
        let last = end.recv_timeout(Duration::from_millis(20)) != Err(RecvTimeoutError::Timeout);
        let whole = bounds.whole.load(Ordering::SeqCst);
        let mut shown = None;
        for path in PATHS {
            let body = see(served, path, &mut tagged);
            if *path == OVERVIEW {
                shown = believe(&serde_json::from_str(&body).expect("JSON"));
            }
        }
        let most = bounds.most.load(Ordering::SeqCst);
        let fewest = if whole { bounds.least.load(Ordering::SeqCst) } else { 0 };
        let cents = shown.unwrap_or(fewest);
        assert!(fewest <= cents && cents <= most, "{cents} cents were shown, and not {fewest} to {most}");
        if last {
            assert!(round > 2, "looked at only {round} times");
            return shown;
        }
    }
    None
}

/// The latest tag of each path, and what was shown under it.
type Tagged = HashMap<&'static str, (String, String)>;

/// What a path shows, which has to be something; what has the same tag has to be the same.
fn see(served: &Served, path: &'static str, tagged: &mut Tagged) -> String {
    let mut request = served.client.get(path);
    if let Some((tag, _)) = tagged.get(path) {
        request = request.header(Header::new("If-None-Match", tag.clone()));
    }
    let answer = request.dispatch();
    let (status, tag) = (answer.status().code, answer.headers().get_one("ETag").map(str::to_owned));
    let body = answer.into_string().unwrap_or_default();
    let known = tagged.get(path);
    match status {
        304 => known.expect("only what was tagged is unchanged").1.clone(),
        200 | 202 => {
            assert!(!body.is_empty(), "{path}");
            if path.starts_with("/api/") {
                serde_json::from_str::<Value>(&body).unwrap_or_else(|error| panic!("{path}: {error}"));
            }
            if let (Some(tag), Some((before, was))) = (&tag, known) {
                assert!(tag != before || *was == body, "{path}: another answer under the same tag");
            }
            if let Some(tag) = tag {
                tagged.insert(path, (tag, body.clone()));
            }
            body
        }
        other => panic!("{path}: {other}"),
    }
}

/// The revenue of an overview in cents, whose numbers have to agree with one another.
fn believe(overview: &Value) -> Option<i64> {
    let number = |pointer: &str| overview.pointer(pointer).and_then(Value::as_f64);
    for rate in ["openRate", "clickRate", "conversionRate"] {
        let rate = number(&format!("/{rate}/current"));
        assert!(rate.is_none_or(|it| (0.0..=1.0).contains(&it)), "{overview}");
    }
    let (revenue, attributed) = (number("/revenue/current")?, number("/attributedRevenue/current")?);
    let channels = overview["channels"].as_array().expect("channels");
    let sum: f64 = channels.iter().filter_map(|it| it["value"].as_f64()).sum();
    assert!(attributed <= revenue + 0.005 && (sum - revenue).abs() < 0.005, "{overview}");
    #[expect(clippy::cast_possible_truncation, reason = "an amount of a shop in a test")]
    let cents = (revenue * 100.0).round() as i64;
    Some(cents)
}
