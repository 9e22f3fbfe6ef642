//! Klaviyo misbehaves: what goes away by itself ends in the same rows, and everything else is said in words.

use std::net::TcpListener;
use std::time::Duration;

use chrono::TimeDelta;
use klytics::demo::{Limits, Mood, Plan, ShopPlan};
use klytics::store::runs::Run;
use klytics::sync::Options;

use crate::support::{
    Mirror, Reading, changes, ended_well, entity, everything, forced, holds_the_truth, lines, noon, only, options,
    part, pause, rows, same_rows, shop, value,
};

/// Patient enough for whatever goes away by itself.
fn reading() -> Reading {
    // Many threads ask, so that it is chance which of them meets the trouble, and one may meet it again and again.
    Reading { timeout: Duration::from_millis(700), retries: 8, ..Reading::default() }
}

#[test]
fn what_goes_away_by_itself_leaves_no_trace() {
    let undisturbed = Mirror::copied();
    let truth = undisturbed.fake.truth();
    let want = rows(&undisturbed.store, false);
    for mood in [
        Mood::BusyEvery(3),
        Mood::BusyWithoutWord(4),
        Mood::FailsEvery(5, 503),
        Mood::FailsEvery(7, 500),
        Mood::HtmlForbidden(5),
        Mood::Truncates(5),
        Mood::Hangs(41, Duration::from_secs(1)),
        Mood::ExpiresCursors(5),
        Mood::OtherRevision,
        Mood::DuplicatesAcrossPages,
    ] {
        let mirror = Mirror::with(shop(), &reading());
        mirror.fake.set_mood(mood.clone());
        let run = mirror.run(everything());
        let errors: Vec<_> = run.entities.iter().filter_map(|it| it.error.as_ref()).collect();
        assert_eq!((run.status.name(), errors), ("completed", vec![]), "{mood:?}");
        eprintln!("{mood:?}");
        same_rows(&rows(&mirror.store, false), &want);
        holds_the_truth(&mirror, &truth);
        // And a second run is as quiet as after a first one that went well.
        assert_eq!(changes(&mirror.sync()), (0, 0, 0), "{mood:?}");
    }
}

#[test]
fn the_limits_of_klaviyo_are_kept() {
    let plan = Plan { limits: Limits::Klaviyo { share: 1.0 }, ..shop() };
    let mirror = Mirror::with(plan, &Reading { waits: true, ..Reading::default() });
    let run = mirror.run(only(&[
        "accounts",
        "metrics",
        "campaigns",
        "flows",
        "flow_actions",
        "events",
        "lists",
        "list_counts",
    ]));
    ended_well(&run);
    assert!(run.entities.iter().any(|it| it.waited_secs > 0.0));
    let refused = mirror.fake.requests().into_iter().filter(|it| it.status == 429).count();
    assert!(refused <= 2, "{refused} requests were more than Klaviyo allows");
}

#[test]
fn a_compressed_answer_is_the_same_answer() {
    let mirror = Mirror::of(Plan { gzip: true, ..shop() });
    mirror.sync();
    holds_the_truth(&mirror, &mirror.fake.truth());
}

/// What the run says of an entity, which is what its status says, too.
fn error(mirror: &Mirror, run: &Run, name: &str) -> String {
    let said = part(run, name).error.clone().expect("an error");
    assert_eq!(mirror.status(name).error.as_deref(), Some(said.as_str()));
    assert_eq!(mirror.status(name).status, part(run, name).status);
    said
}

#[test]
fn a_refused_key_is_said_and_nothing_is_lost() {
    let mirror = Mirror::copied();
    let before = rows(&mirror.store, true);
    mirror.fake.set_mood(Mood::RefusesTheKey);
    let asked = mirror.fake.requests().len();
    let run = mirror.run(forced());
    assert_eq!(run.status.name(), "failed");
    for it in &run.entities {
        assert_eq!((it.status.name(), it.key_refused), ("failed", true), "{}", it.name);
        assert_eq!(
            error(&mirror, &run, &it.name),
            "Klaviyo refused the API key: Incorrect authentication credentials.",
            "{}",
            it.name
        );
        assert!(it.remedy.as_ref().is_some_and(|it| it.contains("new private key")), "{}", it.name);
    }
    assert_eq!(mirror.fake.requests().len() - asked, 1, "a key is tried once for all of them");
    let kept = mirror.store.read(|db| db.run(run.id)).expect("a run").expect("that run");
    assert!(kept.entities.iter().all(|it| it.remedy.is_some()), "it is told of ended runs, too: {kept:?}");
    let said = format!("select words from sync_log where run_id = {} and level = 'error'", run.id);
    let said = lines(&mirror.store, &said);
    assert_eq!(said.len(), 2, "one cause is one line: {said:?}");
    assert!(
        said[0].starts_with("Klaviyo refused the API key: Incorrect authentication credentials. Create"),
        "{said:?}"
    );
    assert_eq!(said[1], "ended: failed");
    same_rows(&rows(&mirror.store, true), &before);
    // When it last went well is still known, and the next key goes on.
    assert!(mirror.status("events").last_synced_at.is_some());
    mirror.fake.set_mood(Mood::Well);
    assert_eq!(changes(&mirror.sync()), (0, 0, 0));
    assert_eq!(mirror.status("events").error, None);
}

#[test]
fn a_key_that_is_refused_midway_ends_everything_at_once() {
    let mirror = Mirror::of(slow());
    let ticket = mirror.order(everything());
    until(&mirror, |run| part(run, "events").rows_new > 0);
    mirror.fake.set_mood(Mood::RefusesTheKey);
    let run = mirror.ended(&ticket);
    assert_eq!(run.status.name(), "failed");
    let open: Vec<_> = run.entities.iter().filter(|it| it.status.name() != "completed").collect();
    assert!(open.iter().all(|it| it.status.name() == "failed" && it.key_refused), "{open:?}");
    assert!(open.iter().any(|it| it.name == "events"));
    // What was in flight at that moment at most.
    let refused = mirror.fake.requests().into_iter().filter(|it| it.status == 401).count();
    assert!((1..=30).contains(&refused), "{refused}");
    let kept = value(&mirror.store, "select count(*) from klaviyo_events");
    assert_eq!(mirror.status("events").rows.to_string(), kept);
    mirror.fake.set_mood(Mood::Well);
    mirror.sync();
    holds_the_truth(&mirror, &mirror.fake.truth());
}

#[test]
fn a_missing_scope_disables_what_it_is_for_and_nothing_else() {
    let mirror = Mirror::of(shop());
    mirror.fake.set_mood(Mood::LacksScope("forms:read"));
    let run = mirror.run(everything());
    assert_eq!(run.status.name(), "completed");
    let said = error(&mirror, &run, "forms");
    assert!(said.contains("forms:read"), "{said}");
    assert_eq!(mirror.status("forms").status.name(), "disabled");
    let others: Vec<_> = run.entities.iter().filter(|it| it.status.name() != "completed").map(|it| &it.name).collect();
    assert_eq!(others, ["forms", "form_versions", "form_values_reports", "form_series_reports"]);
    assert!(error(&mirror, &run, "form_versions").contains("forms were not read yet"));
    mirror.fake.set_mood(Mood::Well);
    mirror.sync();
    holds_the_truth(&mirror, &mirror.fake.truth());
}

#[test]
fn a_used_up_day_parks_the_entity_and_says_until_when() {
    let mirror = Mirror::of(shop());
    mirror.fake.set_mood(Mood::At("/api/profiles", Box::new(Mood::DailyQuota)));
    let run = mirror.run(everything());
    assert_eq!(run.status.name(), "parked");
    assert_eq!(mirror.status("profiles").status.name(), "parked");
    let said = error(&mirror, &run, "profiles");
    assert_eq!(
        said,
        "the day's requests to /api/profiles are used up; it can go on at 08:24 on 22 November (America/New_York)"
    );
    let others: Vec<_> = run.entities.iter().filter(|it| it.status.name() != "completed").map(|it| &it.name).collect();
    assert_eq!(others, ["profiles", "profile_predictions"]);
    assert_eq!(mirror.status("events").rows.to_string(), value(&mirror.store, "select count(*) from klaviyo_events"));
}

#[test]
fn a_link_to_elsewhere_is_not_followed() {
    let shop = ShopPlan { events: 40_000, profiles: 300, ..ShopPlan::until(noon()) };
    let mirror = Mirror::of(Plan { shop, ..self::shop() });
    mirror.fake.set_mood(Mood::At("/api/events", Box::new(Mood::ForeignNext)));
    let run = mirror.run(everything());
    let said = error(&mirror, &run, "events");
    assert!(said.contains("klaviyo.invalid") && said.contains("/api/events"), "{said}");
    // A window that was not read to its end is not kept: none of it could be told from what is missing.
    let outside = "select count(*) from klaviyo_events
        where not exists (select 1 from sync_windows where timestamp >= start_at and timestamp < end_at)";
    assert_eq!(value(&mirror.store, outside), "0");
    assert_ne!(value(&mirror.store, "select min(start_at)::varchar from sync_windows"), "1990-01-01 00:00:00");
    mirror.fake.set_mood(Mood::Well);
    mirror.sync();
    holds_the_truth(&mirror, &mirror.fake.truth());
}

#[test]
fn an_unreachable_host_is_said_and_nothing_is_lost() {
    let mut mirror = Mirror::copied();
    let before = rows(&mirror.store, true);
    let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port").port();
    mirror.restart(&Reading { base_url: Some(format!("http://127.0.0.1:{port}")), ..Reading::default() });
    let run = mirror.run(everything());
    assert_eq!(run.status.name(), "failed");
    let said = error(&mirror, &run, "events");
    assert!(said.starts_with(&format!("could not reach 127.0.0.1:{port} in 4 tries: ")), "{said}");
    // One of them finds nobody there, and the others need not look.
    assert_eq!(part(&run, "accounts").requests, 4);
    assert!(run.entities.iter().all(|it| it.name == "accounts" || it.requests == 0));
    assert!(mirror.status("events").remedy.is_some_and(|it| it.contains("network")));
    same_rows(&rows(&mirror.store, true), &before);
    mirror.restart(&Reading::default());
    assert_eq!(changes(&mirror.sync()), (0, 0, 0));
}

#[test]
fn one_entity_that_fails_leaves_the_others_alone() {
    for (path, name) in [("/api/events", "events"), ("/api/campaigns", "campaigns"), ("/api/metrics", "metrics")] {
        let mirror = Mirror::of(shop());
        mirror.fake.set_mood(Mood::At(path, Box::new(Mood::FailsEvery(1, 500))));
        let run = mirror.run(everything());
        assert_eq!(run.status.name(), "failed");
        assert!(error(&mirror, &run, name).contains("500"), "{name}");
        // What belongs to it, or cannot be told without it, waits for it.
        let needs = |it: &str| entity(it).parent().is_some() || entity(it).needs().contains(&name);
        for it in run.entities.iter().filter(|it| it.name != name && !needs(&it.name)) {
            assert_eq!(it.status.name(), "completed", "{} while {name} fails", it.name);
        }
        mirror.fake.set_mood(Mood::Well);
        mirror.sync();
        holds_the_truth(&mirror, &mirror.fake.truth());
    }
}

#[test]
fn a_zone_that_nobody_knows_is_said() {
    let mirror = Mirror::copied();
    crate::support::seed(&mirror.store, "update klaviyo_accounts set timezone = 'Mars/Olympus_Mons'");
    mirror.fake.set_mood(Mood::At("/api/accounts", Box::new(Mood::FailsEvery(1, 500))));
    let run = mirror.run(everything());
    assert_eq!(part(&run, "accounts").status.name(), "failed");
    // Until it is mended, days are those of UTC.
    assert_eq!(value(&mirror.store, "select count(*) from klaviyo_events where local_datetime <> timestamp"), "0");
    mirror.fake.set_mood(Mood::Well);
    mirror.sync();
    holds_the_truth(&mirror, &mirror.fake.truth());
}

#[test]
fn who_waits_before_another_try_says_why() {
    let mirror = Mirror::with(shop(), &Reading { waits: true, ..Reading::default() });
    mirror.fake.set_mood(Mood::At("/api/tags", Box::new(Mood::FailsEvery(1, 503))));
    let ticket = mirror.order(only(&["tags"]));
    until(&mirror, |run| {
        let doing = part(run, "tags").doing.as_deref().unwrap_or_default();
        doing.contains("before trying again: 503")
    });
    mirror.handle.cancel();
    mirror.ended(&ticket);
}

/// A shop that takes a while to be copied: a hundred pages of events, each after a moment.
fn slow() -> Plan {
    let shop = ShopPlan { events: 60_000, profiles: 300, ..ShopPlan::until(noon()) };
    Plan { shop, latency: Duration::from_millis(20), ..self::shop() }
}

/// Waits until the run that goes on has come so far.
fn until(mirror: &Mirror, come: impl Fn(&Run) -> bool) {
    for _ in 0..6_000 {
        if mirror.handle.progress().is_some_and(|it| come(&it)) {
            return;
        }
        pause(Duration::from_millis(5));
    }
    panic!("the run did not come so far");
}

#[test]
fn a_second_wish_joins_the_run_that_fulfils_it() {
    let mirror = Mirror::of(Plan { latency: Duration::from_millis(20), ..shop() });
    let first = mirror.order(everything());
    let second = mirror.order(only(&["campaigns"]));
    assert_eq!((second.run, second.joined, first.joined), (first.run, true, false));
    // A full one does more than the one that goes on, and one since then more than the one that follows its watermark.
    let third = mirror.order(forced());
    assert!(!third.joined && third.run != first.run);
    let fourth = mirror.order(klytics::sync::Order { since: Some(noon()), ..only(&["events"]) });
    assert_eq!((fourth.run, fourth.joined), (third.run, true));
    ended_well(&mirror.ended(&third));
    let runs = mirror.store.read(|db| db.runs(10)).expect("runs");
    let told: Vec<_> = runs.iter().map(|it| (it.id, it.status.name(), it.forced)).collect();
    assert_eq!(told, [(third.run, "completed", true), (first.run, "completed", false)]);
    holds_the_truth(&mirror, &mirror.fake.truth());
}

#[test]
fn a_run_that_is_stopped_keeps_what_it_has_and_the_next_goes_on_there() {
    let mirror = Mirror::of(slow());
    let ticket = mirror.order(only(&["accounts", "metrics", "events"]));
    until(&mirror, |run| part(run, "events").rows_new > 0);
    mirror.handle.cancel();
    let run = mirror.ended(&ticket);
    assert_eq!((run.status.name(), part(&run, "events").status.name()), ("cancelled", "cancelled"));
    assert_eq!(part(&run, "events").error, None, "a wish is no error");
    let kept: i64 = value(&mirror.store, "select count(*) from klaviyo_events").parse().expect("a count");
    let status = mirror.status("events");
    assert_eq!((status.status.name(), status.rows), ("cancelled", kept), "what is there is not called never read");
    let truth = mirror.fake.truth();
    let all = truth.events.values().sum::<u64>() - truth.events_ahead;
    assert!(0 < kept && kept.unsigned_abs() < all, "{kept} of {all}");
    let windows =
        "select count(*) from klaviyo_events, sync_windows where timestamp >= start_at and timestamp < end_at";
    assert_eq!(value(&mirror.store, windows), kept.to_string(), "what is kept lies in a window that is complete");
    let next = mirror.run(only(&["accounts", "metrics", "events"]));
    ended_well(&next);
    assert_eq!((part(&next, "events").rows_new + kept).unsigned_abs(), all);
    assert!(part(&next, "events").rows_seen.unsigned_abs() < all, "what was complete is not read again");
    assert_eq!(value(&mirror.store, "select count(*) - count(distinct id) from klaviyo_events"), "0");
}

#[test]
fn a_server_that_goes_down_loses_nothing() {
    let mut mirror = Mirror::of(slow());
    mirror.order(everything());
    until(&mirror, |run| part(run, "events").rows_new > 0);
    mirror.stop();
    let run = mirror.store.read(|db| db.runs(1)).expect("runs").remove(0);
    assert_eq!(run.status.name(), "interrupted");
    let kept = value(&mirror.store, "select count(*) from klaviyo_events");
    let status = mirror.status("events");
    assert_eq!((status.status.name(), status.rows.to_string()), ("interrupted", kept));
    mirror.restart(&Reading::default());
    mirror.sync();
    holds_the_truth(&mirror, &mirror.fake.truth());
}

#[test]
fn a_cursor_that_expires_between_windows_loses_nothing() {
    // What was closed by then is not read again, and what was open is.
    let shop = ShopPlan { events: 60_000, profiles: 300, ..ShopPlan::until(noon()) };
    let mirror = Mirror::of(Plan { shop, ..self::shop() });
    mirror.fake.set_mood(Mood::At("/api/events", Box::new(Mood::ExpiresCursors(30))));
    let run = mirror.run(everything());
    ended_well(&run);
    holds_the_truth(&mirror, &mirror.fake.truth());
    let windows = "select count(*) from sync_windows where entity_type = 'events'";
    assert_eq!(value(&mirror.store, windows), "1", "pieces are joined to one");
}

#[test]
fn the_smallest_account_is_copied_too() {
    let shop = ShopPlan { events: 1_000, profiles: 50, ..ShopPlan::until(noon()) };
    let options = Options { lookback_hours: 0, parallel: 1, ..options() };
    let mirror = Mirror::with(Plan { shop, ..self::shop() }, &Reading { options, ..Reading::default() });
    mirror.sync();
    let truth = mirror.truth_after(TimeDelta::minutes(10));
    mirror.sync();
    holds_the_truth(&mirror, &truth);
    assert_eq!(lines(&mirror.store, "select count(*) from account"), ["1"]);
}
