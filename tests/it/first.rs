//! Database-first: what was never copied is read when the API is asked for it, in time or not, well or not.

use std::time::Duration;

use chrono::TimeDelta;
use klytics::config;
use klytics::demo::{Mood, Plan};
use klytics::store::Store;
use klytics::sync::{Handle, Ticket};
use rocket::futures::future::join_all;
use rocket::http::Status;
use rocket::local::asynchronous;
use serde_json::{Value, json};

use crate::support::{
    Mirror, Reading, Served, at_rest, ended_well, lines, seed, serve, serve_by, serve_with, server, shop, value,
};

/// The application over an account that nothing was copied of; its threads are the application's own.
fn nothing_copied(plan: Plan, deadline: u64) -> (Mirror, Served) {
    let (mirror, handle) = at_rest_of(plan);
    let served = serve_by(mirror.store.clone(), handle, config::Api { fallback_deadline_secs: deadline });
    (mirror, served)
}

fn at_rest_of(plan: Plan) -> (Mirror, Handle) {
    let mut mirror = Mirror::of(plan);
    mirror.stop();
    mirror.handle = at_rest(&mirror.fake, &mirror.store, &mirror.clock(), &Reading::default());
    let handle = mirror.handle.clone();
    (mirror, handle)
}

struct Told {
    status: Status,
    source: Option<String>,
    kept: Option<String>,
    body: Value,
}

fn get(served: &Served, path: &str) -> Told {
    let answer = served.client.get(path.to_owned()).dispatch();
    let header = |name: &str| answer.headers().get_one(name).map(str::to_owned);
    let (source, kept) = (header("X-Data-Source"), header("Cache-Control"));
    Told { status: answer.status(), source, kept, body: answer.into_json().expect("JSON") }
}

fn ended(mirror: &Mirror, run: &Value) {
    let run = run["id"].as_i64().expect("a number");
    let status = klytics::store::runs::Status::Queued;
    ended_well(&mirror.ended(&Ticket { run, joined: false, status, entities: Vec::new() }));
}

#[test]
fn what_was_never_copied_is_read_when_it_is_asked_for() {
    let (mirror, served) = nothing_copied(shop(), 10);
    for entity in ["campaigns", "flows", "forms", "segments", "lists", "metrics"] {
        let path = format!("/api/{entity}?limit=1000&range=all");
        let path =
            if ["segments", "lists", "metrics"].contains(&entity) { format!("/api/{entity}?limit=1000") } else { path };
        let first = get(&served, &path);
        assert_eq!((first.status, first.source.as_deref()), (Status::Ok, Some("klaviyo")), "{entity}: {}", first.body);
        let again = get(&served, &path);
        assert_eq!((again.status, again.source.as_deref()), (Status::Ok, Some("database")), "{entity}");
        assert_eq!(first.body, again.body, "{entity}");
        let rows = first.body.as_array().expect("rows").len();
        // Without events there is no first day; all days are today.
        if entity != "campaigns" {
            assert_eq!(
                rows.to_string(),
                value(&mirror.store, &format!("select count(*) from klaviyo_{entity}")),
                "{entity}"
            );
            assert!(rows > 0, "{entity}");
        }
    }
    let asked: Vec<_> = mirror.fake.requests().into_iter().map(|it| it.path).collect();
    assert!(!asked.iter().any(|it| it.starts_with("/api/events") || it.starts_with("/api/profiles")), "{asked:?}");
    assert_eq!(asked.iter().filter(|it| *it == "/api/accounts").count(), 1, "the account was read once: {asked:?}");
}

#[test]
fn what_nobody_counted_yet_is_null_and_not_zero() {
    let (mirror, served) = nothing_copied(shop(), 10);
    let campaigns = get(&served, "/api/campaigns?range=2026-10-01,2026-11-21&limit=1000").body;
    let sent = "select id from klaviyo_campaigns where deleted_at is null
                and sent_at >= '2026-10-01 04:00' and sent_at < '2026-11-22 05:00'";
    let mut ids: Vec<_> =
        campaigns.as_array().expect("rows").iter().map(|it| it["id"].as_str().expect("an id")).collect();
    ids.sort_unstable();
    assert_eq!(ids, lines(&mirror.store, sent));
    assert!(ids.len() > 3, "{ids:?}");
    for field in ["sent", "delivered", "openRate", "conversions", "revenue"] {
        assert_eq!(campaigns[0][field], json!(null), "{field}");
    }
    let flow = &get(&served, "/api/flows").body[0];
    assert_eq!((&flow["recipients"], flow["name"].is_string()), (&json!(null), true));
    let form = &get(&served, "/api/forms").body[0];
    assert_eq!((&form["views"], &form["conversions"]), (&json!(null), &json!(null)));
    let id = flow["id"].as_str().expect("an id");
    let one = get(&served, &format!("/api/flows/{id}")).body;
    assert_eq!((&one["recipients"], one["metadata"].is_object()), (&json!(null), true));
}

#[test]
fn what_takes_too_long_is_told_to_be_under_way() {
    let plan = Plan { latency: Duration::from_millis(1_500), ..shop() };
    let (mirror, served) = nothing_copied(plan, 1);
    let told = get(&served, "/api/segments");
    assert_eq!((told.status, &told.body["status"]), (Status::Accepted, &json!("syncing")), "{}", told.body);
    assert_eq!(told.kept.as_deref(), Some("no-store"));
    assert_eq!(told.body["run"]["entities"], json!(["accounts", "segments"]));
    assert!(told.body["progress"].is_null() || told.body["progress"].is_number());
    // Asked again meanwhile, it is the same run.
    assert_eq!(get(&served, "/api/segments").body["run"]["id"], told.body["run"]["id"]);
    ended(&mirror, &told.body["run"]);
    let well = get(&served, "/api/segments");
    assert_eq!((well.status, well.source.as_deref()), (Status::Ok, Some("database")));
}

#[test]
fn without_a_deadline_nobody_waits() {
    let (mirror, served) = nothing_copied(Plan { latency: Duration::from_millis(200), ..shop() }, 0);
    let told = get(&served, "/api/lists");
    assert_eq!((told.status, &told.body["status"]), (Status::Accepted, &json!("syncing")));
    ended(&mirror, &told.body["run"]);
}

#[test]
fn what_rests_on_events_begins_their_run_and_says_so() {
    let (mirror, served) = nothing_copied(shop(), 10);
    let told = get(&served, "/api/overview");
    assert_eq!((told.status, &told.body["status"]), (Status::Accepted, &json!("syncing")), "{}", told.body);
    assert_eq!(told.body["run"]["entities"], json!(["accounts", "metrics", "mapped_metrics", "events"]));
    ended(&mirror, &told.body["run"]);
    let overview = get(&served, "/api/overview");
    assert_eq!((overview.status, overview.source.as_deref()), (Status::Ok, Some("database")));
    assert!(overview.body["revenue"]["current"].as_f64().is_some_and(|it| it > 0.0), "{}", overview.body);
}

#[test]
fn what_klaviyo_refuses_is_said_and_never_kept() {
    for (mood, words) in [
        (Mood::RefusesTheKey, "refused the API key"),
        (Mood::LacksScope("segments:read"), "segments:read"),
        (Mood::At("/api/segments", Box::new(Mood::FailsEvery(1, 503))), "could not read /api/segments"),
    ] {
        let (mirror, served) = nothing_copied(shop(), 10);
        mirror.fake.set_mood(mood.clone());
        for _ in 0..2 {
            let told = get(&served, "/api/segments");
            assert_eq!(told.status, Status::BadGateway, "{mood:?}: {}", told.body);
            assert_eq!((told.kept.as_deref(), &told.body["error"]), (Some("no-store"), &json!("bad_gateway")));
            let message = told.body["message"].as_str().expect("a message");
            assert!(message.contains(words) && message.starts_with("Segments were never copied"), "{message}");
        }
        mirror.fake.set_mood(Mood::Well);
        // A key that was refused is left alone for a minute.
        mirror.pass_time(TimeDelta::seconds(61));
        let well = get(&served, "/api/segments");
        assert_eq!((well.status, well.source.as_deref()), (Status::Ok, Some("klaviyo")), "{mood:?}: {}", well.body);
    }
}

#[test]
fn a_used_up_quota_is_a_matter_of_time() {
    let (mirror, served) = nothing_copied(shop(), 10);
    mirror.fake.set_mood(Mood::At("/api/lists", Box::new(Mood::DailyQuota)));
    let told = get(&served, "/api/lists");
    assert_eq!((told.status, &told.body["error"]), (Status::ServiceUnavailable, &json!("service_unavailable")));
    assert!(told.body["message"].as_str().expect("a message").contains("used up; it can go on at"), "{}", told.body);
}

#[test]
fn without_a_key_it_is_said_how_to_set_one() {
    let served = serve(Store::in_memory().expect("a database"));
    for path in ["/api/segments", "/api/overview", "/api/tags", "/api/events", "/api/flows/F1"] {
        let told = get(&served, path);
        assert_eq!((told.status, &told.body["status"]), (Status::Accepted, &json!("never")), "{path}");
        assert!(told.body["message"].as_str().expect("a message").contains("KLAVIYO_API_KEY"), "{path}: {}", told.body);
        assert_eq!(told.body["run"], json!(null));
    }
}

#[test]
fn what_is_copied_but_empty_is_empty() {
    let store = Store::in_memory().expect("a database");
    seed(
        &store,
        "insert into klaviyo_sync_status (entity_type, status, last_sync_time, record_count, success)
         values ('tags', 'completed', '2026-03-10 10:00', 0, true)",
    );
    let told = get(&serve(store), "/api/tags");
    assert_eq!((told.status, told.body), (Status::Ok, json!([])));
}

#[test]
fn an_entity_of_a_long_run_is_not_kept_waiting_for_the_others() {
    // Events answer too late for anyone to wait for the whole run.
    let (mirror, handle) = at_rest_of(shop());
    mirror.fake.set_mood(Mood::At("/api/events", Box::new(Mood::Hangs(1, Duration::from_secs(15)))));
    let served = serve_with(mirror.store.clone(), handle.clone());
    let all = get(&served, "/api/events");
    assert_eq!(all.body["status"], "syncing", "{}", all.body);
    let order = crate::support::everything();
    handle.start(order).expect("a run");
    let metrics = get(&served, "/api/metrics");
    assert_eq!(metrics.status, Status::Ok, "{}", metrics.body);
    assert!(handle.progress().is_some(), "the run goes on");
    handle.cancel();
}

#[rocket::async_test]
async fn two_who_ask_at_once_start_one_run() {
    let plan = Plan { latency: Duration::from_millis(50), ..shop() };
    let (mirror, handle) = rocket::tokio::task::spawn_blocking(|| at_rest_of(plan)).await.expect("a fake");
    let (server, _data_dir) = server(mirror.store.clone(), handle, config::Api::default());
    let client = asynchronous::Client::untracked(server).await.expect("a client");
    let answers = join_all((0..8).map(|_| client.get("/api/flows").dispatch())).await;
    for answer in answers {
        assert_eq!(answer.status(), Status::Ok);
    }
    assert_eq!(value(&mirror.store, "select count(*) from sync_runs"), "1");
    let asked = mirror.fake.requests().into_iter().filter(|it| it.path == "/api/flows").count();
    assert!(asked <= 4, "{asked} requests, and not eight times as many");
    rocket::tokio::task::spawn_blocking(move || drop(mirror)).await.expect("an end");
}

#[test]
fn a_refused_key_is_told_with_what_to_do_and_not_tried_for_every_reader() {
    let (mirror, served) = nothing_copied(shop(), 10);
    mirror.fake.set_mood(Mood::RefusesTheKey);
    assert_eq!(get(&served, "/api/segments").status, Status::BadGateway);
    let asked = mirror.fake.requests().len();
    for path in ["/api/segments", "/api/events", "/api/overview", "/api/profiles"] {
        let told = get(&served, path);
        assert_eq!(told.status, Status::BadGateway, "{path}: {}", told.body);
        let words = told.body.to_string();
        assert!(words.contains("refused the API key") && words.contains("new private key"), "{path}: {words}");
    }
    assert_eq!(mirror.fake.requests().len(), asked, "every reader tries the key again");
    let page = served.client.get("/").dispatch().into_string().expect("a page");
    assert!(page.contains("new private key"), "the first page has no remedy");
}
