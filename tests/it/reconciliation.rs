//! The proof that the copy of the events is complete: Klaviyo's counts against our rows, and what differs read again.

use chrono::{DateTime, TimeDelta, Utc};
use klytics::demo::{Kind, LateEvent, Mood};
use klytics::sync::Order;
use rocket::http::Status;
use rocket::local::blocking::LocalResponse;
use serde_json::{Value, json};

use crate::support::{Mirror, ended_well, holds_the_truth, lines, noon, only, seed, serve, value};

const PATH: &str = "/api/metric-aggregates";

fn reconcile() -> Order {
    only(&["metric_aggregates"])
}

fn whole() -> Order {
    Order { forced: true, ..reconcile() }
}

fn count(mirror: &Mirror, filter: &str) -> i64 {
    value(&mirror.store, &format!("select count(*) from reconciliation where {filter}")).parse().expect("a count")
}

/// Pages of events that were asked for since the `since`-th request; questions after a first event are no such pages.
fn pages_of_events(mirror: &Mirror, since: usize) -> usize {
    let seen = mirror.fake.requests().split_off(since);
    seen.into_iter().filter(|it| it.path == "/api/events" && !it.query.contains("metric_id")).count()
}

fn late(mirror: &Mirror, kind: Kind, at: DateTime<Utc>) -> String {
    mirror.fake.edit(|shop| shop.add_event(LateEvent { kind, at, profile: 7 }))
}

/// Nothing happens by itself any more, so that what a test does is all that changes.
fn quiet(mirror: &Mirror) {
    mirror.fake.edit(|shop| shop.forget_since(noon()));
}

#[test]
fn whatever_happened_behind_the_watermark_agrees_after_one_pass() {
    let mirror = Mirror::copied();
    assert_eq!(count(&mirror, "state = 'differs'"), 0, "a fresh copy agrees");
    assert!(count(&mirror, "state = 'agrees'") > 1_000);
    quiet(&mirror);
    let came_late = late(&mirror, Kind::ReceivedEmail, noon() - TimeDelta::days(20));
    let dated_back = late(&mirror, Kind::PlacedOrder, noon() - TimeDelta::days(729));
    let dated_back_further = late(&mirror, Kind::PlacedOrder, noon() - TimeDelta::days(1_500));
    let vanished = mirror.fake.edit(|shop| {
        let place = shop.latest(Kind::ViewedProduct).expect("a visit") - 300;
        shop.delete_event(place)
    });
    // An ordinary sync looks at the last two hours.
    mirror.run(only(&["events"]));
    let ids = format!("id in ('{came_late}', '{dated_back}', '{dated_back_further}')");
    let kept = format!("select count(*) from klaviyo_events where {ids}");
    assert_eq!(value(&mirror.store, &kept), "0");
    ended_well(&mirror.run(whole()));
    assert_eq!(value(&mirror.store, &kept), "3");
    assert_eq!(value(&mirror.store, &format!("select count(*) from klaviyo_events where id = '{vanished}'")), "0");
    assert_eq!(count(&mirror, "state <> 'agrees'"), 0);
    holds_the_truth(&mirror, &mirror.fake.truth());
    // What was mended is told, with what we had before.
    let repaired = "select day, found_count, our_count, their_count from reconciliation where repaired_at is not null";
    let repaired = lines(&mirror.store, repaired);
    assert_eq!(repaired.len(), 4, "{repaired:?}");
    assert!(repaired.iter().any(|it| it.starts_with("2022-10-13 0 1 1")), "{repaired:?}");
}

#[test]
fn an_amount_that_changed_is_found_by_the_sum() {
    let mirror = Mirror::copied();
    quiet(&mirror);
    // As if an order had been copied before it was corrected, twenty days ago.
    seed(
        &mirror.store,
        "update klaviyo_events set value = value + 0.01
         where id = (
             select id from klaviyo_events
             where value > 5 and timestamp < timestamp '2026-11-01' order by timestamp desc, id limit 1
         )",
    );
    ended_well(&mirror.run(reconcile()));
    assert_eq!(count(&mirror, "state <> 'agrees'"), 0);
    assert_eq!(count(&mirror, "repaired_at is not null and found_count = our_count and found_sum = our_sum + 0.01"), 1);
    holds_the_truth(&mirror, &mirror.fake.truth());
}

#[test]
fn nothing_is_read_again_when_everything_agrees() {
    let mirror = Mirror::copied();
    quiet(&mirror);
    let before = mirror.fake.requests().len();
    ended_well(&mirror.run(reconcile()));
    assert_eq!(pages_of_events(&mirror, before), 0);
    let asked = mirror.fake.requests().split_off(before);
    // One question a metric, of the thirty days.
    let metrics: usize = value(&mirror.store, "select count(*) from klaviyo_metrics").parse().expect("a count");
    assert_eq!(asked.len(), metrics, "{:?}", asked.iter().map(|it| &it.path).collect::<Vec<_>>());
    let body: Value = serde_json::from_str(&asked[0].body).expect("a document");
    let filter = &body["data"]["attributes"]["filter"];
    let wanted = ["greater-or-equal(datetime,2026-10-22T00:00:00)", "less-than(datetime,2026-11-21T00:00:00)"];
    assert_eq!(*filter, json!(wanted), "whole local days, and not today");
}

#[test]
fn only_the_days_that_differ_are_read_again() {
    let mirror = Mirror::copied();
    quiet(&mirror);
    // The clocks of New York were put back on 1 November: that day has 25 hours, and this is its last but one.
    let at: DateTime<Utc> = "2026-11-02T03:30:00Z".parse().expect("a time");
    late(&mirror, Kind::ActiveOnSite, at);
    let before = mirror.fake.requests().len();
    ended_well(&mirror.run(reconcile()));
    let pages: Vec<_> =
        mirror.fake.requests().split_off(before).into_iter().filter(|it| it.path == "/api/events").collect();
    assert_eq!(pages.len(), 1);
    let query = &pages[0].query;
    assert!(query.contains("2026-11-01T04%3A00%3A00Z") && query.contains("2026-11-02T05%3A00%3A00Z"), "{query}");
    assert_eq!(count(&mirror, "day = date '2026-11-01' and repaired_at is not null"), 1);
    holds_the_truth(&mirror, &mirror.fake.truth());
}

#[test]
fn the_days_around_a_change_of_the_clocks_are_counted_as_they_were() {
    let mirror = Mirror::copied();
    quiet(&mirror);
    for hour in ["2026-03-08T04:59:59Z", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z", "2026-03-09T04:00:00Z"] {
        late(&mirror, Kind::ActiveOnSite, hour.parse().expect("a time"));
    }
    ended_well(&mirror.run(whole()));
    let days = "select day, our_count - found_count from reconciliation where repaired_at is not null";
    assert_eq!(lines(&mirror.store, days), ["2026-03-07 1", "2026-03-08 2", "2026-03-09 1"]);
    holds_the_truth(&mirror, &mirror.fake.truth());
}

#[test]
fn what_cannot_be_mended_is_listed_and_not_tried_again_until_it_changes() {
    let mirror = Mirror::copied();
    quiet(&mirror);
    // A metric's events that the listing knows under another metric: no reading again can bring them here.
    seed(
        &mirror.store,
        "update klaviyo_metric_aggregates set count = count where false;
         insert into klaviyo_events (id, metric_id, timestamp, local_datetime, value)
         select 'ours alone', metric_id, timestamp '2027-01-01', local_datetime, null
         from klaviyo_events where local_datetime between timestamp '2026-11-10' and timestamp '2026-11-11' limit 1",
    );
    // Its time lies outside the window that is read again, its local day within: a row that nothing mends.
    ended_well(&mirror.run(reconcile()));
    assert_eq!(count(&mirror, "state = 'differs' and our_count = their_count + 1 and is_stubborn"), 1);
    let before = mirror.fake.requests().len();
    ended_well(&mirror.run(reconcile()));
    assert_eq!(pages_of_events(&mirror, before), 0, "it was in vain");
    // Another number of that day changes: there may be hope.
    late(&mirror, Kind::ActiveOnSite, "2026-11-10T12:00:00Z".parse().expect("a time"));
    let before = mirror.fake.requests().len();
    ended_well(&mirror.run(reconcile()));
    assert!(pages_of_events(&mirror, before) > 0);
    assert_eq!(count(&mirror, "state = 'differs'"), 1);
}

#[test]
fn a_metric_that_klaviyo_does_not_count_is_left_out_and_said() {
    let mirror = Mirror::copied();
    seed(&mirror.store, "insert into klaviyo_metrics (id, name) values ('CUSTOM', 'A custom metric')");
    ended_well(&mirror.run(reconcile()));
    let refused = "select metric_id, problem from reconciled_metrics where problem is not null";
    let refused = lines(&mirror.store, refused);
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(refused[0].starts_with("CUSTOM ") && refused[0].contains("do"), "{refused:?}");
    assert_eq!(count(&mirror, "state <> 'agrees'"), 0);
}

#[test]
fn history_is_compared_as_a_whole_every_week() {
    let mirror = Mirror::copied();
    quiet(&mirror);
    late(&mirror, Kind::PlacedOrder, noon() - TimeDelta::days(400));
    mirror.pass_time(TimeDelta::days(1));
    quiet(&mirror);
    ended_well(&mirror.run(reconcile()));
    assert_eq!(count(&mirror, "repaired_at is not null"), 0, "a day later only the last thirty are looked at");
    mirror.pass_time(TimeDelta::days(6));
    quiet(&mirror);
    ended_well(&mirror.run(reconcile()));
    assert_eq!(count(&mirror, "repaired_at is not null"), 1);
}

#[test]
fn without_events_there_is_nothing_to_compare() {
    let mirror = Mirror::of(crate::support::shop());
    let run = mirror.run(only(&["accounts", "metrics", "metric_aggregates"]));
    assert_eq!(crate::support::part(&run, "metric_aggregates").status.name(), "disabled");
    let asked = mirror.fake.requests().into_iter().filter(|it| it.path == PATH).count();
    assert_eq!(asked, 0);
}

fn text(response: LocalResponse<'_>) -> String {
    assert_eq!(response.status(), Status::Ok);
    response.into_string().expect("a body")
}

#[test]
fn page_and_api_show_the_calendar_and_what_differs() {
    let mirror = Mirror::copied();
    seed(
        &mirror.store,
        "update reconciliation set state = 'differs', our_count = our_count - 2
         where day = date '2026-11-10' and metric_id = (
             select metric_id from reconciliation where day = date '2026-11-10' and state = 'agrees'
             order by their_count desc, metric_id limit 1
         );
         update reconciliation set repaired_at = timestamp '2026-11-21 08:00:00', found_count = 0 where day = date '2026-11-12';
         insert into reconciled_metrics (metric_id, problem) values ('CUSTOM', 'The metric <b>is</b> custom.')",
    );
    let metric = value(&mirror.store, "select metric_id from reconciliation where state = 'differs'");
    let name = value(&mirror.store, &format!("select name from klaviyo_metrics where id = '{metric}'"));
    let counts = "select their_count, our_count from reconciliation where state = 'differs'";
    let counts = value(&mirror.store, counts);
    let (theirs, ours) = counts.split_once(' ').expect("two counts");
    let served = serve(mirror.store.clone());
    let get = |path: &str| -> Value {
        serde_json::from_str(&text(served.client.get(path.to_owned()).dispatch())).expect("JSON")
    };
    let all = get("/api/sync/reconciliation");
    assert_eq!(all["checkedUntil"], "2026-11-20");
    assert_eq!(
        all["leftOut"],
        json!([{ "metricId": "CUSTOM", "metricName": "CUSTOM", "problem": "The metric <b>is</b> custom." }])
    );
    let differences = all["differences"].as_array().expect("a list");
    assert_eq!(differences.len(), 1, "{differences:?}");
    let found = &differences[0];
    assert_eq!((&found["metricName"], &found["day"]), (&json!(name), &json!("2026-11-10")));
    assert_eq!(
        (found["theirs"]["count"].to_string(), found["ours"]["count"].to_string()),
        (theirs.to_owned(), ours.to_owned())
    );
    let months = all["months"].as_array().expect("a list");
    let november = |metric: &str| {
        months.iter().find(|it| it["month"] == "2026-11" && it["metricId"] == metric).expect("a month")["state"].clone()
    };
    assert_eq!(november(&metric), "differs");
    let states: std::collections::BTreeSet<_> = months.iter().filter_map(|it| it["state"].as_str()).collect();
    assert_eq!(states, ["agrees", "differs", "repaired"].into());
    // One month of one metric.
    let one = get(&format!("/api/sync/reconciliation?month=2026-10&metric={metric}"));
    let one = one["months"].as_array().expect("a list");
    assert_eq!((one.len(), &one[0]["month"], &one[0]["state"]), (1, &json!("2026-10"), &json!("agrees")));
    let odd = served.client.get("/api/sync/reconciliation?month=October").dispatch();
    assert_eq!(odd.status(), Status::BadRequest);
    let odd: Value = serde_json::from_str(&odd.into_string().expect("a body")).expect("JSON");
    assert!(odd["message"].as_str().is_some_and(|it| it.contains("YYYY-MM")), "{odd}");

    let page = text(served.client.get("/sync").dispatch());
    let calendar =
        page.split_once("id=\"agreement-2026-11\"").expect("a month").1.split_once("</tr>").expect("a row").0;
    let cells: Vec<&str> = calendar.split("<td").skip(1).collect();
    assert_eq!(cells.len(), 30, "November has thirty days");
    for (day, words) in [
        (9, ">agrees<"),
        (10, ">1 metric differs<"),
        (12, ">agrees since it was read again<"),
        // Today is not over, and tomorrow has not begun.
        (21, ">not compared<"),
        (30, ">not compared<"),
    ] {
        assert!(cells[day - 1].contains(words), "{day}: {}", cells[day - 1]);
    }
    assert!(page.contains("The metric &lt;b&gt;is&lt;&#x2F;b&gt; custom."), "what Klaviyo says is escaped");
    assert!(page.contains("Days that differ even after they were read again"));
}

#[test]
fn a_page_without_anything_compared_says_what_will_be() {
    let served = serve(crate::support::account());
    let page = text(served.client.get("/sync").dispatch());
    assert!(page.contains("Nothing was compared yet."));
    let nothing: Value =
        serde_json::from_str(&text(served.client.get("/api/sync/reconciliation").dispatch())).expect("JSON");
    assert_eq!(nothing["checkedAt"], Value::Null);
    assert_eq!((&nothing["months"], &nothing["differences"]), (&json!([]), &json!([])));
}

#[test]
fn a_comparison_can_be_asked_for_by_its_own_name() {
    let mirror = Mirror::copied();
    let handle = mirror.handle.clone();
    let served = crate::support::serve_with(mirror.store.clone(), handle);
    let response = served.client.post("/api/sync/reconcile?force=true").dispatch();
    assert_eq!(response.status(), Status::Accepted);
    let accepted: Value = serde_json::from_str(&response.into_string().expect("a body")).expect("JSON");
    assert_eq!(accepted["run"]["entities"], json!(["metric_aggregates"]));
}

#[test]
fn a_pass_that_is_cut_off_while_it_asks_compared_nothing() {
    let mirror = Mirror::of(crate::support::shop());
    ended_well(&mirror.run(only(&["accounts", "metrics", "mapped_metrics", "events"])));
    // Some metrics were counted before the key was refused.
    mirror.fake.set_mood(Mood::At(PATH, Box::new(Mood::FailsAfter(10, 401))));
    mirror.run(reconcile());
    let asked = mirror.fake.requests().into_iter().filter(|it| it.path == PATH).count();
    assert!(asked > 2, "{asked}");
    assert_eq!(value(&mirror.store, "select count(*) from reconciled_metrics"), "0");
}
