//! The pages of flows, over rows few enough to be counted by hand.

use klytics::store::Store;
use rocket::http::{ContentType, Status};
use serde_json::{Value, json};

use crate::support::{Served, account, seed, serve};

/// Two days of March in New York, four hours behind UTC: from 04:00 on the 10th to before 04:00 on the 12th.
const RANGE: &str = "range=2026-03-10_to_2026-03-11";

/// A flow of two messages and a split; what lies a second before the range, in it, and a second after it.
fn march() -> Store {
    let store = account();
    seed(
        &store,
        r#"insert into klaviyo_flows (id, name, status, trigger_type) values
             ('F1', 'Welcome <script>alert(1)</script>', 'live', 'Added to List'),
             ('F2', 'Cart', 'live', 'Metric'),
             ('F3', 'Reached nobody', 'live', 'Metric'),
             ('F4', 'A draft', 'draft', 'Metric');
         insert into klaviyo_flow_actions (id, flow_id, action_type, status, metadata) values
             ('A1', 'F1', 'send-email', 'live', cast('{"definition":{"links":{"next":"A2"}}}' as json)::variant),
             ('A2', 'F1', 'time-delay', null,
              cast('{"definition":{"links":{"next":"A3"},"data":{"unit":"days","value":2,"secondary_value":0}}}' as json)::variant),
             ('A3', 'F1', 'conditional-split', null,
              cast('{"definition":{"links":{"next_if_true":"A4","next_if_false":null}}}' as json)::variant),
             ('A4', 'F1', 'send-sms', 'draft', cast('{"definition":{"links":{"next":null}}}' as json)::variant),
             ('B1', 'F2', 'send-email', 'live', null);
         insert into klaviyo_flow_messages (id, flow_action_id, channel, name, subject) values
             ('M1', 'A1', 'email', 'Hello', 'Hi <b>you</b>'), ('M2', 'A4', 'sms', 'Text', null), ('M3', 'B1', 'email', 'Cart mail', null);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, flow_id, is_machine_open, is_bot_click) values
             ('1', 'm_received_email', 'ann', '2026-03-10 04:00:00', 'M1', 'F1', null, null),
             ('2', 'm_received_email', 'bob', '2026-03-10 15:00:00', 'M1', 'F1', null, null),
             ('3', 'm_received_email', 'cid', '2026-03-12 03:59:59', 'M1', 'F1', null, null),
             ('4', 'm_bounced_email', 'dan', '2026-03-10 15:00:00', 'M1', 'F1', null, null),
             ('5', 'm_received_email', 'eve', '2026-03-10 03:59:59', 'M1', 'F1', null, null),
             ('6', 'm_received_email', 'fay', '2026-03-12 04:00:00', 'M1', 'F1', null, null),
             ('7', 'm_received_sms', 'ann', '2026-03-11 12:00:00', 'M2', 'F1', null, null),
             ('8', 'm_received_email', 'gus', '2026-03-11 12:00:00', 'M3', 'F2', null, null),
             ('10', 'm_opened_email', 'ann', '2026-03-13 12:00:00', 'M1', 'F1', false, null),
             ('11', 'm_opened_email', 'bob', '2026-03-10 16:00:00', 'M1', 'F1', true, null),
             ('12', 'm_clicked_email', 'ann', '2026-03-13 12:00:01', 'M1', 'F1', null, false);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, value, currency, attributed_flow_id, attributed_flow_message_id)
         values
             ('20', 'm_placed_order', 'ann', '2026-03-10 06:30:00', 30, 'USD', 'F1', 'M1'),
             ('21', 'm_placed_order', 'ann', '2026-03-13 12:30:00', 12, 'USD', 'F1', 'M1'),
             ('22', 'm_placed_order', 'gus', '2026-03-12 04:00:00', 7.5, 'USD', 'F2', 'M3'),
             ('23', 'm_placed_order', 'eve', '2026-03-10 12:00:00', 100, 'USD', 'F1', 'M1');
         update klaviyo_events set local_datetime = timestamp - interval 4 hour;
         insert into klaviyo_flow_series_reports
             (id, day, flow_id, message_id, send_channel, recipients, delivered, opens_unique, clicks_unique, unsubscribe_uniques,
              conversions, conversion_uniques, conversion_value)
         values
             ('r1', '2026-03-10', 'F1', 'M1', 'email', 3, 2, 2, 1, 0, 2, 1, 42), ('r2', '2026-03-09', 'F1', 'M1', 'email', 9, 9, 9, 9, 9, 9, 9, 9),
             ('r3', '2026-03-10', 'F2', 'M3', 'email', 5, 5, 5, 5, 5, 5, 5, 5);
         insert into report_windows values ('flow_series_reports', '2026-03-01', '2026-03-10', 'm_placed_order', '2026-03-12 10:00');
         insert into klaviyo_sync_status (entity_type, status, last_sync_time, record_count, success) values
             ('events', 'completed', '2026-03-12 10:00', 17, true)"#,
    );
    store
}

fn json_of(served: &Served, path: &str) -> Value {
    let answer = served.client.get(path.to_owned()).dispatch();
    let status = answer.status();
    let text = answer.into_string().expect("a text");
    assert_eq!(status, Status::Ok, "{path}: {text}");
    serde_json::from_str(&text).expect("JSON")
}

fn page(served: &Served, path: &str) -> String {
    let answer = served.client.get(path.to_owned()).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{path}");
    answer.into_string().expect("a page")
}

/// The part of the page of that name.
fn block<'a>(view: &'a Value, name: &str) -> &'a Value {
    let blocks = view["blocks"].as_array().expect("blocks");
    &blocks.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name} in {view}"))["content"]
}

fn card<'a>(view: &'a Value, name: &str) -> &'a Value {
    let cards = view["cards"].as_array().expect("cards");
    cards.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name} in {view}"))
}

/// Some of a row's values.
fn pick(row: &Value, names: &[&str]) -> Vec<Value> {
    names.iter().map(|it| row[*it].clone()).collect()
}

const MEASURES: &[&str] = &["recipients", "delivered", "opened", "clicked", "converted", "conversions", "revenue"];

#[test]
fn flows_count_what_they_sent_in_the_range() {
    let view = json_of(&serve(march()), &format!("/api/pages/flows?{RANGE}"));
    let table = block(&view, "flows");
    let names: Vec<_> =
        table["rows"].as_array().expect("rows").iter().map(|it| it["name"].as_str().expect("a name")).collect();
    assert_eq!(
        names,
        ["Welcome <script>alert(1)</script>", "Cart", "Reached nobody"],
        "a draft that sent nothing is left out"
    );
    let welcome = &table["rows"][0];
    // Ann, Bob and Cid by mail and Ann by text; Dan bounced. Ann opened, clicked and bought twice; Bob's open was a machine's.
    assert_eq!(pick(welcome, MEASURES), json!([5, 4, 1, 1, 1, 2, 42.0]).as_array().expect("seven").clone());
    // Of text messages no open is told.
    assert_eq!(
        pick(welcome, &["openRate", "clickRate", "conversionRate"]),
        [json!(1.0 / 3.0), json!(0.25), json!(0.25)]
    );
    assert_eq!(welcome["revenuePerRecipient"], json!(8.4));
    assert_eq!(welcome["trend"], json!([42.0, 0.0]), "by the day of sending");
    // Gus bought a second after the range, of what was sent in it.
    assert_eq!(pick(&table["rows"][1], &["recipients", "revenue", "channel"]), [json!(1), json!(7.5), json!("email")]);
    assert_eq!(pick(&table["rows"][2], &["recipients", "openRate", "revenue"]), [json!(0), Value::Null, json!(0.0)]);
    assert_eq!((&table["totals"]["revenue"], &table["totals"]["revenuePerRecipient"]), (&json!(49.5), &json!(8.25)));
    // The days compared with hold Eve's delivery and order.
    assert_eq!(pick(card(&view, "revenue"), &["current", "previous"]), [json!(49.5), json!(100.0)]);
    assert_eq!(pick(card(&view, "conversion_rate"), &["current", "previous"]), [json!(2.0 / 5.0), json!(1.0)]);
    let chart = block(&view, "flow-revenue");
    let earned: Vec<_> = chart["rows"]
        .as_array()
        .expect("days")
        .iter()
        .map(|it| pick(&it["values"], &["first", "second", "before"]))
        .collect();
    // Ann's mail of the 10th, Gus's of the 11th; two days earlier nothing, and on the 9th Eve's.
    assert_eq!(earned, [[json!(42.0), json!(0.0), json!(0.0)], [json!(0.0), json!(7.5), json!(100.0)]]);
}

#[test]
fn flows_count_what_happened_in_the_range() {
    let served = serve(march());
    let view = json_of(&served, &format!("/api/pages/flows?{RANGE}&basis=event"));
    let welcome = &block(&view, "flows")["rows"][0];
    // Ann's first order and Eve's, of a mail from before; Ann opened later, and only Bob's machine in these days.
    assert_eq!(pick(welcome, MEASURES), json!([5, 4, 0, 0, 2, 2, 130.0]).as_array().expect("seven").clone());
    assert_eq!(welcome["trend"], json!([130.0, 0.0]), "by the day of the order");
    assert_eq!(card(&view, "revenue")["current"], json!(130.0));
    let machines = json_of(&served, &format!("/api/pages/flows?{RANGE}&basis=event&machine=include"));
    assert_eq!(block(&machines, "flows")["rows"][0]["opened"], json!(1));
}

#[test]
fn a_channel_leaves_the_messages_of_others_out() {
    let served = serve(march());
    let view = json_of(&served, &format!("/api/pages/flows?{RANGE}&channel=sms"));
    let table = block(&view, "flows");
    assert_eq!(table["rowCount"], json!(1), "only one flow sends texts");
    assert_eq!(pick(&table["rows"][0], &["recipients", "openRate", "revenue"]), [json!(1), Value::Null, json!(0.0)]);
    let one = json_of(&served, &format!("/api/pages/flows/F1?{RANGE}&channel=sms"));
    assert_eq!(block(&one, "flow-messages")["rowCount"], json!(1));
}

#[test]
fn a_flow_is_a_path_with_what_is_left_at_each_message() {
    let served = serve(march());
    let path = format!("/flows/F1?{RANGE}");
    let view = json_of(&served, &format!("/api/pages{path}"));
    let steps = &block(&view, "flow-path")["steps"];
    let names: Vec<_> =
        steps.as_array().expect("steps").iter().map(|it| it["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["Starts with: Added to List", "Hello", "Wait 2 days", "Split by a condition"]);
    let count = |step: &Value, at: usize| step["counts"][at]["value"].clone();
    assert_eq!((count(&steps[1], 0), count(&steps[1], 1), count(&steps[1], 4)), (json!(4), json!(1), json!(42.0)));
    let (yes, no) = (&steps[3]["branches"][0], &steps[3]["branches"][1]);
    assert_eq!(
        (&yes["name"], &yes["steps"][0]["name"], &yes["steps"][0]["status"]),
        (&json!("Yes"), &json!("Text"), &json!("draft"))
    );
    assert_eq!(yes["steps"][0]["drop"], json!("25.0% as many as “Hello”, 3 fewer"));
    assert_eq!(count(&yes["steps"][0], 1), Value::Null, "opens of texts are not told");
    assert_eq!((&no["name"], &no["steps"][0]["name"]), (&json!("No"), &json!("Ends here")));
    let html = page(&served, &path);
    assert!(!html.contains("<script>alert") && !html.contains("<b>you"), "names are text");
    assert!(
        html.contains("Hi &lt;b&gt;you&lt;&#x2F;b&gt;") || html.contains("Hi &lt;b&gt;you&lt;/b&gt;"),
        "the subject is shown"
    );
    let unlinked = json_of(&served, &format!("/api/pages/flows/F2?{RANGE}"));
    let hint = unlinked["blocks"].as_array().expect("blocks")[0]["hint"].as_str().expect("a hint").to_owned();
    assert!(hint.contains("did not tell what follows"), "{hint}");
}

#[test]
fn a_flow_tells_how_long_it_takes_to_convert() {
    let served = serve(march());
    let view = json_of(&served, &format!("/api/pages/flows/F1?{RANGE}"));
    let spans: Vec<(String, f64)> = block(&view, "conversion_hours")["rows"]
        .as_array()
        .expect("spans")
        .iter()
        .map(|it| {
            (it["label"].as_str().expect("a span").to_owned(), it["values"]["conversions"].as_f64().expect("a count"))
        })
        .filter(|it| it.1 > 0.0)
        .collect();
    // Two and a half hours, and three days, eight hours and a half after the mail of 04:00.
    assert_eq!(spans, [("1–3 h".to_owned(), 1.0), ("3–5 days".to_owned(), 1.0)]);
    let file = served.client.get(format!("/export/flow-delays.csv?{RANGE}&id=F1")).dispatch();
    assert_eq!((file.status(), file.content_type()), (Status::Ok, Some(ContentType::CSV)));
    let file = file.into_string().expect("a file");
    assert!(file.contains("2,1–3 h,1,30.0"), "{file}");
}

#[test]
fn klaviyos_report_stands_beside_ours_on_the_days_that_it_has() {
    let view = json_of(&serve(march()), &format!("/api/pages/flows/F1?{RANGE}"));
    let rows = &block(&view, "flow-report")["rows"];
    let told: Vec<_> =
        (0..3).map(|at| pick(&rows[at], &["countOf", "recipients", "opened", "converted", "revenue"])).collect();
    // The report reaches the 10th: of the 11th neither Cid's mail nor Ann's text is compared.
    assert_eq!(told[0], [json!("Klytics"), json!(3), json!(1), json!(1), json!(42.0)]);
    assert_eq!(told[1], [json!("Klaviyo"), json!(3), json!(2), json!(1), json!(42.0)]);
    assert_eq!(told[2], [json!("Klytics less Klaviyo"), json!(0), json!(-1), json!(0), json!(0.0)]);
}

#[test]
fn beside_the_report_clicks_of_bots_count_where_they_are_asked_for() {
    let store = march();
    seed(
        &store,
        "insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id, flow_id, is_bot_click)
         values ('13', 'm_clicked_email', 'bob', '2026-03-10 15:00:01', '2026-03-10 11:00:01', 'M1', 'F1', true)",
    );
    let served = serve(store);
    for (machine, clicked) in [("exclude", 1), ("include", 2)] {
        let view = json_of(&served, &format!("/api/pages/flows/F1?{RANGE}&machine={machine}"));
        let rows = &block(&view, "flow-report")["rows"];
        assert_eq!(rows[0]["clicked"], json!(clicked), "machine={machine}");
        assert_eq!(rows[2]["clicked"], json!(clicked - 1), "less Klaviyo's one");
    }
}

/// So many mails of the flow on a day, of which the first few convert at ten dollars.
fn sends(name: &str, day: &str, count: u32, converting: u32) -> String {
    format!(
        "insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id, flow_id)
         select '{name}' || n, 'm_received_email', '{name}' || n, '{day} 12:00', '{day} 08:00', 'M3', 'F2' from range({count}) as r(n);
         insert into klaviyo_events
             (id, metric_id, profile_id, timestamp, local_datetime, value, currency, attributed_flow_id, attributed_flow_message_id)
         select 'o{name}' || n, 'm_placed_order', '{name}' || n, '{day} 13:00', '{day} 09:00', 10, 'USD', 'F2', 'M3'
         from range({converting}) as r(n);"
    )
}

#[test]
fn health_is_said_only_where_the_samples_allow_it() {
    let health = |now: u32, before: u32, count: u32| {
        let store = march();
        // The last is two days more than ninety before the range: not of the days compared with.
        let events = sends("now", "2026-03-10", count, now)
            + &sends("then", "2026-01-15", count, before)
            + &sends("past", "2025-12-08", 1_000, 900);
        seed(&store, events.leak());
        let view = json_of(&serve(store), &format!("/api/pages/flows?{RANGE}"));
        let rows = block(&view, "flows")["rows"].as_array().expect("rows").clone();
        rows.iter().find(|it| it["id"] == "F2").expect("the flow")["health"].clone()
    };
    assert_eq!(health(40, 10, 200), json!("Better"), "20% after 5% of 200");
    assert_eq!(health(10, 40, 200), json!("Worse"));
    assert_eq!(health(21, 20, 200), json!("As usual"));
    assert_eq!(health(40, 10, 90), Value::Null, "below 100 deliveries there is no word");
    assert_eq!(health(1, 2, 200), Value::Null, "nor with fewer than five expected conversions");
}

#[test]
fn drafts_are_listed_when_they_are_asked_for() {
    let served = serve(march());
    let names = |query: &str| {
        let view = json_of(&served, &format!("/api/pages/flows?{RANGE}&sort=name{query}"));
        let rows = block(&view, "flows")["rows"].as_array().expect("rows").clone();
        rows.iter().map(|it| it["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let usual = ["Cart", "Reached nobody", "Welcome <script>alert(1)</script>"];
    assert_eq!(names(""), usual);
    assert_eq!(names("&activity=range"), usual);
    assert_eq!(names("&activity=any"), ["A draft", usual[0], usual[1], usual[2]]);
    assert!(page(&served, &format!("/flows?{RANGE}")).contains("activity=any"), "a way to them");
    assert!(page(&served, &format!("/flows?{RANGE}&activity=any")).contains("Without drafts"), "and a way back");
}

#[test]
fn what_people_saw_of_a_flow_stands_on_its_page() {
    let store = march();
    seed(
        &store,
        r#"update klaviyo_flow_messages
           set template_id = 'TPL', preview_text = 'Nice to meet you', from_email = 'tea@tea.example',
               metadata = cast('{"definition":{"from_label":"Tea & Co"}}' as json)::variant
           where id = 'M1';
           update klaviyo_flow_messages set metadata = cast('{"definition":{"body":"Tea is ready"}}' as json)::variant where id = 'M2';
           insert into klaviyo_templates (id, name, updated_at) values ('TPL', 'Hello template', '2026-03-01')"#,
    );
    let served = serve(store.clone());
    let view = json_of(&served, &format!("/api/pages/flows/F1?{RANGE}"));
    assert_eq!(
        pick(block(&view, "preview"), &["sender", "subject", "previewText", "frame"]),
        [json!("Tea & Co <tea@tea.example>"), json!("Hi <b>you</b>"), json!("Nice to meet you"), Value::Null]
    );
    assert_eq!(block(&view, "preview-2")["body"], "Tea is ready");
    seed(&store, "insert into klaviyo_template_html (id, html, updated_at) values ('TPL', '<p>Hi</p>', '2026-03-01')");
    let html = page(&served, "/flows/F1/messages/M1/html");
    assert_eq!(html, "<p>Hi</p>");
    assert!(page(&served, &format!("/flows/F1?{RANGE}")).contains("<iframe class=\"preview-frame\" sandbox"));
    let of_another = served.client.get("/flows/F2/messages/M1/html").dispatch().status();
    assert_eq!(of_another, Status::NotFound);
}

#[test]
fn what_is_not_there_or_not_meant_is_said() {
    let served = serve(march());
    for (path, status) in [
        ("/flows?activity=some", Status::BadRequest),
        ("/flows/nothing", Status::NotFound),
        ("/api/pages/flows/nothing", Status::NotFound),
        ("/flows?sort=nothing", Status::BadRequest),
        ("/flows?channel=pigeon", Status::BadRequest),
        ("/flows/F1?basis=guess", Status::BadRequest),
    ] {
        assert_eq!(served.client.get(path).dispatch().status(), status, "{path}");
    }
    // A flow that events name but that is not copied has a page, because the table leads to it.
    let store = march();
    seed(
        &store,
        "delete from klaviyo_flows where id = 'F2'; delete from klaviyo_flow_actions where flow_id = 'F2'; delete from klaviyo_flow_messages where id = 'M3'",
    );
    assert!(page(&serve(store), &format!("/flows/F2?{RANGE}")).contains("Not copied"));
}

#[test]
fn an_account_without_flows_or_orders_says_so() {
    let store = account();
    seed(
        &store,
        "delete from klaviyo_mapped_metrics;
         delete from metric_kinds where kind = 'placed_order';
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id, flow_id) values
             ('1', 'm_received_email', 'ann', '2026-03-10 15:00', '2026-03-10 11:00', 'M9', 'F9');
         insert into klaviyo_sync_status (entity_type, status, last_sync_time, record_count, success) values
             ('events', 'completed', '2026-03-12 10:00', 1, true)",
    );
    let served = serve(store);
    let view = json_of(&served, &format!("/api/pages/flows?{RANGE}"));
    let row = &block(&view, "flows")["rows"][0];
    assert_eq!(
        pick(row, &["name", "recipients", "revenue", "conversionRate", "health"]),
        [json!("F9"), json!(1), Value::Null, Value::Null, Value::Null]
    );
    assert_eq!(card(&view, "revenue")["current"], Value::Null);
    let empty = serve(Store::in_memory().expect("a database"));
    let answer = empty.client.get("/flows").dispatch();
    assert_eq!(answer.status(), Status::Ok, "an account that was never copied");
    assert!(!answer.into_string().expect("a page").contains("class=\"kpis\""), "there are no figures yet");
}
