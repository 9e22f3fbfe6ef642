//! What the audience page and the pages of single people say, over rows that are counted by hand.

use chrono::{TimeDelta, Utc};
use klytics::store::Store;
use rocket::http::Status;
use serde_json::{Value, json};

use crate::support::{Served, account, seed, serve};

/// So many days ago, as SQL writes it: engagement is as of now.
fn ago(days: i64) -> String {
    (Utc::now() - TimeDelta::days(days)).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Ann clicked lately. Bob bought a hundred days ago, and since then only his machine opened. Cid was silent for two
/// hundred days over six e-mails, Fay for a year over two; Eve is new, Dan is suppressed, and Zoe is gone.
fn people() -> Store {
    let store = account();
    let statements = format!(
        "insert into metric_kinds values ('m_site', 'active_on_site', 'name'), ('m_subscribed', 'subscribed_email', 'name');
         insert into klaviyo_metrics (id, name) values ('m_placed_order', 'Placed Order'), ('m_prize', 'Won a <b>prize</b>');
         insert into klaviyo_campaigns (id, name, status) values ('C1', 'Spring <script>alert(1)</script>', 'Sent');
         insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('CM1', 'C1', 'email');
         insert into klaviyo_profiles
             (id, email, phone_number, first_name, last_name, can_receive_email, can_receive_sms, email_consent, email_consent_method,
              email_suppression, email_suppressed_at, created_at, deleted_at)
         values
             ('ann', 'ann@example.com', '+15551234567', 'Ann', '<script>alert(2)</script>', true, true, 'SUBSCRIBED', 'FORM', null, null, '{long}', null),
             ('bob', 'bob@example.com', null, 'Bob', 'O''Hara', true, false, 'SUBSCRIBED', 'FORM', null, null, '{long}', null),
             ('cid', 'cid@example.com', null, 'Cid', null, true, false, 'SUBSCRIBED', null, null, null, '{long}', null),
             ('dan', 'dan@example.com', null, 'Dan', null, false, false, 'SUBSCRIBED', 'FORM', 'HARD_BOUNCE', '2026-03-11 12:00', '{long}', null),
             ('eve', 'eve_100%@example.com', null, 'Eve', null, true, false, 'SUBSCRIBED', 'FORM', null, null, '{d10}', null),
             ('fay', 'fay@example.com', null, 'Fay', null, true, false, 'SUBSCRIBED', 'FORM', null, null, '{long}', null),
             ('zoe', 'zoe@example.com', null, 'Zoe', null, true, false, 'SUBSCRIBED', 'FORM', null, null, '{long}', '2026-03-01');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, is_machine_open, is_bot_click) values
             ('1', 'm_received_email', 'ann', '{d10}', 'CM1', null, null), ('2', 'm_clicked_email', 'ann', '{d10}', 'CM1', null, false),
             ('3', 'm_opened_email', 'bob', '{d45}', 'CM1', true, null), ('4', 'm_received_email', 'bob', '{d45}', 'CM1', null, null),
             ('5', 'm_opened_email', 'cid', '{d200}', 'CM1', false, null), ('6', 'm_clicked_email', 'cid', '{d10}', 'CM1', null, true),
             ('7', 'm_received_email', 'fay', '{d380}', 'CM1', null, null), ('8', 'm_received_email', 'fay', '{d370}', 'CM1', null, null),
             ('9', 'm_site', 'dan', '{d10}', null, null, null), ('10', 'm_prize', 'ann', '{d100}', null, null, null);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id)
         select 'cid' || n, 'm_received_email', 'cid', cast('{d200}' as timestamp) - to_days(cast(n as integer)), 'CM1' from range(6) as sends(n);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, value, currency, properties) values
             ('20', 'm_placed_order', 'bob', '{d100}', 25.5, 'USD', '{{\"OrderId\":\"#7\",\"Items\":[{{\"ProductName\":\"Vase <i>\",\"Quantity\":2,\"RowTotal\":25.5}}]}}'),
             ('21', 'm_placed_order', 'bob', '{d200}', 99, 'EUR', '{{}}');
         update klaviyo_events set local_datetime = timestamp - interval 4 hour",
        long = ago(400),
        d10 = ago(10),
        d45 = ago(45),
        d100 = ago(100),
        d200 = ago(200),
        d370 = ago(370),
        d380 = ago(380),
    );
    // A store seeds what lives as long as the process; a test has one of these.
    seed(&store, statements.leak());
    store
}

fn answer(served: &Served, path: &str) -> Value {
    let answer = served.client.get(path.to_owned()).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{path}");
    answer.into_json().expect("JSON")
}

fn html(served: &Served, path: &str) -> String {
    let answer = served.client.get(path.to_owned()).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{path}");
    answer.into_string().expect("a page")
}

fn named<'a>(view: &'a Value, of: &str, name: &str) -> &'a Value {
    view[of].as_array().expect("a list").iter().find(|it| it["name"] == name).unwrap_or(&Value::Null)
}

fn ids(view: &Value, table: &str) -> Vec<String> {
    let rows = named(view, "blocks", table)["content"]["rows"].as_array().expect("rows").clone();
    let mut ids: Vec<String> = rows.iter().map(|it| it["id"].as_str().expect("an id").to_owned()).collect();
    ids.sort();
    ids
}

#[track_caller]
fn near(value: &Value, want: f64) {
    let value = value.as_f64().unwrap_or(f64::NAN);
    assert!((value - want).abs() < 1e-9, "{value} is not {want}");
}

#[test]
fn engagement_is_what_people_did_themselves() {
    let served = serve(people());
    let view = answer(&served, "/api/pages/audience");
    let shares: Vec<f64> = named(&view, "blocks", "audience_engagement")["content"]["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|it| it["people"].as_f64().expect("a count"))
        .collect();
    // Ann; Ann; Ann; Ann and Bob. Cid and Fay are dormant, Eve is too new to be.
    assert_eq!(shares, [1.0, 1.0, 1.0, 2.0, 2.0]);
    near(&named(&view, "cards", "engaged_30_share")["current"], 0.2);
    assert_eq!(named(&view, "cards", "engaged_30_share")["badge"]["word"], "Good");
    near(&named(&view, "cards", "dormant_share")["current"], 0.4);
    assert_eq!(named(&view, "cards", "dormant_share")["badge"]["word"], "Room for improvement");
    near(&named(&view, "cards", "suppression_rate")["current"], 1.0 / 6.0);
    assert_eq!(named(&view, "cards", "suppression_rate")["badge"]["word"], "Room for improvement");
}

#[test]
fn the_dormant_are_those_of_the_audit() {
    let store = people();
    let told = |store: Store| {
        let served = serve(store);
        let card = named(&answer(&served, "/api/pages/audience"), "cards", "dormant_share").clone();
        (card, answer(&served, "/api/pages/benchmarks/dormant"))
    };
    let young = people();
    seed(
        &young,
        "delete from klaviyo_events where timestamp < (select max(timestamp) from klaviyo_events) - interval 160 day",
    );
    let (card, rule) = told(store);
    let row = &rule["blocks"].as_array().expect("blocks").last().expect("evidence")["content"]["rows"][0];
    assert_eq!((&row["reachable"], &row["dormant"], &row["judgedShare"]), (&json!(5), &json!(2), &json!(0.4)));
    assert_eq!((&row["judgedShare"], &card["detail"]), (&card["current"], &json!("2 of 5 e-mail subscribers")));
    // Where events do not reach half a year back nobody can tell, on either page.
    let (card, rule) = told(young);
    assert_eq!((&card["current"], &card["badge"]), (&Value::Null, &Value::Null));
    assert_eq!(rule["more"]["finding"]["verdict"], "Cannot tell");
}

#[test]
fn what_is_of_e_mail_says_so_whatever_channel_is_asked_for() {
    let view = answer(&serve(people()), "/api/pages/audience?channel=sms");
    let detail = |card: &str| named(&view, "cards", card)["detail"].clone();
    assert_eq!(named(&view, "cards", "subscribers")["title"], "SMS subscribers");
    assert_eq!(detail("engaged_30_share"), "1 of 5 e-mail subscribers");
    assert_eq!(detail("suppression_rate"), "1 of 6 profiles, from e-mail");
    assert_eq!(named(&view, "blocks", "sign_ups")["subtitle"], "SMS");
}

#[test]
fn all_rows_are_only_offered_where_they_are_shown() {
    let store = people();
    seed(
        &store,
        "insert into klaviyo_profiles (id, email) select 'm' || n, 'many@example.com' from range(1000) as t(n)",
    );
    let served = serve(store);
    let offered = |q: &str| {
        let page = html(&served, &format!("/audience?q={q}&limit=1000"));
        (page.contains(">All rows</option>"), page.contains(">1,000 rows</option>"))
    };
    assert_eq!(offered("many"), (true, false), "a thousand are shown at once");
    assert_eq!(offered("example"), (false, true), "six more are not");
}

#[test]
fn sunset_candidates_follow_the_readers_patience() {
    let served = serve(people());
    let of = |query: &str| ids(&answer(&served, &format!("/api/pages/audience{query}")), "sunset_candidates");
    assert_eq!(of(""), ["cid"]);
    assert_eq!(of("?mailed=2"), ["cid", "fay"]);
    assert_eq!(of("?mailed=2&quiet=300"), ["fay"]);
    assert_eq!(of("?mailed=1&quiet=30"), ["bob", "cid", "fay"]);
    for bad in ["mailed=0", "mailed=many", "mailed=1001", "quiet=29", "quiet=3651", "quiet=1.5"] {
        let refused = served.client.get(format!("/api/pages/audience?{bad}")).dispatch();
        assert_eq!(refused.status(), Status::BadRequest, "{bad}");
        assert_eq!(
            served.client.get(format!("/export/sunset_candidates.csv?{bad}")).dispatch().status(),
            Status::BadRequest
        );
    }
    let csv = html(&served, "/export/sunset_candidates.csv?mailed=2&q=nobody&sort=-orders");
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines[0].starts_with("email,name,emailsReceived") && lines.len() == 3, "{csv}");
    assert!(lines[1].starts_with("cid@example.com,Cid,6,") && lines[2].starts_with("fay@example.com,Fay,2,"), "{csv}");
}

/// Two days of March in New York: from 04:00 on the 10th to before 04:00 on the 12th.
const RANGE: &str = "range=2026-03-10_to_2026-03-11&compare=none";

/// Consent that is followed since January. Ann, Cid and Dan were there, Fay came a second before the range; in it Eve and
/// Bob came and Dan went, and Cid went a second after it. Ann's texts are another matter.
fn with_history() -> Store {
    let store = people();
    seed(
        &store,
        "insert into klaviyo_consent_history
             (profile_id, channel, consent, can_receive, reason, changed_at, seen_at, previous_consent, previous_can_receive)
         values
             ('ann', 'email', 'SUBSCRIBED', true, null, '2025-05-01', '2026-01-01', null, null),
             ('ann', 'sms', 'SUBSCRIBED', true, null, '2026-03-10 12:00', '2026-03-10 12:05', null, null),
             ('cid', 'email', 'SUBSCRIBED', true, null, '2025-05-01', '2026-01-01', null, null),
             ('dan', 'email', 'SUBSCRIBED', true, null, '2026-02-01', '2026-02-01', null, null),
             ('fay', 'email', 'SUBSCRIBED', true, null, '2026-03-10 03:59:59', '2026-03-10 04:10', null, null),
             ('eve', 'email', 'SUBSCRIBED', true, null, '2026-03-10 04:00:00', '2026-03-10 04:10', null, null),
             ('dan', 'email', 'SUBSCRIBED', false, 'HARD_BOUNCE', '2026-03-11 12:00', '2026-03-11 12:10', 'SUBSCRIBED', true),
             ('bob', 'email', 'SUBSCRIBED', true, null, '2026-03-12 03:59:59', '2026-03-12 04:10', null, null),
             ('cid', 'email', 'UNSUBSCRIBED', false, 'UNSUBSCRIBE', '2026-03-12 04:00:00', '2026-03-12 04:10', 'SUBSCRIBED', true)",
    );
    store
}

#[test]
fn growth_is_what_consent_history_tells() {
    let served = serve(with_history());
    let view = answer(&served, &format!("/api/pages/audience?{RANGE}"));
    let rows = named(&view, "blocks", "audience_channels")["content"]["rows"].as_array().expect("rows").clone();
    let of = |channel: &str| rows.iter().find(|it| it["channel"] == channel).expect("a channel").clone();
    let email = of("Email");
    assert_eq!((&email["atStart"], &email["joined"], &email["lost"]), (&json!(4), &json!(2), &json!(1)));
    near(&email["growthRate"], 0.25);
    near(&email["churnRate"], 0.25);
    let sms = of("SMS");
    assert_eq!((&sms["atStart"], &sms["joined"], &sms["growthRate"]), (&json!(0), &json!(1), &Value::Null));
    near(&named(&view, "cards", "growth_rate")["current"], 0.25);
    // Five at the end of the first day; Dan went and Bob came on the second.
    let days = answer(&served, &format!("/export/audience_days.json?{RANGE}"));
    let of = |at: usize, name: &str| days[at][name].clone();
    assert_eq!((of(0, "email"), of(1, "email"), of(0, "sms")), (json!(5), json!(5), json!(1)));
    assert_eq!((of(0, "hardBounces"), of(1, "hardBounces"), of(1, "losses")), (json!(0), json!(1), json!(1)));
    let reasons = &named(&view, "blocks", "audience_reasons")["content"]["rows"];
    let told: Vec<String> = reasons
        .as_array()
        .expect("rows")
        .iter()
        .map(|it| {
            format!("{} {} {}", it["reason"], it["channel"], it["people"].as_f64().expect("a count")).replace('"', "")
        })
        .collect();
    assert_eq!(told.len(), 3, "{told:?}");
    for want in ["Subscribed Email 2", "Subscribed SMS 1", "Suppressed: hard bounce Email 1"] {
        assert!(told.iter().any(|it| it == want), "{want} is not in {told:?}");
    }
}

#[test]
fn before_its_history_begins_growth_is_unknown() {
    let served = serve(with_history());
    let view = answer(&served, "/api/pages/audience?range=2025-12-01_to_2025-12-02&compare=none");
    assert_eq!(named(&view, "cards", "growth_rate")["current"], Value::Null);
    let email = &named(&view, "blocks", "audience_channels")["content"]["rows"][0];
    near(&email["subscribers"], 5.0);
    assert_eq!((&email["atStart"], &email["joined"]), (&Value::Null, &Value::Null));
    let block = named(&view, "blocks", "audience_channels")["subtitle"].as_str().expect("words").to_owned();
    assert!(block.contains("known since 31 Dec 2025, 19:00"), "{block}");
    assert_eq!(named(&view, "blocks", "subscribers")["content"]["kind"], "nothing");
}

#[test]
fn people_are_found_by_what_is_known_of_them() {
    let served = serve(people());
    let find = |q: &str| ids(&answer(&served, &format!("/api/pages/audience?q={q}")), "profiles");
    assert_eq!(find("ANN%40"), ["ann"]);
    assert_eq!(find("o%27hara"), ["bob"]);
    assert_eq!(find("5551234"), ["ann"]);
    assert_eq!(find("fay"), ["fay"]);
    assert_eq!(find("100%25"), ["eve"], "a per cent sign is itself");
    assert_eq!(find("zoe"), Vec::<String>::new(), "whoever was deleted is gone");
    assert_eq!(find("example.com").len(), 6);
    let page = html(&served, "/audience?q=ann");
    assert!(page.contains("href=\"&#x2F;audience&#x2F;ann\"") && page.contains("&lt;script&gt;alert(2)"), "{page}");
    assert!(!page.contains("<script>alert"), "a name is text");
    assert_eq!(served.client.get("/audience?q=ann&sort=colour").dispatch().status(), Status::BadRequest);
    assert!(html(&served, "/audience?q=%3Cscript%3E").contains("value=\"&lt;script&gt;\""));
    assert_eq!(named(&answer(&served, "/api/pages/audience"), "blocks", "profiles"), &Value::Null, "none unasked");
}

#[test]
fn a_person_has_totals_and_a_timeline() {
    let served = serve(people());
    let view = answer(&served, "/api/pages/audience/bob");
    assert_eq!(view["title"], "Bob O'Hara");
    let current = |name: &str| named(&view, "cards", name)["current"].clone();
    // An order in another currency is an order, but no revenue; a machine's open is none of his.
    assert_eq!(
        (current("profile_orders"), current("profile_received"), current("profile_opens")),
        (json!(2.0), json!(1.0), json!(0.0))
    );
    near(&current("profile_revenue"), 25.5);
    let events = view["more"]["events"].as_array().expect("events");
    let words: Vec<&str> = events.iter().map(|it| it["words"].as_str().expect("words")).collect();
    assert_eq!(words[2..], ["Placed an order", "Placed an order"]);
    assert_eq!((words.contains(&"Opened"), words.contains(&"Received the e-mail")), (true, true));
    let order = &events[2];
    assert_eq!((&order["amount"], &order["items"]), (&json!("$25.50"), &json!(["2 × Vase <i>, $25.50"])));
    assert_eq!(events[3]["amount"], json!("€99.00"));
    assert_eq!(events[0]["path"], json!("/campaigns/C1"));
    let page = html(&served, "/audience/bob");
    assert!(page.contains("2 × Vase &lt;i&gt;, $25.50") && page.contains("by a machine"), "{page}");
    assert!(!page.contains("<script>alert") && !page.contains("Vase <i>"), "what is stored is text");
}

#[test]
fn a_timeline_is_narrowed_and_paged_by_its_address() {
    let served = serve(people());
    let of = |query: &str| {
        let view = answer(&served, &format!("/api/pages/audience/{query}"));
        (view["more"]["rowCount"].clone(), view["more"]["events"].as_array().expect("events").len())
    };
    assert_eq!(of("bob?kind=orders"), (json!(2), 2));
    assert_eq!(of("bob?kind=messages"), (json!(2), 2));
    assert_eq!(of("ann?kind=other"), (json!(1), 1));
    assert_eq!(of("cid?limit=5"), (json!(8), 5));
    assert_eq!(of("cid?limit=5&offset=5"), (json!(8), 3));
    let page = html(&served, "/audience/cid?limit=5");
    assert!(page.contains("1–5 of 8") && page.contains("offset=5") && page.contains("Older"), "{page}");
    assert!(html(&served, "/audience/ann").contains("Won a &lt;b&gt;prize"));
    let csv = html(&served, "/export/profile_events.csv?id=bob&kind=orders");
    assert_eq!(csv.lines().count(), 3, "{csv}");
    for (path, status) in [
        ("/audience/bob?kind=colours", Status::BadRequest),
        ("/audience/nobody", Status::NotFound),
        ("/api/pages/audience/nobody", Status::NotFound),
        ("/audience/zoe", Status::NotFound),
        ("/audience/%3Cscript%3E", Status::NotFound),
    ] {
        assert_eq!(served.client.get(path).dispatch().status(), status, "{path}");
    }
}

#[test]
fn an_account_without_people_says_so() {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_sync_status (entity_type, status, last_sync_time) values ('events', 'completed', '2026-03-12')",
    );
    let served = serve(store);
    let view = answer(&served, "/api/pages/audience");
    for name in
        ["subscribers", "growth_rate", "engaged_30_share", "engaged_90_share", "dormant_share", "suppression_rate"]
    {
        assert_eq!(named(&view, "cards", name)["current"], Value::Null, "{name}");
    }
    assert_eq!(served.client.get("/audience").dispatch().status(), Status::Ok);
}
