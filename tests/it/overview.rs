//! The overview as a page: what changed most and why, verdicts, growth, notes.

use klytics::store::Store;
use rocket::http::{ContentType, Header, Status};
use serde_json::{Value, json};

use crate::support::{Served, account, seed, serve};

const RANGE: &str = "range=2026-03-11_to_2026-03-20";

/// Ten days and the ten before: a flow that reaches more, of whom fewer buy for more; a campaign of each span.
fn march() -> Store {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_campaigns (id, name, status) values ('C1', 'Early', 'Sent'), ('C2', 'Late <b>', 'Sent');
         insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('CM1', 'C1', 'email'), ('CM2', 'C2', 'email');
         insert into klaviyo_flows (id, name, status) values ('F1', 'Welcome', 'live');
         insert into klaviyo_flow_actions (id, flow_id) values ('FA1', 'F1');
         insert into klaviyo_flow_messages (id, flow_action_id, channel, name) values ('FM1', 'FA1', 'email', 'First mail');
         insert into klaviyo_forms (id, name, status) values ('S', 'Popup', 'live');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, flow_id)
         select 'a' || n, 'm_received_email', 'p' || n, timestamp '2026-03-05 12:00', 'FM1', 'F1' from range(100) as r(n)
         union all
         select 'b' || n, 'm_received_email', 'q' || n, timestamp '2026-03-15 12:00', 'FM1', 'F1' from range(200) as r(n)
         union all
         select 'c' || n, 'm_received_email', 'p' || n, timestamp '2026-03-06 12:00', 'CM1', null from range(50) as r(n)
         union all
         select 'd' || n, 'm_received_email', 'p' || n, timestamp '2026-03-16 12:00', 'CM2', null from range(40) as r(n)
         union all
         select 'u' || n, 'm_bounced_email', 'z' || n, timestamp '2026-03-16 12:00', 'CM2', null from range(3) as r(n);
         insert into klaviyo_events
             (id, metric_id, profile_id, timestamp, value, currency, attributed_campaign_id, attributed_campaign_message_id,
              attributed_flow_id, attributed_flow_message_id)
         select 'oa' || n, 'm_placed_order', 'p' || n, timestamp '2026-03-06 12:00', 50, 'USD', null, null, 'F1', 'FM1' from range(10) as r(n)
         union all
         select 'ob' || n, 'm_placed_order', 'q' || n, timestamp '2026-03-16 12:00', 80, 'USD', null, null, 'F1', 'FM1' from range(10) as r(n)
         union all
         select 'oc', 'm_placed_order', 'p1', timestamp '2026-03-07 12:00', 70, 'USD', 'C1', 'CM1', null, null
         union all
         select 'od', 'm_placed_order', 'p1', timestamp '2026-03-17 12:00', 30, 'USD', 'C2', 'CM2', null, null;
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, form_id)
         select 'v' || n, 'm_viewed_form', null, timestamp '2026-03-05 12:00', 'S' from range(40) as r(n)
         union all
         select 'w' || n, 'm_viewed_form', null, timestamp '2026-03-15 12:00', 'S' from range(40) as r(n)
         union all
         select 's' || n, 'm_submitted_form', null, timestamp '2026-03-05 12:00', 'S' from range(4) as r(n)
         union all
         select 't' || n, 'm_submitted_form', null, timestamp '2026-03-15 12:00', 'S' from range(8) as r(n);
         update klaviyo_events set local_datetime = timestamp - interval 4 hour",
    );
    store
}

fn view(served: &Served, query: &str) -> Value {
    let answer = served.client.get(format!("/api/pages/overview?{query}")).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{query}");
    answer.into_json().expect("JSON")
}

fn block<'a>(view: &'a Value, name: &str) -> &'a Value {
    &view["blocks"].as_array().expect("blocks").iter().find(|it| it["name"] == name).expect("a block")["content"]
}

#[test]
fn what_changed_most_is_told_with_reasons_that_add_up() {
    let page = view(&serve(march()), RANGE);
    let rows = block(&page, "overview-changes")["rows"].as_array().expect("rows").clone();
    let told: Vec<Value> =
        rows.iter().map(|it| json!([it["id"], it["revenue"], it["revenueBefore"], it["difference"]])).collect();
    assert_eq!(
        told,
        [
            json!(["flows/F1", 800.0, 500.0, 300.0]),
            json!(["campaigns/C1", 0.0, 70.0, -70.0]),
            json!(["campaigns/C2", 30.0, 0.0, 30.0])
        ]
    );
    // 500 becomes 800: recipients double, conversion halves, an order is worth 80 instead of 50. The logarithmic mean of both
    // is 300 / ln 1.6 = 638.29; times ln 2 that is 442.43, and times ln 1.6 all of the 300.
    assert_eq!(
        rows[0]["reason"],
        "more recipients, 100 → 200 (+$442.43); lower conversion, 10.0% → 5.00% (−$442.43); higher order value, $50.00 → $80.00 (+$300.00)"
    );
    assert_eq!(rows[1]["reason"], "nothing now; before 50 recipients, 1 order");
    assert_eq!(rows[2]["reason"], "nothing before; now 43 recipients, 1 order");
    let changed: f64 = rows.iter().filter_map(|it| it["difference"].as_f64()).sum();
    let attributed = &page["cards"][1];
    assert_eq!(attributed["name"], "attributed_revenue");
    let change = attributed["current"].as_f64().expect("now") - attributed["previous"].as_f64().expect("before");
    assert!((changed - change).abs() < 1e-9, "the changes add up to that of the figure");
    let forms = &block(&page, "overview-growth-changes")["rows"][0];
    assert_eq!((&forms["id"], &forms["gained"], &forms["gainedBefore"]), (&json!("forms/S"), &json!(8), &json!(4)));
    assert_eq!(forms["reason"], "higher submit rate, 10.0% → 20.0% (+4)");
}

#[test]
fn on_few_days_no_rate_is_made_of_orders_that_follow_earlier_sends() {
    // On the 16th the flow sent nothing, on the 15th nobody bought; on both days together it did both.
    let page = view(&serve(march()), "range=2026-03-15_to_2026-03-16&compare=previous");
    let rows = block(&page, "overview-changes")["rows"].as_array().expect("rows").clone();
    let flow = rows.iter().find(|it| it["id"] == "flows/F1").expect("the flow");
    assert_eq!((&flow["recipients"], &flow["orders"]), (&json!(200), &json!(10)));
    assert_eq!(flow["reason"], "nothing before; now 10 orders; orders may follow earlier sends");
}

#[test]
fn without_a_comparison_nothing_is_said_to_have_changed() {
    let page = view(&serve(march()), &format!("{RANGE}&compare=none"));
    assert_eq!(block(&page, "overview-changes")["kind"], "nothing");
}

#[test]
fn rates_have_a_verdict() {
    let page = view(&serve(march()), RANGE);
    let cards = block(&page, "engagement")["cards"].as_array().expect("cards").clone();
    let of = |name: &str| cards.iter().find(|it| it["name"] == name).expect("a rate").clone();
    // Three bounces of 243 recipients, eleven buyers of 240 deliveries.
    assert!((of("bounce_rate")["current"].as_f64().expect("a rate") - 3.0 / 243.0).abs() < 1e-12);
    assert!((of("conversion_rate")["current"].as_f64().expect("a rate") - 11.0 / 240.0).abs() < 1e-12);
    assert_eq!(
        (&of("bounce_rate")["badge"]["word"], &of("open_rate")["badge"]["tone"]),
        (&json!("Room for improvement"), &json!("bad"))
    );
    let few = view(&serve(march()), "range=2026-03-16_to_2026-03-16");
    assert_eq!(block(&few, "engagement")["cards"][0]["badge"], json!(null), "of few no verdict is given");
}

/// Two hundred push messages of which fifty were tapped, and a hundred texts of which ten failed, beside the e-mails of March.
fn many_channels() -> Store {
    let store = march();
    seed(
        &store,
        "insert into klaviyo_campaigns (id, name, status) values ('C3', 'Push', 'Sent'), ('C4', 'Texts', 'Sent');
         insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('CM3', 'C3', 'push'), ('CM4', 'C4', 'sms');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id)
         select 'pr' || n, 'm_received_push', 'p' || n, timestamp '2026-03-16 12:00', 'CM3' from range(200) as r(n)
         union all
         select 'po' || n, 'm_opened_push', 'p' || n, timestamp '2026-03-16 13:00', 'CM3' from range(50) as r(n)
         union all
         select 'tr' || n, case when n < 10 then 'm_failed_sms' else 'm_received_sms' end, 'p' || n, timestamp '2026-03-16 12:00', 'CM4'
         from range(100) as r(n);
         insert into klaviyo_sync_status (entity_type, status, last_sync_time, record_count, success)
         select unnest(['campaigns', 'events']), 'completed', timestamp '2026-03-20 10:00', 4, true;
         update klaviyo_events set local_datetime = timestamp - interval 4 hour",
    );
    store
}

#[test]
fn what_a_channel_does_not_tell_is_unknown_everywhere() {
    let served = serve(many_channels());
    let told = |row: &Value| {
        let names = ["openRate", "clickRate", "bounceRate", "failureRate", "unsubscribeRate", "complaintRate"];
        names.map(|it| row[it].as_f64().map(|it| (it * 1e4).round() / 1e4))
    };
    let push = [Some(0.25), None, Some(0.0), None, None, None];
    let sms = [None, Some(0.0), None, Some(0.1), Some(0.0), None];
    let overview = view(&served, RANGE);
    let of = |table: &Value, column: &str, name: &str| -> Value {
        table["rows"].as_array().expect("rows").iter().find(|it| it[column] == name).expect(name).clone()
    };
    let channels = block(&overview, "overview-engagement");
    assert_eq!(told(&of(channels, "name", "Push")), push);
    assert_eq!(told(&of(channels, "name", "SMS")), sms);
    // Three bounces of 243 e-mails and 200 push messages; texts, which fail, have no part in it.
    assert_eq!(told(&channels["totals"]), [Some(0.1136), Some(0.0), Some(0.0068), Some(0.1), Some(0.0), Some(0.0)]);
    let answer = served.client.get(format!("/api/pages/campaigns?{RANGE}")).dispatch();
    let campaigns: Value = answer.into_json().expect("JSON");
    let table = block(&campaigns, "campaigns");
    assert_eq!((told(&of(table, "id", "C3")), told(&of(table, "id", "C4"))), (push, sms));
    assert_eq!(of(table, "id", "C3")["clicked"], json!(null), "nor is a count that nothing tells");
    let api: Value = served.client.get(format!("/api/campaigns?{RANGE}")).dispatch().into_json().expect("JSON");
    let row = api.as_array().expect("rows").iter().find(|it| it["id"] == "C3").expect("a campaign").clone();
    assert_eq!(
        (&row["openRate"], &row["clickRate"], &row["unsubscribeRate"], &row["complaintRate"]),
        (&json!(0.25), &json!(null), &json!(null), &json!(null))
    );
    let file =
        served.client.get(format!("/export/campaigns.csv?{RANGE}&q=Push")).dispatch().into_string().expect("CSV");
    let field = |name: &str| {
        let (head, row) = file.trim().split_once('\n').expect("a row");
        let at = head.split(',').position(|it| it.trim() == name).expect(name);
        row.split(',').nth(at).expect("a field").trim().to_owned()
    };
    assert_eq!([field("openRate"), field("clickRate"), field("complaintRate")], ["0.25", "", ""]);
}

#[test]
fn only_e_mail_is_judged() {
    let served = serve(many_channels());
    let overview = view(&served, RANGE);
    let strip = block(&overview, "engagement")["cards"].as_array().expect("cards").clone();
    // As without the others: nothing but e-mail is in it.
    let alone = view(&serve(march()), RANGE);
    assert_eq!(json!(strip), block(&alone, "engagement")["cards"]);
    let api: Value = served.client.get(format!("/api/overview?{RANGE}")).dispatch().into_json().expect("JSON");
    assert_eq!(api["openRate"]["current"], strip[0]["current"]);
    let said = served.client.get(format!("/?{RANGE}")).dispatch().into_string().expect("a page");
    assert!(said.contains("Of the e-mails sent in these days"));
    let page = served.client.get(format!("/campaigns?{RANGE}")).dispatch().into_string().expect("a page");
    let row = |name: &str| page.split("<tr").skip(1).find(|it| it.contains(name)).expect(name).to_owned();
    assert!(row(">Push<").contains("25.0%") && !row(">Push<").contains("dot-"), "a push message is not judged");
}

#[test]
fn a_note_is_added_shown_and_deleted() {
    let served = serve(march());
    let post = |path: &'static str, body: String| {
        let form =
            served.client.post(path).header(ContentType::Form).header(Header::new("Sec-Fetch-Site", "same-origin"));
        form.body(body).dispatch().status()
    };
    let page = || served.client.get(format!("/?{RANGE}")).dispatch().into_string().expect("a page");
    assert!(page().contains("No notes in these days"));
    let add = |day: &str, words: &str| post("/annotations", format!("day={day}&words={words}&next=%2F"));
    assert_eq!(add("2026-03-12", "Sale+%3Cb%3E+began"), Status::SeeOther);
    assert_eq!(add("2026-03-30", "Another+day"), Status::SeeOther);
    assert_eq!(add("soon", "words"), Status::BadRequest);
    assert_eq!(add("2026-03-12", "+"), Status::BadRequest);
    let html = page();
    assert!(html.contains("<span>Sale &lt;b&gt; began</span>") && !html.contains("Another day"), "{html}");
    let note = view(&served, RANGE)["more"]["ownNotes"][0].clone();
    assert_eq!((&note["day"], &note["words"]), (&json!("2026-03-12"), &json!("Sale <b> began")));
    let id = note["id"].as_str().expect("an id");
    for nowhere in ["2099-01-01", "0001-01-01"] {
        assert_eq!(add(nowhere, "lost"), Status::BadRequest, "no page could show it");
    }
    assert_eq!(post("/annotations/delete", format!("id={id}&next=%2F")), Status::SeeOther);
    assert!(page().contains("No notes in these days"));
}

#[test]
fn a_flow_is_marked_on_the_local_day_of_its_change() {
    let store = march();
    // Nine in the evening of the 20th in New York, and a second before the 11th begins there.
    seed(
        &store,
        "update klaviyo_flows set updated_at = '2026-03-21 01:00';
         insert into klaviyo_flows (id, name, status, updated_at) values ('F2', 'Earlier', 'live', '2026-03-11 03:59:59')",
    );
    let page = view(&serve(store), RANGE);
    let blocks = page["blocks"].as_array().expect("blocks");
    let chart = &blocks.iter().find(|it| it["content"]["kind"] == "chart").expect("a chart")["content"];
    let marks: Vec<_> = chart["marks"].as_array().expect("marks").iter().filter(|it| it["kind"] == "flow").collect();
    assert_eq!(marks.len(), 1, "{marks:?}");
    assert_eq!((&marks[0]["at"], &marks[0]["words"]), (&json!(9), &json!("Welcome was changed")));
}

#[test]
fn the_peak_of_weeks_is_a_week_and_days_of_two_years_have_theirs() {
    let served = serve(march());
    // Flows count by the day of sending, which was a Sunday.
    for (page, monday) in [("overview", "16 Mar 2026"), ("revenue", "16 Mar 2026"), ("flows", "9 Mar 2026")] {
        let path = format!("/api/pages/{page}?range=2025-03-01_to_2026-03-20&compare=none");
        let view: Value = served.client.get(path).dispatch().into_json().expect("JSON");
        let blocks = view["blocks"].as_array().expect("blocks");
        let chart = blocks.iter().find(|it| it["content"]["kind"] == "chart").expect("a chart");
        let (caption, rows) = (chart["content"]["caption"].as_str().expect("words"), &chart["content"]["rows"]);
        assert!(caption.contains(&format!("; peak week of {monday}, $8")), "{page}: {caption}");
        assert_eq!((&rows[0]["tick"], &rows[1]["tick"]), (&json!("24 Feb 2025"), &json!("3 Mar 2025")), "{page}");
    }
}
