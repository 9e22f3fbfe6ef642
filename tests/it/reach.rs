//! How far back events are copied: what is said of days that are not, or not as a whole; and what listings show of them.

use klytics::store::Store;
use rocket::http::Status;
use serde_json::{Value, json};

use crate::support::{Served, account, seed, serve};

/// Events are complete from 5 March in New York on. Before that only a few came: of the 4th, and, by a webhook, of 1 March.
fn half_copied() -> Store {
    let store = account();
    seed(
        &store,
        "delete from sync_windows;
         insert into sync_windows values
             ('events', '2026-03-05 05:00', '2026-03-20 12:00', '2026-03-20'),
             ('events', '2026-03-04 15:00', '2026-03-04 16:00', '2026-03-20');
         insert into klaviyo_campaigns (id, name, status, sent_at, deleted_at) values
             ('C1', 'Copied', 'Sent', '2026-03-06 15:00', null),
             ('C2', 'Not copied', 'Sent', '2026-02-10 15:00', null),
             ('C3', 'A draft', 'Draft', null, null),
             ('C4', 'Reached nobody', 'Sent', '2026-03-08 15:00', null),
             ('C5', 'Deleted', 'Draft', null, '2026-03-01');
         insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('CM1', 'C1', 'email');
         insert into klaviyo_flows (id, name, status, deleted_at) values
             ('F1', 'Welcome', 'live', null), ('F2', 'Idea', 'draft', null), ('F3', 'Gone', 'draft', '2026-03-01');
         insert into klaviyo_flow_actions (id, flow_id) values ('FA1', 'F1');
         insert into klaviyo_flow_messages (id, flow_action_id, channel, name) values ('FM1', 'FA1', 'email', 'First mail');
         insert into klaviyo_forms (id, name, status) values ('S1', '10% off', 'live'), ('S2', 'Idea', 'draft');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, flow_id) values
             ('1', 'm_received_email', 'ann', '2026-03-06 15:00:00', 'CM1', null),
             ('2', 'm_received_email', 'ann', '2026-03-06 15:00:00', 'FM1', 'F1');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, form_id) values
             ('3', 'm_viewed_form', 'ann', '2026-03-06 15:00:00', 'S1');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, value, currency) values
             ('20', 'm_placed_order', 'ann', '2026-03-06 16:00:00', 100, 'USD'),
             ('21', 'm_placed_order', 'bob', '2026-03-08 16:00:00', 30, 'USD'),
             ('22', 'm_placed_order', 'bob', '2026-03-04 15:30:00', 7, 'USD'),
             ('23', 'm_placed_order', 'bob', '2026-03-01 16:00:00', 1, 'USD');
         update klaviyo_events set local_datetime = timestamp - interval 5 hour;
         insert into klaviyo_sync_status (entity_type, status, last_sync_time, record_count, success) values
             ('campaigns', 'completed', '2026-03-20', 5, true), ('flows', 'completed', '2026-03-20', 2, true),
             ('forms', 'completed', '2026-03-20', 2, true), ('events', 'running', null, 7, true);
         insert into klaviyo_segments (id, name) values ('G1', 'VIP');
         insert into klaviyo_segments (id, name, deleted_at) values ('G2', 'Gone', '2026-03-01')",
    );
    store
}

/// The answer, and from which day on it says that it is complete.
fn get(served: &Served, path: &str) -> (Value, Option<String>) {
    let answer = served.client.get(path.to_owned()).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{path}");
    let complete_from = answer.headers().get_one("X-Complete-From").map(str::to_owned);
    (answer.into_json().expect("JSON"), complete_from)
}

fn ids(served: &Served, path: &str) -> Vec<String> {
    let (rows, _) = get(served, path);
    let mut ids: Vec<_> =
        rows.as_array().expect("rows").iter().map(|it| it["id"].as_str().expect("an id").to_owned()).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn what_is_not_copied_is_compared_with_nothing() {
    let served = serve(half_copied());
    let since = || Some("2026-03-05".to_owned());
    for (query, current, previous, complete_from) in [
        // 5 and 6 March are copied, and so are the two days after.
        ("range=2026-03-07,2026-03-08", json!(30.0), json!(100.0), None),
        // The 4th is copied in part.
        ("range=2026-03-06,2026-03-07", json!(100.0), json!(null), since()),
        ("range=2026-03-07,2026-03-08&compare=year", json!(30.0), json!(null), since()),
        ("range=2026-03-07,2026-03-08&compare=none", json!(30.0), json!(null), None),
        // What is there of a part is counted.
        ("range=2026-03-03,2026-03-06", json!(107.0), json!(null), since()),
        // Of days before the copy nothing is known, whatever a webhook brought.
        ("range=2026-03-01,2026-03-02", json!(null), json!(null), since()),
    ] {
        let (overview, header) = get(&served, &format!("/api/overview?{query}"));
        assert_eq!(overview["revenue"]["current"], current, "{query}");
        assert_eq!(overview["revenue"]["previous"], previous, "{query}");
        assert_eq!(overview["revenue"]["change"].is_null(), previous.is_null(), "{query}");
        assert_eq!(overview["formSubmissions"]["previous"].is_null(), previous.is_null(), "{query}");
        assert_eq!(header, complete_from, "{query}");
    }
}

#[test]
fn every_page_and_file_says_how_far_back_events_are_copied() {
    let served = serve(half_copied());
    let page = |path: &str| {
        let answer = served.client.get(path.to_owned()).dispatch();
        assert_eq!(answer.status(), Status::Ok, "{path}");
        answer.into_string().expect("a page")
    };
    let so_far = "Events are copied back to 5 Mar 2026 so far; earlier days are not counted in full yet.";
    for path in ["/", "/campaigns"] {
        assert!(page(&format!("{path}?range=2026-03-03,2026-03-06")).contains(so_far), "{path}");
        let unknown = page(&format!("{path}?range=2026-02-01,2026-03-01"));
        assert!(
            unknown.contains("None of these days is copied: events are copied back to 4 Mar 2026 so far."),
            "{path}"
        );
        let uncompared = page(&format!("{path}?range=2026-03-06,2026-03-07"));
        assert!(
            uncompared.contains("(nothing to compare with: events are copied back to 5 Mar 2026 so far)"),
            "{path}"
        );
        let complete = page(&format!("{path}?range=2026-03-07,2026-03-08"));
        assert!(!complete.contains("copied back") && complete.contains("against"), "{path}");
    }
    let said = |range: &str| get(&served, &format!("/api/pages/campaigns?range={range}")).0["completeFrom"].clone();
    assert_eq!(said("2026-03-03,2026-03-06"), json!("2026-03-05"));
    assert_eq!(said("2026-03-07,2026-03-08"), json!(null));
    let file = served.client.get("/export/campaigns.csv?range=2026-03-03,2026-03-06").dispatch();
    assert_eq!(file.headers().get_one("X-Complete-From"), Some("2026-03-05"));
}

#[test]
fn sums_of_days_that_are_not_copied_are_unknown() {
    let served = serve(half_copied());
    for (path, field, sum) in [
        ("/api/campaigns/metrics", "totalRecipients", 1),
        ("/api/flows/metrics", "totalRecipients", 1),
        ("/api/forms/metrics", "totalViews", 1),
    ] {
        assert_eq!(get(&served, &format!("{path}?range=2026-03-06,2026-03-07")).0[field], json!(sum), "{path}");
        let (unknown, _) = get(&served, &format!("{path}?range=2026-02-01,2026-03-01"));
        assert_eq!(unknown[field], json!(null), "{path}: {unknown}");
    }
    let sent = |id: &str| get(&served, &format!("/api/campaigns/{id}")).0["sent"].clone();
    assert_eq!((sent("C1"), sent("C2")), (json!(1), json!(null)), "what was sent before the copy begins is unknown");
}

#[test]
fn listings_show_what_there_is_while_its_activity_is_not_copied() {
    let served = serve(half_copied());
    // Some of these days are not copied: whatever may have been sent on them is there.
    assert_eq!(ids(&served, "/api/campaigns?range=2026-02-01,2026-03-08"), ["C1", "C2", "C4"]);
    assert_eq!(ids(&served, "/api/campaigns?range=all"), ["C1", "C2", "C4"]);
    assert_eq!(ids(&served, "/api/flows?range=all"), ["F1", "F2"]);
    assert_eq!(ids(&served, "/api/forms?range=all"), ["S1", "S2"]);
    let (campaigns, complete_from) = get(&served, "/api/campaigns?range=all&sort=name");
    assert_eq!(complete_from.as_deref(), Some("2026-03-05"));
    assert_eq!((&campaigns[1]["name"], &campaigns[1]["sent"]), (&json!("Not copied"), &json!(null)));
}

#[test]
fn listings_show_what_did_nothing_if_they_are_asked_to() {
    let served = serve(half_copied());
    let range = "range=2026-03-05,2026-03-09";
    for (query, campaigns, flows, forms) in [
        ("", vec!["C1"], vec!["F1"], vec!["S1"]),
        ("&activity=range", vec!["C1"], vec!["F1"], vec!["S1"]),
        ("&activity=any", vec!["C1", "C2", "C3", "C4"], vec!["F1", "F2"], vec!["S1", "S2"]),
        ("&status=draft", vec!["C3"], vec!["F2"], vec!["S2"]),
        ("&status=draft&activity=range", vec![], vec![], vec![]),
        ("&status=draft&deleted=include", vec!["C3", "C5"], vec!["F2", "F3"], vec!["S2"]),
        ("&status=sent", vec!["C1"], vec![], vec![]),
    ] {
        assert_eq!(ids(&served, &format!("/api/campaigns?{range}{query}")), campaigns, "{query}");
        assert_eq!(ids(&served, &format!("/api/flows?{range}{query}")), flows, "{query}");
        assert_eq!(ids(&served, &format!("/api/forms?{range}{query}")), forms, "{query}");
    }
    let (rows, _) = get(&served, &format!("/api/campaigns?{range}&activity=any&status=draft"));
    assert_eq!((&rows[0]["sent"], &rows[0]["openRate"]), (&json!(0), &json!(null)), "all of these days are known");
    let unclear = served.client.get("/api/flows?activity=none").dispatch();
    assert_eq!(unclear.status(), Status::BadRequest);
}
