//! The JSON API, as a program sees it.

use crate::support::{
    Mirror, Served, account, ended_well, everything, noon, seed, serve, serve_with, shop as fake_shop, value,
};
use chrono::{Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::America::New_York;
use klytics::store::Store;
use rocket::http::{Header, Status};
use serde_json::{Value, json};

fn get(served: &Served, path: &str) -> (Status, Value) {
    let answer = served.client.get(path.to_owned()).dispatch();
    (answer.status(), answer.into_json().expect("JSON"))
}

fn post(served: &Served, path: &str) -> (Status, Value) {
    let request = served.client.post(path.to_owned()).header(Header::new("Sec-Fetch-Site", "same-origin"));
    let answer = request.dispatch();
    (answer.status(), answer.into_json().expect("JSON"))
}

/// Two campaigns and a flow, two forms, two segments, copied an hour ago.
fn shop() -> Store {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_campaigns (id, name, status, sent_at, updated_at) values
             ('C1', 'Spring', 'Sent', '2026-03-01 15:00', '2026-03-01 16:00'),
             ('C2', 'Summer', 'Sent', '2026-03-02 15:00', '2026-03-02 16:00');
         insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('CM1', 'C1', 'email'), ('CM2', 'C2', 'sms');
         insert into klaviyo_flows (id, name, status, trigger_type, updated_at)
         values ('F1', 'Welcome', 'live', 'List', '2026-02-01');
         insert into klaviyo_forms (id, name, status, updated_at) values ('S', 'Sign <up>', 'live', '2026-02-02');
         insert into klaviyo_segments (id, name, updated_at) values ('G1', 'VIP', '2026-03-02'), ('G2', 'New', '2026-01-01');
         insert into klaviyo_segment_counts (id, profile_count) values ('G1', 12);
         insert into klaviyo_lists (id, name) values ('L', 'Newsletter');
         insert into klaviyo_metrics (id, name, integration_name) values ('m_placed_order', 'Placed Order', 'Shopify');
         insert into klaviyo_profiles (id, email, first_name, can_receive_email, updated_at) values
             ('ann', 'ann@example.com', 'Ann', true, '2026-03-03'), ('bob', 'bob@example.com', 'Bob', false, '2026-03-02');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, flow_id) values
             ('1', 'm_received_email', 'ann', '2026-03-01 15:00', 'CM1', null),
             ('2', 'm_opened_email', 'ann', '2026-03-05 15:00', 'CM1', null),
             ('3', 'm_received_sms', 'bob', '2026-03-02 15:00', 'CM2', null),
             ('4', 'm_received_email', 'bob', '2026-03-02 15:00', 'FM1', 'F1');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, form_id) values
             ('5', 'm_viewed_form', 'ann', '2026-03-01 15:00', 'S'),
             ('6', 'm_viewed_form', 'bob', '2026-03-01 15:00', 'S'),
             ('7', 'm_submitted_form', 'ann', '2026-03-01 16:00', 'S');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, value, attributed_flow_id) values
             ('8', 'm_placed_order', 'ann', '2026-03-06 16:00', 12.5, null),
             ('9', 'm_placed_order', 'ann', '2026-03-06 16:01', 7.25, 'F1');
         update klaviyo_events set local_datetime = timestamp - interval 5 hour;
         insert into klaviyo_sync_status (entity_type, status, last_sync_time, record_count, success)
         select unnest(['campaigns', 'flows', 'forms', 'segments', 'lists', 'metrics', 'profiles', 'events']), 'completed',
             timestamp '2026-03-10 10:00', 2, true",
    );
    store
}

const MARCH: &str = "dateRange=2026-03-01_to_2026-03-31";

#[test]
fn campaigns_say_what_they_did() {
    let served = serve(shop());
    let answer = served.client.get(format!("/api/campaigns?{MARCH}")).dispatch();
    let header = |name: &str| answer.headers().get_one(name).map(ToOwned::to_owned);
    assert_eq!(header("X-Total-Count").as_deref(), Some("2"));
    assert_eq!(header("X-Data-Source").as_deref(), Some("database"));
    assert_eq!(header("X-Last-Synced").as_deref(), Some("2026-03-10T10:00:00Z"));
    let campaigns: Value = answer.into_json().expect("JSON");
    assert_eq!(
        campaigns[1],
        json!({
            "id": "C1", "name": "Spring", "status": "Sent", "deleted": false, "channel": "email", "sentAt": "2026-03-01T15:00:00Z",
            "sent": 1, "delivered": 1, "openRate": 1.0, "clickRate": 0.0, "conversionRate": 0.0,
            "unsubscribeRate": 0.0, "complaintRate": 0.0, "conversions": 0, "revenue": 0.0,
            "updatedAt": "2026-03-01T16:00:00Z"
        })
    );
    assert_eq!(campaigns[0]["name"], "Summer");
}

#[test]
fn a_basis_is_the_day_that_counts() {
    let served = serve(shop());
    let (_, sent) = get(&served, "/api/campaigns?range=2026-03-05,2026-03-05");
    assert_eq!(sent, json!([]));
    let (_, happened) = get(&served, "/api/campaigns?range=2026-03-05,2026-03-05&basis=event");
    assert_eq!(
        (&happened[0]["id"], &happened[0]["sent"], &happened[0]["openRate"]),
        (&json!("C1"), &json!(0), &json!(null))
    );
}

#[test]
fn listings_are_searched_sorted_and_paged() {
    let served = serve(shop());
    let names = |path: &str| {
        let (status, rows) = get(&served, path);
        assert_eq!(status, Status::Ok, "{path}: {rows}");
        let name = |it: &Value| it["name"].as_str().or(it["email"].as_str()).expect("a name").to_owned();
        rows.as_array().expect("an array").iter().map(name).collect::<Vec<_>>().join(" ")
    };
    for (path, expected) in [
        ("/api/campaigns?sort=name&", "Spring Summer"),
        ("/api/campaigns?sort=-openRate&", "Spring Summer"),
        ("/api/campaigns?limit=1&offset=1&", "Spring"),
        ("/api/campaigns?q=SUM&", "Summer"),
        ("/api/flows?", "Welcome"),
        ("/api/forms?", "Sign <up>"),
        ("/api/segments?sort=count&", "VIP"),
        ("/api/lists?sort=name&limit=5&search=news&", ""),
        ("/api/profiles?sort=-email&", "bob@example.com ann@example.com"),
        ("/api/profiles?q=ANN&", "ann@example.com"),
    ] {
        assert_eq!(names(&format!("{path}{MARCH}")), expected, "{path}");
    }
    // Without a range, what was not touched for long is there, too.
    assert_eq!(names("/api/segments"), "VIP New");
    assert_eq!(names("/api/lists"), "Newsletter");
    assert_eq!(names("/api/metrics"), "Placed Order");
}

#[test]
fn forms_count_who_bought_within_five_days() {
    let served = serve(shop());
    let (_, forms) = get(&served, &format!("/api/forms?{MARCH}"));
    let expected = json!([{
        "id": "S", "name": "Sign <up>", "status": "live", "deleted": false, "views": 2, "submissions": 1,
        "submissionRate": 0.5, "conversions": 1, "updatedAt": "2026-02-02T00:00:00Z"
    }]);
    // Her order came five days to the second after she signed up; the one a minute later is too late.
    assert_eq!(forms, expected);
}

#[test]
fn what_is_unknown_is_null() {
    let (_, segments) = get(&serve(shop()), "/api/segments");
    assert_eq!((&segments[0]["count"], &segments[1]["count"]), (&json!(12), &json!(null)));
    assert_eq!((&segments[0]["conversionRate"], &segments[0]["revenue"]), (&json!(null), &json!(null)));
}

#[test]
fn the_overview_and_its_charts_agree() {
    let served = serve(shop());
    let (_, overview) = get(&served, &format!("/api/overview?{MARCH}"));
    assert_eq!(overview["dateRange"], json!({ "start": "2026-03-01", "end": "2026-03-31" }));
    assert_eq!(overview["revenue"], json!({ "current": 19.75, "previous": 0.0, "change": null }));
    assert_eq!(overview["attributedRevenue"]["current"], 7.25);
    assert_eq!(overview["subscribers"], json!({ "current": 1.0, "previous": null, "change": null }));
    assert_eq!(overview["formSubmissions"]["current"], 1.0);
    let (_, channels) = get(&served, &format!("/api/charts/distribution?{MARCH}"));
    assert_eq!(channels, overview["channels"]);
    let (_, days) = get(&served, &format!("/api/charts/revenue?{MARCH}"));
    assert_eq!(days.as_array().map(Vec::len), Some(31));
    assert_eq!(days[5], json!({ "date": "2026-03-06", "campaigns": 0.0, "flows": 7.25, "other": 12.5 }));
    let (_, flows) = get(&served, &format!("/api/charts/top-flows?{MARCH}"));
    assert_eq!(flows[0]["name"], "Welcome");
    let (_, forms) = get(&served, &format!("/api/charts/top-forms?{MARCH}"));
    assert_eq!(forms[0]["submissionRate"], 0.5);
    let (_, segments) = get(&served, "/api/charts/top-segments");
    assert_eq!(segments[0]["name"], "VIP");
}

#[test]
fn what_cannot_be_meant_is_refused_by_name() {
    let served = serve(shop());
    for (path, name) in [
        ("/api/overview?dateRange=garbage", "dateRange"),
        ("/api/campaigns?dateRange=2999-01-01,2999-01-02", "dateRange"),
        ("/api/campaigns?sort=colour", "sort"),
        ("/api/profiles?sort=colour", "sort"),
        ("/api/flows?limit=1001", "limit"),
        ("/api/forms?basis=both", "basis"),
    ] {
        let (status, body) = get(&served, path);
        assert_eq!(status, Status::BadRequest, "{path}");
        assert!(
            body["message"].as_str().expect("a message").to_lowercase().contains(&name.to_lowercase()),
            "{path}: {body}"
        );
        assert!(body["error"].is_string(), "{path}: {body}");
    }
    for (path, name) in [
        ("/api/unicorns/sync", "unicorns"),
        ("/api/sync/all?entities=campaigns,unicorns", "unicorns"),
        ("/api/campaigns/sync?since=tomorrow", "since"),
        ("/api/campaigns/sync?force=perhaps", "force"),
    ] {
        let (status, body) = post(&served, path);
        assert_eq!(status, Status::BadRequest, "{path}");
        assert!(body["message"].as_str().expect("a message").to_lowercase().contains(name), "{path}: {body}");
    }
}

#[test]
fn what_was_never_copied_is_not_made_up() {
    let served = serve(Store::in_memory().expect("a database"));
    for path in ["/api/overview", "/api/campaigns", "/api/charts/revenue", "/api/segments", "/api/profiles"] {
        let answer = served.client.get(path).dispatch();
        assert_eq!(answer.status(), Status::Accepted, "{path}");
        assert_eq!(answer.headers().get_one("Cache-Control"), Some("no-store"), "{path}");
        assert_eq!(answer.into_json::<Value>().expect("JSON")["status"], "never", "{path}");
    }
}

#[test]
fn a_copied_account_without_campaigns_has_none() {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_sync_status (entity_type, status, last_sync_time, record_count, success)
         values ('campaigns', 'completed', '2026-03-10 10:00', 0, true)",
    );
    assert_eq!(get(&serve(store), "/api/campaigns"), (Status::Ok, json!([])));
}

#[test]
fn a_sync_without_a_key_is_refused_in_words() {
    let (status, body) = post(&serve(account()), "/api/sync/all?force");
    assert_eq!(status, Status::Conflict);
    assert!(body["message"].as_str().expect("a message").contains("KLAVIYO_API_KEY"), "{body}");
}

#[test]
fn every_entity_has_a_status() {
    let (status, body) = get(&serve(shop()), "/api/sync/status");
    assert_eq!((status, &body["success"]), (Status::Ok, &json!(true)));
    let entities = body["syncStatus"].as_array().expect("an array");
    assert_eq!(entities.len(), klytics::catalog::ENTITIES.len());
    let of = |name: &str| entities.iter().find(|it| it["entityType"] == name).expect("an entity");
    assert_eq!((&of("campaigns")["status"], &of("campaigns")["success"]), (&json!("completed"), &json!(true)));
    assert_eq!((&of("tags")["status"], &of("tags")["success"]), (&json!("never"), &json!(null)));
}

#[test]
fn the_server_says_that_it_lives() {
    let (status, body) = get(&serve(account()), "/api/health");
    assert_eq!((status, &body["status"]), (Status::Ok, &json!("OK")));
    assert!(body["timestamp"].is_string() && body["version"].is_string());
}

#[test]
fn the_overview_page_is_drawn_and_not_sent_twice() {
    let served = serve(shop());
    let page = served.client.get("/?range=2026-03-01,2026-03-31").dispatch();
    assert_eq!(page.status(), Status::Ok);
    let tag = page.headers().get_one("ETag").expect("a tag").to_owned();
    let html = page.into_string().expect("a body");
    assert!(html.contains("Sign &lt;up&gt;") && html.contains("Welcome"), "{html}");
    let again = served.client.get("/?range=2026-03-01,2026-03-31").header(Header::new("If-None-Match", tag)).dispatch();
    assert_eq!(again.status(), Status::NotModified);
    assert_eq!(served.client.get("/?range=never").dispatch().status(), Status::BadRequest);
}

#[test]
fn every_preset_is_days_of_its_own() {
    let store = account();
    // An order of a dollar each day for two years until today, as New York counts days.
    let today = Utc::now().with_timezone(&New_York).date_naive();
    let text = format!(
        "insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, value)
         select day::varchar, 'm_placed_order', 'ann', day + interval 17 hour, day + interval 12 hour, 1
         from generate_series(timestamp '{}', timestamp '{today}', interval 1 day) as series(day)",
        today - Days::new(729)
    );
    seed(&store, text.leak());
    let served = serve(store);
    let of = |range: &str| {
        let (status, overview) = get(&served, &format!("/api/overview?dateRange={range}"));
        assert_eq!(status, Status::Ok, "{range}: {overview}");
        let range = &overview["dateRange"];
        let day = |it: &Value| it.as_str().expect("a day").parse::<NaiveDate>().expect("a day");
        let (start, end) = (day(&range["start"]), day(&range["end"]));
        let days = (end - start).num_days() + 1;
        assert_eq!(overview["revenue"]["current"].as_f64(), Some(days as f64), "{range}");
        (start, end, overview["revenue"]["previous"].clone())
    };
    for (range, days) in
        [("today", 1), ("last-7-days", 7), ("last-30-days", 30), ("last-90-days", 90), ("last-365-days", 365)]
    {
        let (start, end, previous) = of(range);
        assert_eq!((start, end), (today - Days::new(days - 1), today), "{range}");
        assert_eq!(previous.as_f64(), Some(days.min(730 - days) as f64), "{range}");
    }
    let yesterday = today - Days::new(1);
    assert_eq!((of("yesterday").0, of("yesterday").1), (yesterday, yesterday));
    assert_eq!(of("all"), (today - Days::new(729), today, Value::Null));
    assert_eq!(of("this-week").1, today);
    assert_eq!(of("this-week").0.format("%u").to_string(), "1");
    assert_eq!(of("this-month").0.format("%d").to_string(), "01");
    assert_eq!(of("this-year").0.format("%m-%d").to_string(), "01-01");
    let (start, end, _) = of("last-month");
    assert_eq!((start.format("%d").to_string().as_str(), end + Days::new(1)), ("01", of("this-month").0));
    // Both spellings of two days, and nothing at all.
    let week = format!("{}_to_{yesterday}", today - Days::new(7));
    assert_eq!(of(&week), of(&week.replace("_to_", ",")));
    assert_eq!(get(&served, "/api/overview").1, get(&served, "/api/overview?dateRange=last-30-days").1);
}

/// Kinds of the values of an object, by name.
fn kinds(object: &Value) -> Vec<String> {
    let kind = |it: &Value| match it {
        Value::Null => "null",
        Value::Bool(_) => "flag",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    let object = object.as_object().expect("an object");
    let mut kinds: Vec<_> = object.iter().map(|(name, it)| format!("{name} {}", kind(it))).collect();
    kinds.sort();
    kinds
}

#[test]
fn numbers_are_numbers_and_ids_are_texts() {
    let served = serve(shop());
    for (path, expected) in [
        (
            "campaigns",
            &[
                "channel text",
                "clickRate number",
                "complaintRate number",
                "conversionRate number",
                "conversions number",
                "deleted flag",
                "delivered number",
                "id text",
                "name text",
                "openRate number",
                "revenue number",
                "sent number",
                "sentAt text",
                "status text",
                "unsubscribeRate number",
                "updatedAt text",
            ][..],
        ),
        (
            "flows",
            &[
                "clickRate number",
                "complaintRate number",
                "conversionRate number",
                "conversions number",
                "deleted flag",
                "delivered number",
                "id text",
                "name text",
                "openRate number",
                "recipients number",
                "revenue number",
                "status text",
                "triggerType text",
                "unsubscribeRate number",
                "updatedAt text",
            ],
        ),
        (
            "forms",
            &[
                "conversions number",
                "deleted flag",
                "id text",
                "name text",
                "status text",
                "submissionRate number",
                "submissions number",
                "updatedAt text",
                "views number",
            ],
        ),
    ] {
        let (_, rows) = get(&served, &format!("/api/{path}?{MARCH}&sort=name"));
        assert_eq!(kinds(&rows[0]), expected, "{path}");
    }
    let (_, overview) = get(&served, &format!("/api/overview?{MARCH}"));
    assert_eq!(
        kinds(&overview),
        [
            "attributedRevenue object",
            "channels list",
            "clickRate object",
            "compared object",
            "conversionRate object",
            "currency text",
            "dateRange object",
            "formSubmissions object",
            "openRate object",
            "revenue object",
            "subscribers object"
        ]
    );
}

#[test]
fn what_failed_is_never_kept() {
    let served = serve(shop());
    for path in ["/api/overview?dateRange=garbage", "/api/nowhere", "/api/campaigns?sort=colour"] {
        for _ in 0..2 {
            let answer = served.client.get(path).dispatch();
            assert!(answer.status().code >= 400, "{path}");
            assert_eq!(answer.headers().get_one("Cache-Control"), Some("no-store"), "{path}");
            let body: Value = answer.into_json().expect("JSON");
            assert!(body["error"].is_string() && body["message"].is_string(), "{path}: {body}");
        }
    }
    let well = served.client.get("/api/campaigns").dispatch();
    assert!(well.headers().get_one("ETag").is_none_or(|it| it.len() <= 64));
}

#[test]
fn the_html_of_a_template_is_read_when_it_is_asked_for() {
    let mirror = Mirror::copied();
    let served = serve_with(mirror.store.clone(), mirror.handle.clone());
    let id = value(&mirror.store, "select min(id) from klaviyo_templates");
    let asked = || mirror.fake.requests().iter().filter(|it| it.path == format!("/api/templates/{id}")).count();
    assert_eq!((asked(), value(&mirror.store, "select count(*) from klaviyo_template_html").as_str()), (0, "0"));
    for _ in 0..2 {
        let (status, template) = get(&served, &format!("/api/templates/{id}"));
        assert_eq!(status, Status::Ok);
        assert!(template["html"].as_str().is_some_and(|it| it.contains("<html")), "{template}");
    }
    assert_eq!(asked(), 1, "what was read is kept");
    assert_eq!(get(&served, "/api/templates/nowhere").0, Status::NotFound);
}

#[test]
fn a_sync_is_accepted_and_joined() {
    let mut mirror = Mirror::of(klytics::demo::Plan { latency: std::time::Duration::from_millis(20), ..fake_shop() });
    // The application starts the threads.
    mirror.stop();
    let clock = mirror.clock();
    mirror.handle = crate::support::at_rest(&mirror.fake, &mirror.store, &clock, &crate::support::Reading::default());
    let served = serve_with(mirror.store.clone(), mirror.handle.clone());
    let (status, body) = post(&served, "/api/sync/all?entities=campaigns,events");
    assert_eq!(status, Status::Accepted);
    assert_eq!((&body["success"], body["message"].is_string()), (&json!(true), true));
    assert_eq!(body["run"]["entities"], json!(["events", "campaigns", "campaign_messages"]));
    let (status, joined) = post(&served, "/api/campaigns/sync");
    assert_eq!((status, &joined["run"]["id"]), (Status::Accepted, &body["run"]["id"]));
    let (status, forced) = post(&served, "/api/campaigns/sync?force=true&since=2026-11-01");
    assert_eq!((status, &forced["run"]["status"]), (Status::Accepted, &json!("queued")));
    assert_ne!(forced["run"]["id"], body["run"]["id"]);
    // What rests on events that are not there yet is answered by what is going on.
    let (_, overview) = get(&served, "/api/overview");
    assert!(overview["status"] == "syncing" || overview["revenue"].is_object(), "{overview}");
    let ticket = klytics::sync::Ticket {
        run: forced["run"]["id"].as_i64().expect("a number"),
        joined: false,
        status: klytics::store::runs::Status::Queued,
        entities: vec![],
    };
    ended_well(&mirror.ended(&ticket));
    let (_, body) = get(&served, "/api/sync/status");
    let of = |name: &str| {
        body["syncStatus"]
            .as_array()
            .expect("rows")
            .iter()
            .find(|it| it["entityType"] == name)
            .expect("an entity")
            .clone()
    };
    assert_eq!(of("events")["recordCount"].to_string(), value(&mirror.store, "select count(*) from klaviyo_events"));
    assert_eq!((&of("lists")["status"], &of("campaigns")["status"]), (&json!("never"), &json!("completed")));
    assert!(of("campaigns")["lastSyncTime"].is_string());
    // Nothing is due where nothing keeps the schedule.
    assert_eq!(of("campaigns")["nextRun"], json!(null));
}

#[test]
fn more_rows_than_a_page_are_paged() {
    let mirror = Mirror::of(fake_shop());
    ended_well(&mirror.run(everything()));
    let served = serve(mirror.store.clone());
    let all: usize = value(&mirror.store, "select count(*) from profiles").parse().expect("a count");
    assert!(all > 250, "{all}");
    let mut seen = std::collections::BTreeSet::new();
    for offset in (0..all).step_by(100) {
        let answer = served.client.get(format!("/api/profiles?limit=100&offset={offset}&sort=email")).dispatch();
        assert_eq!(answer.headers().get_one("X-Total-Count"), Some(all.to_string().as_str()));
        let rows: Value = answer.into_json().expect("JSON");
        let ids = rows.as_array().expect("rows").iter().map(|it| it["id"].as_str().expect("an id").to_owned());
        seen.extend(ids);
    }
    assert_eq!(seen.len(), all, "every row is on one page");
    let (_, rows) = get(&served, "/api/profiles");
    assert_eq!(rows.as_array().map(Vec::len), Some(50));
    assert!(mirror.status("profiles").last_synced_at.is_some_and(|it| it >= noon()));
}

#[test]
fn rows_are_asked_for_by_what_they_belong_to() {
    let mirror = Mirror::of(fake_shop());
    ended_well(&mirror.run(everything()));
    let served = serve(mirror.store.clone());
    let one = |sql: &str| value(&mirror.store, sql);
    let counted = |path: &str| -> String {
        let answer = served.client.get(path.to_owned()).dispatch();
        assert_eq!(answer.status(), Status::Ok, "{path}");
        answer.headers().get_one("X-Total-Count").unwrap_or_default().to_owned()
    };
    let list = one("select min(list_id) from klaviyo_list_members");
    let members = format!("select count(*) from klaviyo_list_members where list_id = '{list}'");
    assert_eq!(counted(&format!("/api/list_members?list={list}")), one(&members));
    let day = one("select max(joined_at)::date from klaviyo_list_members");
    let start = New_York.from_local_datetime(&day.parse::<NaiveDate>().expect("a day").and_time(NaiveTime::MIN));
    let start = start.single().expect("a midnight").naive_utc();
    let since = format!("select count(*) from klaviyo_list_members where joined_at >= timestamp '{start}'");
    assert_eq!(counted(&format!("/api/list_members?range={day},2026-11-21")), one(&since));
    let action = one("select min(flow_action_id) from klaviyo_flow_messages");
    let messages = format!("select count(*) from klaviyo_flow_messages where flow_action_id = '{action}'");
    assert_eq!(counted(&format!("/api/flow_messages?action={action}")), one(&messages));
    let (flow, day) = (
        one("select min(flow_id) from klaviyo_flow_series_reports"),
        one("select max(day) from klaviyo_flow_series_reports"),
    );
    let of_day = format!("select count(*) from klaviyo_flow_series_reports where flow_id = '{flow}' and day = '{day}'");
    assert_eq!(counted(&format!("/api/flow_series_reports?flow={flow}&range={day},{day}")), one(&of_day));
    assert!(one(&of_day).parse::<i64>().is_ok_and(|it| it > 0));
}

#[test]
fn what_is_misspelt_or_twice_does_nothing_else() {
    let served = serve(shop());
    let refused = |answer: (Status, Value), words: &str| {
        assert_eq!(answer.0, Status::BadRequest, "{words}");
        assert!(answer.1["message"].as_str().is_some_and(|it| it.starts_with(words)), "{}", answer.1);
    };
    refused(
        post(&served, "/api/sync/all?forced=true"),
        "query: there is no parameter `forced` here; did you mean `force`?",
    );
    refused(get(&served, "/api/sync/runs?from=2026-01-01"), "query: there is no parameter `from` here");
    refused(get(&served, "/api/sync/status?x=1"), "query: there is no parameter `x` here; it takes none");
    refused(get(&served, "/api/sync/reconciliation?metric=nope"), "metric: there is no metric “nope”");
    refused(get(&served, "/api/campaigns?limit=1&limit=2"), "query: `limit` is given twice");
    refused(get(&served, "/api/campaigns?dateRange=soon"), "dateRange: ");
}

#[test]
fn a_copy_is_in_one_of_seven_states() {
    let store = shop();
    seed(
        &store,
        "update klaviyo_sync_status set status = 'interrupted' where entity_type = 'events';
         update klaviyo_sync_status set status = 'cancelled', remedy = 'Do.' where entity_type = 'flows'",
    );
    let served = serve(store);
    let (_, body) = get(&served, "/api/sync/status");
    let of = |name: &str| {
        body["syncStatus"].as_array().into_iter().flatten().find(|it| it["entityType"] == name).expect("a row").clone()
    };
    let events = of("events");
    assert_eq!((&events["status"], &events["success"]), (&json!("failed"), &json!(false)));
    assert!(events["errorMessage"].as_str().is_some_and(|it| it.contains("the process ended")), "{events}");
    assert_eq!(events["latestUpdate"], "2026-03-06T16:01:00Z");
    assert_eq!((&of("flows")["status"], &of("flows")["remedy"]), (&json!("failed"), &json!("Do.")));
    assert_eq!((&of("tags")["status"], &of("tags")["latestUpdate"]), (&json!("never"), &Value::Null));
}
