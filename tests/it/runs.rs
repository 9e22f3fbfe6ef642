//! Runs side by side: who waits for whom, what a pause holds, what is said of them, and what a schedule begins.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use klytics::demo::{Mood, Plan, ShopPlan};
use klytics::store::runs::{Level, Line, Run, Status};
use klytics::sync::schedule::Timetable;
use klytics::sync::{Options, Order, Ticket, Trigger};

use rocket::http::{ContentType, Header, Status as HttpStatus};
use serde_json::{Value, json};

use crate::support::{
    Mirror, Reading, Served, account, at_rest, changes, ended_well, entity, everything, forced, holds_the_truth,
    keyless, lines, noon, only, part, pause, serve_with, shop, told, value,
};

/// A shop that takes a while to be copied: sixty pages of events, each after a moment.
fn slow() -> Plan {
    let shop = ShopPlan { events: 60_000, profiles: 300, ..ShopPlan::until(noon()) };
    Plan { shop, latency: Duration::from_millis(20), ..self::shop() }
}

#[track_caller]
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < until, "{what} does not come about");
        pause(Duration::from_millis(2));
    }
}

fn running(mirror: &Mirror, run: i64) -> Option<Run> {
    mirror.handle.runs().into_iter().find(|it| it.id == run)
}

fn log(mirror: &Mirror, run: i64) -> Vec<Line> {
    mirror.store.read(|db| db.log(run)).expect("a log")
}

fn said(mirror: &Mirror, run: i64) -> Vec<String> {
    let words = |it: Line| format!("{}: {}", it.entity.unwrap_or_else(|| "run".to_owned()), it.words);
    log(mirror, run).into_iter().map(words).collect()
}

fn requests(mirror: &Mirror) -> usize {
    mirror.fake.requests().len()
}

#[test]
fn two_runs_go_on_at_once_and_copy_nothing_twice_at_a_time() {
    let mirror = Mirror::of(slow());
    let events = mirror.order(only(&["events"]));
    let campaigns = mirror.order(only(&["campaigns", "events", "tags"]));
    assert!(!campaigns.joined);
    assert_eq!(campaigns.entities, ["campaigns", "campaign_messages", "tags"], "the events are left to the first");
    let full = mirror.order(Order { forced: true, ..only(&["events", "tags"]) });
    assert!(!full.joined, "an incremental run never stands in for a full one");
    ended_well(&mirror.ended(&campaigns));
    let first = running(&mirror, events.run).expect("the events take longer");
    assert_eq!(part(&first, "events").status, Status::Running);
    let waiting = running(&mirror, full.run).expect("a run that waits");
    assert_eq!(part(&waiting, "events").status, Status::Queued, "two runs copy the events at a time");
    assert_eq!(mirror.handle.progress().map(|it| it.id), Some(events.run));
    ended_well(&mirror.ended(&events));
    let full = mirror.ended(&full);
    ended_well(&full);
    assert_eq!((changes(&full), part(&full, "events").rows_seen > 50_000), ((0, 0, 0), true));
    assert_eq!(mirror.handle.runs().len(), 0);
    assert_eq!(value(&mirror.store, "select count(*) - count(distinct id) from klaviyo_events"), "0");
}

#[test]
fn what_takes_long_does_not_hold_up_events() {
    let mirror = Mirror::copied();
    // Every size of a segment comes after two seconds.
    mirror.fake.set_mood(Mood::At("/api/segments/", Box::new(Mood::Hangs(1, Duration::from_secs(2)))));
    let slow = mirror.order(only(&["segment_counts"]));
    until("the counting", || running(&mirror, slow.run).is_some_and(|it| it.status == Status::Running));
    assert!(!mirror.handle.is_busy(), "nobody waits for sizes");
    let events = mirror.order(only(&["events", "campaigns", "segment_counts"]));
    assert_eq!(events.entities, ["events", "campaigns", "campaign_messages"]);
    let run = mirror.ended(&events);
    ended_well(&run);
    assert!(running(&mirror, slow.run).is_some(), "the sizes came first after all");
    mirror.fake.set_mood(Mood::Well);
}

#[test]
fn a_run_is_ordered_while_the_database_is_written_to() {
    let mirror = Mirror::of(shop());
    let ticket = mirror
        .store
        .write(|_| {
            let start = Instant::now();
            let ticket = mirror.order(everything());
            let joined = mirror.order(only(&["events"]));
            assert!(start.elapsed() < Duration::from_millis(500), "an order waits for the writer");
            assert_eq!((joined.run, joined.joined), (ticket.run, true));
            Ok(ticket)
        })
        .expect("a write");
    ended_well(&mirror.ended(&ticket));
    assert_eq!(lines(&mirror.store, "select id, status from sync_runs"), ["1 completed"]);
}

/// A first read of the events that was paused somewhere on its way.
fn paused() -> (Mirror, Ticket) {
    let mirror = Mirror::of(slow());
    let ticket = mirror.order(everything());
    until("a first window", || running(&mirror, ticket.run).is_some_and(|it| part(&it, "events").rows_new > 0));
    mirror.handle.pause().expect("a pause");
    assert!(mirror.handle.is_paused());
    (mirror, ticket)
}

#[test]
fn what_waits_for_a_rate_limit_holds_nobody_up() {
    let reports = klytics::sync::Reach { history_days: 150, restate_days: 30 };
    let options = Options { reports, parallel: 1, ..Reading::default().options };
    // Two reports a minute of each kind, in real time: they wait for most of an hour.
    let mirror = Mirror::with(shop(), &Reading { options, waits: true, ..Reading::default() });
    let ticket = mirror.order(everything());
    let counts = ["list_counts", "segment_counts", "list_members", "metric_aggregates"];
    let of = |name: &str| running(&mirror, ticket.run).map(|it| part(&it, name).clone());
    until("what is behind the reports", || {
        counts.iter().all(|name| of(name).is_some_and(|it| !matches!(it.status, Status::Queued)))
    });
    let reports: Vec<_> = running(&mirror, ticket.run)
        .expect("a run")
        .entities
        .into_iter()
        .filter(|it| it.name.ends_with("_reports") && it.status == Status::Running)
        .collect();
    assert!(reports.len() >= 6, "{reports:?}");
    // A wait that is ahead was not waited yet.
    assert!(reports.iter().all(|it| it.waited_secs < 45.0), "{reports:?}");
    assert!(reports.iter().any(|it| it.doing.as_ref().is_some_and(|it| it.starts_with("waiting "))), "{reports:?}");
    mirror.handle.cancel();
    mirror.ended(&ticket);
}

/// Waits until nothing is asked any more.
fn settle(mirror: &Mirror) {
    let mut before = requests(mirror);
    loop {
        pause(Duration::from_millis(150));
        let now = requests(mirror);
        if now == before {
            return;
        }
        before = now;
    }
}

#[test]
fn a_pause_holds_everything_and_a_resume_goes_on_where_it_was() {
    let (mirror, ticket) = paused();
    settle(&mirror);
    // A kill from here on costs nothing that was complete: what is counted as new is in the file.
    let (mut kept, mut seen) = (0, 0);
    until("what was complete is written", || {
        let held = running(&mirror, ticket.run).expect("a run that is held");
        assert_eq!(held.status, Status::Paused);
        let events = part(&held, "events");
        kept = value(&mirror.store, "select count(*) from klaviyo_events").parse().expect("a count");
        seen = events.rows_seen.unsigned_abs();
        kept > 0 && events.rows_new.unsigned_abs() == kept
    });
    assert!(seen - kept < 3 * 30_000, "{kept} of {seen}");
    assert_eq!(lines(&mirror.store, "select status from sync_runs"), ["paused"]);
    // What is ordered meanwhile waits, too.
    let later = mirror.order(forced());
    assert_eq!((later.joined, later.status), (false, Status::Paused));
    settle(&mirror);
    assert!(mirror.handle.cancel_run(later.run));
    mirror.ended(&later);
    mirror.handle.resume().expect("no pause");
    let run = mirror.ended(&ticket);
    ended_well(&run);
    // Nothing was asked twice, in both halves together.
    let mut pages = mirror.fake.requests();
    pages.retain(|it| it.path == "/api/events");
    let mut asked: Vec<String> = pages.into_iter().map(|it| it.query).collect();
    asked.sort();
    let twice: Vec<_> = asked.windows(2).filter(|it| it[0] == it[1]).map(|it| it[0].as_str()).collect();
    assert_eq!((asked.len() > 60, twice), (true, vec![]));
    holds_the_truth(&mirror, &mirror.fake.truth());
}

#[test]
fn a_pause_outlives_a_restart() {
    let (mut mirror, ticket) = paused();
    let before: u64 = value(&mirror.store, "select count(*) from klaviyo_events").parse().expect("a count");
    mirror.restart(&Reading::default());
    assert!(mirror.handle.is_paused());
    let held = running(&mirror, ticket.run).expect("the same run");
    assert_eq!((held.status, held.trigger.as_str()), (Status::Paused, "api"));
    assert!(part(&held, "events").rows_new > 0, "what it did is still known");
    let asked = requests(&mirror);
    settle(&mirror);
    assert_eq!(requests(&mirror), asked, "nothing goes on by itself");
    mirror.handle.resume().expect("no pause");
    let run = mirror.ended(&ticket);
    ended_well(&run);
    assert!(part(&run, "events").rows_new.unsigned_abs() >= before);
    holds_the_truth(&mirror, &mirror.fake.truth());
    assert_eq!(lines(&mirror.store, "select id, status from sync_runs"), [format!("{} completed", ticket.run)]);
    assert_eq!(value(&mirror.store, "select count(*) from sync_paused_runs"), "0");
}

#[test]
fn a_paused_run_can_be_cancelled() {
    let (mirror, ticket) = paused();
    assert!(mirror.handle.cancel_run(ticket.run));
    let run = mirror.ended(&ticket);
    assert_eq!((run.status, part(&run, "events").status), (Status::Cancelled, Status::Cancelled));
    assert!(mirror.handle.is_paused(), "the pause is for what comes, too");
    mirror.handle.resume().expect("no pause");
    mirror.sync();
    holds_the_truth(&mirror, &mirror.fake.truth());
}

#[test]
fn one_run_is_cancelled_and_the_other_goes_on() {
    let mirror = Mirror::of(slow());
    let events = mirror.order(only(&["events"]));
    let profiles = mirror.order(only(&["profiles"]));
    until("both", || mirror.handle.runs().iter().filter(|it| it.status == Status::Running).count() == 2);
    assert!(mirror.handle.cancel_run(events.run));
    assert!(!mirror.handle.cancel_run(99));
    assert_eq!(mirror.ended(&events).status, Status::Cancelled);
    ended_well(&mirror.ended(&profiles));
    // The schedule does not begin again at once what a person ended.
    assert!(mirror.status("events").tried_at.is_some());
    assert_eq!(mirror.status("events").last_synced_at, None);
}

#[test]
fn a_run_says_what_it_does() {
    let mirror = Mirror::of(shop());
    let first = mirror.run(only(&["accounts", "events", "campaigns"]));
    let told = said(&mirror, first.id);
    assert_eq!(told[0], "run: ordered by the API: accounts, events, campaigns, campaign messages, what changed");
    let has = |told: &[String], start: &str, end: &str| {
        assert!(told.iter().any(|it| it.starts_with(start) && it.contains(end)), "{start}…{end} in {told:#?}");
    };
    has(&told, "events: began with the newest", "");
    has(&told, "events: complete from ", " rows written");
    has(&told, "events: completed: ", " new");
    has(&told, "campaign_messages: completed: ", " new");
    assert_eq!(told.last().map(String::as_str), Some("run: ended: completed"));
    mirror.pass_time(TimeDelta::hours(1));
    let second = mirror.run(only(&["events", "campaigns"]));
    let told = said(&mirror, second.id);
    has(&told, "events: went on from 21 November 2026 16:59 UTC", "");
    has(&told, "campaigns: went on from ", "");
    mirror.fake.set_mood(Mood::LacksScope("forms:read"));
    let third = mirror.run(only(&["forms"]));
    let told = log(&mirror, third.id);
    let left_out = told.iter().find(|it| it.words.starts_with("left out: ")).expect("a line");
    assert_eq!(left_out.level, Level::Warning);
    assert!(left_out.words.contains("forms:read") && left_out.words.contains("Create a key"), "{}", left_out.words);
    mirror.fake.set_mood(Mood::FailsEvery(2, 503));
    let fourth = mirror.run(only(&["metrics", "tags"]));
    ended_well(&fourth);
    let told = said(&mirror, fourth.id);
    assert!(told.iter().any(|it| it.contains("a request failed and is tried again: 503")), "{told:#?}");
    mirror.fake.set_mood(Mood::Well);
    // A wait of a second is not worth a line, one of a minute is: after twenty in a row the pauses are that long.
    mirror.fake.set_mood(Mood::At("/api/tags", Box::new(Mood::BusyWithoutWord(1))));
    let fifth = mirror.run(only(&["tags"]));
    assert_eq!(fifth.status, Status::Failed);
    let told = said(&mirror, fifth.id);
    has(&told, "tags: waits 1", " s as Klaviyo asked");
    assert!(!told.iter().any(|it| it.starts_with("tags: waits 1 s") || it.starts_with("tags: waits 2 s")), "{told:#?}");
    has(&told, "tags: failed: ", "Sync again later");
}

#[test]
fn what_is_parked_says_until_when_and_goes_on_then() {
    let mirror = Mirror::of(shop());
    mirror.fake.set_mood(Mood::At("/api/profiles", Box::new(Mood::DailyQuota)));
    let run = mirror.run(only(&["profiles"]));
    assert_eq!(run.status, Status::Parked);
    let status = mirror.status("profiles");
    let resumes_at = status.resumes_at.expect("a time");
    assert_eq!((resumes_at - noon()).num_seconds(), 73_473);
    assert!(said(&mirror, run.id).iter().any(|it| it.contains("parked until 22 November 13:24 UTC")));
    let timetable = Timetable::new(&BTreeMap::new(), 60);
    assert_eq!(timetable.due(entity("profiles"), &status, chrono_tz::Tz::UTC), Some(resumes_at));
    mirror.fake.set_mood(Mood::Well);
    mirror.sync();
    assert_eq!(mirror.status("profiles").resumes_at, None);
}

#[test]
fn the_schedule_begins_what_is_due_once_and_tries_again_what_failed() {
    let mut mirror = Mirror::of(shop());
    mirror.fake.set_mood(Mood::At("/api/tags", Box::new(Mood::FailsEvery(1, 500))));
    let off = ["catalog_items", "templates"].map(|it| (it.to_owned(), "off".to_owned()));
    let options = Options { timetable: Timetable::new(&BTreeMap::from(off), 0), ..Reading::default().options };
    mirror.keep_schedule(&Reading { options, ..Reading::default() });
    let ended = || mirror.store.read(|db| db.runs(50)).expect("runs");
    until("two runs", || ended().len() == 2 && mirror.handle.runs().is_empty());
    let mut kinds: Vec<_> = ended().iter().map(|it| (it.trigger.clone(), it.entities.len())).collect();
    kinds.sort();
    assert_eq!(kinds.iter().map(|it| it.0.as_str()).collect::<Vec<_>>(), ["schedule"; 2]);
    assert_eq!(mirror.status("catalog_items").status, Status::Never);
    assert_eq!(mirror.status("tags").failures, 1);
    // Nothing is begun twice: what failed is not yet due again.
    pause(Duration::from_millis(2_500));
    assert_eq!(ended().len(), 2);
    mirror.fake.set_mood(Mood::Well);
    mirror.pass_time(TimeDelta::seconds(70));
    until("another try", || mirror.status("tags").status == Status::Completed);
    assert_eq!(mirror.status("tags").failures, 0);
    // Hours later what was missed, twelve times over, is caught up once.
    mirror.pass_time(TimeDelta::hours(3));
    let of_events = || ended().iter().filter(|run| run.entities.iter().any(|it| it.name == "events")).count();
    until("a run of what was missed", || of_events() == 2);
    pause(Duration::from_millis(2_500));
    assert_eq!(of_events(), 2);
}

#[test]
fn a_refused_key_is_tried_less_and_less_until_it_is_taken() {
    let mut mirror = Mirror::of(shop());
    mirror.fake.set_mood(Mood::RefusesTheKey);
    mirror.keep_schedule(&Reading::default());
    let quiet = Duration::from_millis(4_500);
    // The clock may not go on before the answer to a try was taken in.
    let tried = |times| requests(&mirror) == times && mirror.handle.runs().is_empty();
    until("a refusal", || mirror.handle.refusal().is_some() && tried(1));
    pause(quiet);
    assert_eq!(requests(&mirror), 1, "one request tells it of everything");
    mirror.pass_time(TimeDelta::seconds(61));
    until("a second try", || tried(2));
    mirror.pass_time(TimeDelta::seconds(61));
    pause(quiet);
    assert_eq!(requests(&mirror), 2, "the pause doubles");
    mirror.pass_time(TimeDelta::seconds(61));
    until("a third try", || tried(3));
    mirror.fake.set_mood(Mood::Well);
    mirror.pass_time(TimeDelta::minutes(5));
    until("everything", || mirror.status("events").status == Status::Completed);
    assert!(mirror.handle.refusal().is_none());
}

#[test]
fn what_failed_before_a_restart_is_tried_at_once() {
    let mut mirror = Mirror::of(shop());
    mirror.fake.set_mood(Mood::RefusesTheKey);
    mirror.run(everything());
    mirror.run(everything());
    mirror.fake.set_mood(Mood::Well);
    // The clock stands still: nothing is due but what a start makes so.
    mirror.keep_schedule(&Reading::default());
    until("everything", || mirror.status("events").status == Status::Completed);
}

#[test]
fn what_is_cancelled_waits_for_its_next_time() {
    let mut mirror = Mirror::of(slow());
    mirror.keep_schedule(&Reading::default());
    until("a first window", || {
        mirror.handle.runs().iter().any(|it| it.entities.iter().any(|it| it.rows_new > 0 && it.name == "events"))
    });
    mirror.handle.cancel();
    until("the end", || mirror.handle.runs().is_empty());
    let ended = || mirror.store.read(|db| db.runs(50)).expect("runs");
    let before = ended();
    assert!(said(&mirror, before[0].id).last().is_some_and(|it| it.contains("cancelled; the schedule copies")));
    pause(Duration::from_millis(4_500));
    assert_eq!((mirror.handle.runs().len(), ended().len()), (0, before.len()), "a cancelled run begins again");
    mirror.pass_time(TimeDelta::minutes(16));
    until("the events", || mirror.status("events").status == Status::Completed);
}

#[test]
fn a_killed_run_is_remembered_with_what_it_did() {
    let mirror = Mirror::of(slow());
    let ticket = mirror.order(only(&["accounts", "metrics", "events"]));
    until("a first window", || running(&mirror, ticket.run).is_some_and(|it| part(&it, "events").rows_new > 0));
    until("its log", || said(&mirror, ticket.run).iter().any(|it| it.starts_with("events: complete")));
    // What the next process finds.
    let found = mirror.store.write(|db| {
        db.interrupt_runs(noon())?;
        Ok((db.run(ticket.run)?.expect("the run"), db.statuses()?, db.count(entity("events"))?))
    });
    let (run, statuses, kept) = found.expect("a run");
    let parts: Vec<_> = run.entities.iter().map(|it| (it.name.as_str(), it.status)).collect();
    for (name, status) in
        [("accounts", Status::Completed), ("metrics", Status::Completed), ("events", Status::Interrupted)]
    {
        assert!(parts.contains(&(name, status)), "{parts:?}");
    }
    assert!(part(&run, "events").rows_seen > 0);
    assert!(said(&mirror, ticket.run).iter().any(|it| it.starts_with("run: interrupted: the process ended")));
    let events = statuses.iter().find(|it| it.name == "events").expect("a status");
    assert_eq!((events.status, events.rows), (Status::Interrupted, kept));
}

#[test]
fn nothing_scheduled_begins_while_the_sync_is_paused() {
    let mut mirror = Mirror::of(shop());
    mirror.handle.pause().expect("a pause");
    mirror.keep_schedule(&Reading::default());
    pause(Duration::from_millis(2_500));
    assert_eq!((mirror.handle.runs().len(), requests(&mirror)), (0, 0));
    let next = |mirror: &Mirror| {
        let status = mirror.status("events");
        mirror.handle.next_run_at(entity("events"), &status, chrono_tz::Tz::UTC, noon())
    };
    assert_eq!(next(&mirror), None);
    mirror.handle.resume().expect("no pause");
    assert!(next(&mirror).is_some());
    until("what is due", || !mirror.store.read(|db| db.runs(5)).expect("runs").is_empty());
}

#[test]
fn who_sits_at_a_terminal_does_not_wait_for_a_pause() {
    let mirror = Mirror::of(shop());
    mirror.handle.pause().expect("a pause");
    let ticket = mirror.order(Order { trigger: Trigger::CommandLine, ..only(&["metrics"]) });
    ended_well(&mirror.ended(&ticket));
    assert!(mirror.handle.is_paused());
}

/// The application over a shop that takes a while to be copied.
fn served() -> (Mirror, Served) {
    let mut mirror = Mirror::of(slow());
    mirror.stop();
    mirror.handle = at_rest(&mirror.fake, &mirror.store, &mirror.clock(), &Reading::default());
    let served = serve_with(mirror.store.clone(), mirror.handle.clone());
    (mirror, served)
}

fn get(served: &Served, path: &str) -> (HttpStatus, Value) {
    let answer = served.client.get(path.to_owned()).dispatch();
    (answer.status(), answer.into_json().expect("JSON"))
}

fn post(served: &Served, path: &str) -> (HttpStatus, Value) {
    let answer = served.client.post(path.to_owned()).dispatch();
    (answer.status(), answer.into_json().expect("JSON"))
}

/// What a person sees, and what a button of the page does.
fn page(served: &Served, path: &str) -> String {
    let answer = served.client.get(path.to_owned()).dispatch();
    assert_eq!(answer.status(), HttpStatus::Ok, "{path}");
    answer.into_string().expect("a page")
}

fn press(served: &Served, path: &str) {
    let form =
        served.client.post(path.to_owned()).header(ContentType::Form).header(Header::new("Origin", "http://localhost"));
    let answer = form.header(Header::new("Host", "localhost")).dispatch();
    assert_eq!(
        (answer.status(), answer.headers().get_one("Location")),
        (HttpStatus::SeeOther, Some("/sync")),
        "{path}"
    );
}

#[test]
fn the_api_tells_of_runs_and_holds_them() {
    let (mirror, served) = served();
    let (_, accepted) = post(&served, "/api/sync/all?entities=events,tags");
    let run = accepted["run"]["id"].as_i64().expect("a number");
    until("a first window", || running(&mirror, run).is_some_and(|it| part(&it, "events").rows_new > 0));
    let (status, done) = post(&served, "/api/sync/pause");
    assert_eq!((status, &done["success"]), (HttpStatus::Ok, &json!(true)));
    let (_, progress) = get(&served, "/api/sync/progress");
    assert_eq!((&progress[0]["id"], &progress[0]["status"]), (&json!(run), &json!("paused")));
    assert!(progress[0]["share"].as_f64().is_some_and(|it| (0.0..1.0).contains(&it)), "{progress}");
    let events = served.client.get("/api/sync/events").dispatch().into_string().expect("events");
    assert!(events.contains("event:done") && events.contains("\"paused\""), "what is held is not waited for: {events}");
    let (_, standing) = get(&served, "/api/sync/status");
    let of_events = |body: &Value| {
        body["syncStatus"].as_array().expect("rows").iter().find(|it| it["entityType"] == "events").cloned()
    };
    assert_eq!(of_events(&standing).expect("events")["status"], "queued", "the contract knows no pause");
    assert_eq!(post(&served, "/api/sync/resume").0, HttpStatus::Ok);
    let ticket = Ticket { run, joined: false, status: Status::Queued, entities: Vec::new() };
    ended_well(&mirror.ended(&ticket));
    let (_, one) = get(&served, &format!("/api/sync/runs/{run}"));
    assert_eq!(
        (&one["status"], &one["trigger"], one["endedAt"].is_string()),
        (&json!("completed"), &json!("api"), true)
    );
    let rows =
        one["entities"].as_array().expect("rows").iter().find(|it| it["entityType"] == "events").expect("events");
    assert_eq!(rows["rowsNew"].to_string(), value(&mirror.store, "select count(*) from klaviyo_events"));
    assert!(one["log"].as_array().is_some_and(|it| it.iter().any(|it| it["message"] == "ended: completed")), "{one}");
    let budgets = get(&served, "/api/sync/budgets").1;
    let of =
        budgets.as_array().expect("rows").iter().find(|it| it["endpoint"] == "/api/events").expect("events").clone();
    assert_eq!((&of["minute"]["limit"], &of["day"], &of["heldUntil"]), (&json!(3500), &Value::Null, &Value::Null));
    // The list: what goes on comes first, and every filter is one.
    let answer = served.client.get("/api/sync/runs?status=completed&entity=tags&trigger=api&limit=1").dispatch();
    assert_eq!(answer.headers().get_one("X-Total-Count"), Some("1"));
    assert_eq!(get(&served, "/api/sync/runs?status=failed").1, json!([]));
    assert_eq!(get(&served, "/api/sync/runs?offset=5").1, json!([]));
    for (path, parameter) in [
        ("/api/sync/runs?status=well", "status"),
        ("/api/sync/runs?entity=unicorns", "entity"),
        ("/api/sync/runs?trigger=me", "trigger"),
        ("/api/sync/runs?limit=0", "limit"),
        ("/api/sync/runs?offset=-1", "offset"),
    ] {
        let (status, body) = get(&served, path);
        assert_eq!(status, HttpStatus::BadRequest, "{path}");
        assert!(body["message"].as_str().is_some_and(|it| it.to_lowercase().starts_with(parameter)), "{body}");
    }
    for path in ["/api/sync/runs/99", "/api/sync/runs/last"] {
        assert_eq!(get(&served, path).0, HttpStatus::NotFound, "{path}");
    }
    assert_eq!(post(&served, "/api/sync/cancel?run=99").0, HttpStatus::NotFound);
    assert_eq!(post(&served, "/api/sync/cancel?run=all").0, HttpStatus::BadRequest);
    assert_eq!(post(&served, "/api/sync/cancel").0, HttpStatus::Ok, "nothing goes on, and that is what was wanted");
}

#[test]
fn the_page_pauses_resumes_and_stops_and_shows_each_run() {
    let (mirror, served) = served();
    press(&served, "/sync");
    until("a first window", || mirror.handle.progress().is_some_and(|it| part(&it, "events").rows_new > 0));
    let run = mirror.handle.progress().expect("a run").id;
    assert!(page(&served, "/sync").contains("action=\"/sync/pause\""));
    press(&served, "/sync/pause");
    let html = page(&served, "/sync");
    assert!(html.contains("The sync is paused since") && html.contains("action=\"/sync/resume\""));
    assert!(html.contains("when resumed") && !html.contains("http-equiv=\"refresh\"") && !html.contains("data-live"));
    let events = served.client.get("/sync/events").dispatch().into_string().expect("events");
    assert_eq!(told(&events), ["event:done", "data:"], "a page that watches what stands still would watch for ever");
    let log = page(&served, &format!("/sync/runs/{run}"));
    assert!(log.contains("began with the newest") && log.contains("What it does"), "{log}");
    press(&served, "/sync/resume");
    assert!(!page(&served, "/sync").contains("The sync is paused"));
    press(&served, &format!("/sync/cancel?run={run}"));
    let ended = mirror.ended(&Ticket { run, joined: false, status: Status::Queued, entities: Vec::new() });
    assert_eq!(ended.status, Status::Cancelled);
    let log = page(&served, &format!("/sync/runs/{run}"));
    assert!(log.contains("What it did") && log.contains("cancelled: ") && !log.contains("/sync/cancel"), "{log}");
    assert!(page(&served, "/sync?status=cancelled&entity=events").contains(&format!("href=\"/sync/runs/{run}\"")));
    assert!(page(&served, "/sync?status=completed").contains("No finished run is like that."));
    for (path, status) in [
        ("/sync?status=well", HttpStatus::BadRequest),
        ("/sync/runs/99", HttpStatus::NotFound),
        ("/sync/runs/last", HttpStatus::NotFound),
    ] {
        assert_eq!(served.client.get(path).dispatch().status(), status, "{path}");
    }
}

#[test]
fn all_who_wait_end_at_one_stop() {
    let handle = keyless(&account());
    let all = [(); 3].map(|()| handle.spawn(false));
    // Long enough for each to have found nothing to do.
    pause(Duration::from_millis(200));
    let start = Instant::now();
    // Who began to wait first is woken first.
    for threads in all.into_iter().rev() {
        threads.stop(Duration::from_secs(30));
    }
    assert!(start.elapsed() < Duration::from_secs(15), "somebody was not told");
}
