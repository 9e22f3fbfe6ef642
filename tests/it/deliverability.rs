//! What the deliverability page says, over sends that are counted by hand.

use klytics::store::Store;
use rocket::http::Status;
use serde_json::{Value, json};

use crate::support::{Served, account, seed, serve};

/// Thirty days of New York, so that sender health looks at the same: from 05:00 UTC on 1 March to before 04:00 on the 31st.
const RANGE: &str = "range=2026-03-01_to_2026-03-30&compare=none";

/// Of a campaign 1,950 e-mails arrived and fifty bounced, twenty of them for good; a flow sent a hundred, of which one was
/// marked as spam, and fifty texts, of which ten failed. A second before the range and after it, one bounce each.
fn spring() -> Store {
    let store = account();
    seed(
        &store,
        "insert into metric_kinds values ('m_unsubscribed_sms', 'unsubscribed_sms', 'name');
         insert into klaviyo_campaigns (id, name, status) values ('C1', 'Spring <script>alert(1)</script>', 'Sent');
         insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('CM1', 'C1', 'email');
         insert into klaviyo_flows (id, name, status) values ('F1', 'Welcome', 'live');
         insert into klaviyo_flow_actions (id, flow_id) values ('FA1', 'F1');
         insert into klaviyo_flow_messages (id, flow_action_id, channel, name) values
             ('FM1', 'FA1', 'email', 'First mail'), ('FM2', 'FA1', 'sms', 'First text');
         insert into klaviyo_profiles (id, email, can_receive_email)
         select 'p' || n, 'p' || n || case when n % 2 = 0 then '@Gmail.com' else '@shop.example' end, true from range(1, 2000) as people(n);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id)
         select 'r' || n, 'm_received_email', 'p' || n, '2026-03-10 15:00:00', 'CM1' from range(1950) as sends(n);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, properties)
         select 'b' || n, 'm_bounced_email', 'p' || n, '2026-03-10 15:00:00', 'CM1',
             case when n < 1970 then '{\"Bounce Type\":\"Hard\"}' else '{\"Bounce Type\":\"Soft\"}' end
         from range(1950, 2000) as sends(n);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, is_machine_open)
         select 'o' || n, 'm_opened_email', 'p' || n, '2026-03-11 15:00:00', 'CM1', n >= 615 from range(1000) as opens(n);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, is_bot_click)
         select 'c' || n, 'm_clicked_email', 'p' || n, '2026-03-12 15:00:00', 'CM1', n >= 41 from range(60) as clicks(n);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id)
         select 'u' || n, 'm_unsubscribed_email', 'p' || n, '2026-03-12 15:00:00', 'CM1' from range(8) as leavers(n);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, flow_id)
         select 'f' || n, 'm_received_email', 'p' || n, '2026-03-20 15:00:00', 'FM1', 'F1' from range(100) as sends(n);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, flow_id) values
             ('spam', 'm_marked_spam', 'p7', '2026-04-20 15:00:00', 'FM1', 'F1');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, flow_id, properties)
         select 't' || n, case when n < 40 then 'm_received_sms' else 'm_failed_sms' end, 'p' || n, '2026-03-20 15:00:00', 'FM2',
             'F1', case when n < 40 then '{}' else '{\"Failure Type\":\"Unreachable\",\"Failure Source\":\"Carrier\"}' end
         from range(50) as sends(n);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, flow_id) values
             ('stop', 'm_unsubscribed_sms', 'p3', '2026-03-20 15:01:00', 'FM2', 'F1');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, properties) values
             ('early', 'm_bounced_email', 'p1', '2026-03-01 03:59:59', 'CM1', '{\"Bounce Type\":\"Hard\"}'),
             ('late', 'm_bounced_email', 'p1', '2026-03-31 04:00:00', 'CM1', '{\"Bounce Type\":\"Hard\"}');
         update klaviyo_events set local_datetime = timestamp - interval 4 hour",
    );
    store
}

fn answer(served: &Served, path: &str) -> Value {
    let answer = served.client.get(path.to_owned()).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{path}");
    answer.into_json().expect("JSON")
}

fn card<'a>(view: &'a Value, name: &str) -> &'a Value {
    view["cards"].as_array().expect("cards").iter().find(|it| it["name"] == name).unwrap_or(&Value::Null)
}

fn block<'a>(view: &'a Value, name: &str) -> &'a Value {
    view["blocks"].as_array().expect("blocks").iter().find(|it| it["name"] == name).unwrap_or(&Value::Null)
}

fn row<'a>(view: &'a Value, table: &str, column: &str, name: &str) -> &'a Value {
    let rows = block(view, table)["content"]["rows"].as_array().expect("rows");
    rows.iter().find(|it| it[column] == name).unwrap_or(&Value::Null)
}

#[track_caller]
fn near(value: &Value, want: f64) {
    let value = value.as_f64().unwrap_or(f64::NAN);
    assert!((value - want).abs() < 1e-9, "{value} is not {want}");
}

#[test]
fn rates_are_those_of_the_sends_and_are_judged() {
    let served = serve(spring());
    let view = answer(&served, &format!("/api/pages/deliverability?{RANGE}"));
    for (name, rate, word) in [
        ("bounce_rate", 50.0 / 2_100.0, "Needs attention"),
        ("complaint_rate", 1.0 / 2_050.0, "Room for improvement"),
        ("unsubscribe_rate", 8.0 / 2_050.0, "Room for improvement"),
        ("open_rate", 615.0 / 2_050.0, "Room for improvement"),
        ("click_rate", 41.0 / 2_050.0, "Healthy"),
    ] {
        near(&card(&view, name)["current"], rate);
        assert_eq!(card(&view, name)["badge"]["word"], word, "{name}");
        assert_eq!(block(&view, name)["content"]["kind"], "chart", "{name}");
    }
    assert_eq!(card(&view, "bounce_rate")["detail"], "hard 0.95%, soft 1.43%");
    let machines = answer(&served, &format!("/api/pages/deliverability?{RANGE}&machine=include"));
    near(&card(&machines, "open_rate")["current"], 1_000.0 / 2_050.0);
    near(&card(&machines, "click_rate")["current"], 60.0 / 2_050.0);
}

#[test]
fn of_few_no_verdict_is_given() {
    // On that day the hundred of the flow arrived and nothing else; fifty of them are not enough.
    let store = spring();
    seed(&store, "delete from klaviyo_events where id like 'f%' and cast(substr(id, 2) as integer) >= 50");
    let view = answer(&serve(store), "/api/pages/deliverability?range=2026-03-20_to_2026-03-20");
    near(&card(&view, "open_rate")["current"], 0.0);
    for name in ["open_rate", "click_rate", "bounce_rate"] {
        assert_eq!(card(&view, name)["badge"], Value::Null, "{name}");
        let caption = block(&view, name)["content"]["caption"].as_str().unwrap_or_default();
        assert!(!caption.contains("healthy") && !caption.contains("attention"), "{caption}");
    }
}

#[test]
fn events_count_by_their_own_day_where_it_is_asked() {
    let view = answer(&serve(spring()), &format!("/api/pages/deliverability?{RANGE}&basis=event"));
    // The complaint came in April.
    near(&card(&view, "complaint_rate")["current"], 0.0);
    near(&card(&view, "open_rate")["current"], 615.0 / 2_050.0);
    let day = "range=2026-03-12_to_2026-03-12&compare=none&basis=event";
    let view = answer(&serve(spring()), &format!("/api/pages/deliverability?{day}"));
    assert_eq!(card(&view, "click_rate")["current"], Value::Null, "nothing was delivered on that day");
}

#[test]
fn sender_health_is_the_sum_of_its_factors() {
    let served = serve(spring());
    let view = answer(&served, &format!("/api/pages/deliverability?{RANGE}&machine=include"));
    let line = |value: f64, worst: f64, best: f64| ((value - worst) / (best - worst)).clamp(0.0, 1.0);
    let spam = 30.0 * line(1.0 / 2_050.0, 0.0005, 0.0001);
    let bounce = 20.0 * line(50.0 / 2_100.0, 0.02, 0.01);
    let unsubscribe = 15.0 * line(8.0 / 2_050.0, 0.01, 0.003);
    // Machines are left out, whatever is asked.
    let (click, open) = (25.0, 10.0 * line(615.0 / 2_050.0, 0.27, 0.33));
    let score = spam + bounce + unsubscribe + click + open;
    near(&card(&view, "sender_health")["current"], score.round());
    assert_eq!(card(&view, "sender_health")["badge"]["word"], "Poor");
    let bars = block(&view, "sender_health")["content"]["bars"].as_array().expect("bars");
    let points: Vec<f64> = bars.iter().map(|it| it["value"].as_f64().expect("points")).collect();
    for (got, want) in points.iter().zip([spam, click, bounce, unsubscribe, open]) {
        assert!((got - want).abs() < 1e-9, "{points:?}");
    }
    assert_eq!(view["cards"][0]["title"], "Sender health", "it is nobody else's score");
    // Twenty days before, nothing that counts was sent.
    let view = answer(&served, "/api/pages/deliverability?range=2026-02-01_to_2026-02-27&compare=none");
    assert_eq!(card(&view, "sender_health")["current"], Value::Null);
}

#[test]
fn channels_mailboxes_and_reasons_are_told_apart() {
    let served = serve(spring());
    let view = answer(&served, &format!("/api/pages/deliverability?{RANGE}"));
    let sms = row(&view, "deliverability_channels", "channel", "SMS");
    assert_eq!((&sms["recipients"], &sms["delivered"], &sms["failed"]), (&json!(50), &json!(40), &json!(10)));
    near(&sms["failureRate"], 0.2);
    near(&sms["unsubscribeRate"], 1.0 / 40.0);
    for untold in ["openRate", "bounceRate", "complaintRate"] {
        assert_eq!(sms[untold], Value::Null, "{untold} of a text is not told");
    }
    // p0 has no profile; of p1 to p1999 the even ones are at Gmail, and so is p2 to p98 of the flow's hundred.
    let gmail = row(&view, "deliverability_providers", "provider", "Gmail");
    assert_eq!((&gmail["recipients"].as_f64(), &gmail["bounced"]), (&Some(999.0 + 49.0), &json!(25)));
    let other = row(&view, "deliverability_domains", "domain", "shop.example");
    assert_eq!((&other["recipients"].as_f64(), &other["provider"]), (&Some(1_000.0 + 50.0), &json!("shop.example")));
    near(&other["complaintRate"], 1.0 / (1_050.0 - 25.0));
    let hard = row(&view, "send_failures", "failure", "Hard bounce: there is no such mailbox");
    assert_eq!((&hard["failures"].as_f64(), &hard["people"]), (&Some(20.0), &json!(20)));
    let soft = row(&view, "send_failures", "failure", "Soft bounce: the mailbox did not take it now");
    near(&soft["failures"], 30.0);
    let text = row(&view, "send_failures", "failure", "Unreachable");
    assert_eq!((&text["source"], &text["channel"]), (&json!("Carrier"), &json!("SMS")));
    let sms = answer(&served, &format!("/api/pages/deliverability?{RANGE}&channel=sms"));
    near(&card(&sms, "failure_rate")["current"], 0.2);
    assert_eq!(card(&sms, "sender_health"), &Value::Null, "it is of e-mail");
    assert_eq!(block(&sms, "send_failures")["content"]["rowCount"], 1);
}

#[test]
fn the_worst_sends_come_first_and_lead_to_their_pages() {
    let served = serve(spring());
    let view = answer(&served, &format!("/api/pages/deliverability?{RANGE}"));
    let rows = block(&view, "worst_sends")["content"]["rows"].as_array().expect("rows").clone();
    let ids: Vec<_> = rows.iter().map(|it| it["id"].as_str().expect("an id")).collect();
    // One complaint of a hundred is twenty times the bound; the fifty texts are too few to be listed.
    assert_eq!(ids, ["flows/F1", "campaigns/C1"]);
    near(&rows[0]["timesLimit"], 0.01 / 0.0005);
    near(&rows[1]["timesLimit"], 50.0 / 2_000.0 / 0.02);
    let fewer = answer(&served, &format!("/api/pages/deliverability?{RANGE}&min=50"));
    assert_eq!(block(&fewer, "worst_sends")["content"]["rowCount"], 3);
    let html = served.client.get(format!("/deliverability?{RANGE}")).dispatch().into_string().expect("a page");
    assert!(html.contains("href=\"&#x2F;campaigns&#x2F;C1?") && html.contains("Spring &lt;script&gt;"), "{html}");
    assert!(!html.contains("<script>alert"), "a name is text");
    let csv = served.client.get(format!("/export/worst_sends.csv?{RANGE}")).dispatch().into_string().expect("a file");
    assert_eq!(csv.lines().count(), 3, "{csv}");
}

#[test]
fn an_account_without_sends_has_no_rates() {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_sync_status (entity_type, status, last_sync_time) values ('events', 'completed', '2026-03-12')",
    );
    let served = serve(store);
    let view = answer(&served, "/api/pages/deliverability");
    for name in ["sender_health", "bounce_rate", "complaint_rate", "unsubscribe_rate", "open_rate", "click_rate"] {
        assert_eq!(card(&view, name)["current"], Value::Null, "{name}");
    }
    assert_eq!(served.client.get("/deliverability").dispatch().status(), Status::Ok);
    assert_eq!(served.client.get("/deliverability?channel=pigeon").dispatch().status(), Status::BadRequest);
    assert_eq!(served.client.get("/deliverability?sort=colour").dispatch().status(), Status::BadRequest);
}
