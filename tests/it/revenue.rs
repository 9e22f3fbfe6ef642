//! Revenue and attribution: figures by hand, and the last touch against a naive reading of random events.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use klytics::store::Store;
use proptest::prelude::*;
use rocket::http::{ContentType, Status};
use serde_json::{Value, json};

use crate::support::{Served, account, lines, seed, serve};

const RANGE: &str = "range=2026-03-01_to_2026-03-31";

/// Days of March, by UTC and the wall clock alike: the local times are set to those of UTC.
fn spring() -> Store {
    let store = account();
    seed(
        &store,
        "insert into metric_kinds values
             ('m_clicked_sms', 'clicked_sms', 'name'), ('m_refunded_order', 'refunded_order', 'name'),
             ('m_cancelled_order', 'cancelled_order', 'name'), ('m_custom', 'started_checkout', 'name');
         insert into klaviyo_campaigns (id, name, status) values ('C1', 'Spring <script>alert(1)</script>', 'Sent');
         insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('CM1', 'C1', 'email');
         insert into klaviyo_flows (id, name, status) values ('F1', 'Welcome', 'live');
         insert into klaviyo_flow_actions (id, flow_id) values ('FA1', 'F1'), ('FA2', 'F1');
         insert into klaviyo_flow_messages (id, flow_action_id, channel, name) values
             ('FM1', 'FA1', 'email', 'First mail'), ('FM2', 'FA2', 'sms', 'First text');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, is_machine_open, is_bot_click) values
             ('t1', 'm_opened_email', 'ann', '2026-03-05 10:00', 'CM1', false, null),
             ('t2', 'm_clicked_email', 'ann', '2026-03-08 10:00', 'FM1', null, false),
             ('t3', 'm_opened_email', 'bob', '2026-03-10 10:00', 'CM1', true, null),
             ('t4', 'm_received_sms', 'eve', '2026-03-12 00:00', 'FM2', null, null),
             ('t5', 'm_opened_email', 'cid', '2026-03-01 12:00', 'FM1', false, null),
             ('t6', 'm_opened_email', 'ann', '2026-03-09 10:00:01', 'CM1', false, null),
             ('t7', 'm_clicked_email', 'dan', '2026-03-20 08:00', 'C1', null, false),
             ('t8', 'm_opened_email', 'dan', '2026-03-20 08:00', 'FM1', false, null);
         insert into klaviyo_events
             (id, metric_id, profile_id, timestamp, value, value_text, currency, attributed_event_id, attributed_campaign_id,
              attributed_campaign_message_id, attributed_flow_id, attributed_flow_message_id)
         values
             ('o1', 'm_placed_order', 'ann', '2026-03-09 10:00', 100, '100', 'USD', 't1', 'C1', 'CM1', null, null),
             ('o2', 'm_placed_order', 'bob', '2026-03-10 11:00', 40, '40', null, 't3', 'C1', 'CM1', null, null),
             ('o3', 'm_placed_order', 'eve', '2026-03-12 12:00', 20, '20', 'USD', null, null, null, null, null),
             ('o4', 'm_placed_order', 'eve', '2026-03-12 12:00:01', 10, '10', 'USD', null, null, null, null, null),
             ('o5', 'm_placed_order', 'cid', '2026-03-06 12:00', 7, '7', 'USD', 't5', null, null, 'F1', 'FM1'),
             ('o6', 'm_placed_order', 'ann', '2026-03-09 11:00', 9, '9', 'EUR', null, null, null, null, null),
             ('o7', 'm_placed_order', null, '2026-03-09 11:00', null, 'free', 'USD', null, null, null, null, null),
             ('o8', 'm_placed_order', 'dan', '2026-03-21 08:00', 3, '3', 'USD', 't7', 'C1', 'C1', null, null),
             ('o9', 'm_placed_order', 'dan', '2026-02-20 08:00', 50, '50', 'USD', null, null, null, null, null),
             ('r1', 'm_refunded_order', 'ann', '2026-03-15 08:00', 100, '100', 'USD', null, null, null, null, null),
             ('x1', 'm_cancelled_order', 'bob', '2026-03-16 08:00', 40, '40', 'USD', null, null, null, null, null),
             ('s1', 'm_custom', 'ann', '2026-03-08 12:00', 0, '0', 'USD', null, null, null, null, null);
         insert into reconciliation
             (metric_id, day, their_count, their_sum, our_count, our_sum, state, checked_at) values
             ('m_placed_order', '2026-03-09', 3, 109, 3, 109, 'agrees', '2026-03-31'),
             ('m_placed_order', '2026-03-12', 3, 60, 2, 30, 'differs', '2026-03-31'),
             ('m_placed_order', '2026-02-12', 3, 60, 2, 30, 'differs', '2026-03-31'),
             ('m_custom', '2026-03-12', 3, 60, 2, 30, 'differs', '2026-03-31');
         update klaviyo_events set local_datetime = timestamp",
    );
    store
}

fn view(served: &Served, query: &str) -> Value {
    let answer = served.client.get(format!("/api/pages/revenue?{query}")).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{query}");
    answer.into_json().expect("JSON")
}

fn card<'a>(view: &'a Value, name: &str) -> &'a Value {
    view["cards"].as_array().expect("cards").iter().find(|it| it["name"] == name).expect("a card")
}

fn block<'a>(view: &'a Value, name: &str) -> &'a Value {
    &view["blocks"].as_array().expect("blocks").iter().find(|it| it["name"] == name).expect("a block")["content"]
}

/// Rows of a table as `[row[columns…]…]`.
fn rows(view: &Value, name: &str, columns: &[&str]) -> Vec<Value> {
    let rows = block(view, name)["rows"].as_array().expect("rows");
    rows.iter().map(|row| columns.iter().map(|it| row[*it].clone()).collect()).collect()
}

#[test]
fn orders_are_credited_by_klaviyo_and_by_the_last_touch() {
    let served = serve(spring());
    let page = view(&served, RANGE);
    // 100 + 40 + 20 + 10 + 7 + 3; the euros and what is free are not summed; 50 before.
    assert_eq!(
        (&card(&page, "revenue")["current"], &card(&page, "revenue")["previous"]),
        (&json!(180.0), &json!(50.0))
    );
    // Klaviyo: 100 + 40 + 3 to the campaign, 7 to the flow.
    assert_eq!(card(&page, "attributed_revenue")["current"], 150.0);
    let share = card(&page, "attributed_share")["current"].as_f64().expect("a share");
    assert!((share - 150.0 / 180.0).abs() < 1e-12);
    // Of six orders with an amount.
    assert_eq!(card(&page, "average_order_value")["current"], 30.0);
    let senders =
        rows(&page, "revenue-senders", &["id", "orders", "revenue", "theirRevenue", "touchRevenue", "difference"]);
    assert_eq!(
        senders,
        [
            // The last touch of Ann is her click of the flow a day before, and Bob's open was a machine's. Dan clicked the
            // campaign in the second in which he opened the flow's mail.
            json!(["campaigns/C1", 3, 143.0, 143.0, 3.0, -140.0]),
            // The flow: Ann's 100, Eve's 20 in the hours after her text, Cid's 7 exactly five days after his open.
            json!(["flows/F1", 1, 7.0, 7.0, 127.0, 120.0]),
        ]
    );
    let channels = rows(&page, "revenue-channels", &["name", "orders", "theirRevenue", "touchRevenue"]);
    assert_eq!(
        channels,
        [json!(["Email", 4, 150.0, 110.0]), json!(["Not attributed", 4, 30.0, 50.0]), json!(["SMS", 0, 0.0, 20.0])]
    );
    let outcomes = rows(&page, "revenue-outcomes", &["orders", "revenue"]);
    // Cid and Dan; Ann; Bob; Eve's first and Ann's euros; Eve's second, a second too late, and whom nobody knows.
    assert_eq!(outcomes, [json!([2, 10.0]), json!([1, 100.0]), json!([1, 40.0]), json!([2, 20.0]), json!([2, 10.0])]);
    let overlap = rows(&page, "revenue-overlap", &["orders"]);
    // Ann's two orders and Dan's had two messages touched, all of them e-mails.
    assert_eq!(overlap, [json!([3]), json!([2]), json!([3]), json!([0])]);
}

#[test]
fn where_klaviyo_attributes_nothing_the_last_touch_is_shown() {
    let store = spring();
    seed(
        &store,
        "update klaviyo_events set attributed_event_id = null, attributed_campaign_id = null,
             attributed_campaign_message_id = null, attributed_flow_id = null, attributed_flow_message_id = null",
    );
    let served = serve(store);
    let page = view(&served, RANGE);
    assert_eq!(page["more"]["attribution"]["model"], "last-touch");
    assert_eq!(card(&page, "attributed_revenue")["current"], 130.0);
    assert!(page["notes"].to_string().contains("Klaviyo attributes none of these conversions"), "{}", page["notes"]);
    let asked = view(&served, &format!("{RANGE}&model=klaviyo"));
    assert_eq!(card(&asked, "attributed_revenue")["current"], 0.0);
    let overview = served.client.get(format!("/api/pages/overview?{RANGE}")).dispatch().into_json::<Value>();
    let overview = overview.expect("JSON");
    let words = card(&overview, "attributed_revenue")["detail"].as_str().expect("words");
    assert!(words.starts_with("Klaviyo attributes no conversion"), "{words}");
    let file = served.client.get(format!("/export/revenue-messages.json?{RANGE}")).dispatch().into_string();
    assert!(file.expect("a file").contains("First mail"), "a file goes by what its page goes by");
}

#[test]
fn the_model_decides_what_figures_and_tables_go_by() {
    let served = serve(spring());
    let page = view(&served, &format!("{RANGE}&model=last-touch"));
    assert_eq!(card(&page, "attributed_revenue")["current"], 130.0);
    let messages = rows(&page, "revenue-messages", &["messageId", "name", "channel", "orders", "revenue"]);
    assert_eq!(
        messages,
        [
            json!(["FM1", "First mail", "email", 2, 107.0]),
            json!(["FM2", "First text", "sms", 1, 20.0]),
            // Dan's three dollars, and Ann's euros, which are no sum.
            json!(["CM1", "Spring <script>alert(1)</script>", "email", 2, 3.0]),
        ]
    );
    let texts = view(&served, &format!("{RANGE}&model=last-touch&channel=sms"));
    assert_eq!(rows(&texts, "revenue-messages", &["messageId"]), [json!(["FM2"])]);
    let machines = view(&served, &format!("{RANGE}&model=last-touch&machine=include"));
    assert_eq!(card(&machines, "attributed_revenue")["current"], 170.0, "Bob's mail was opened by a machine");
}

#[test]
fn orders_count_by_the_day_their_message_was_sent_where_that_is_asked_for() {
    let store = spring();
    seed(
        &store,
        "insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id) values
             ('d1', 'm_received_email', 'ann', '2026-02-27 09:00', '2026-02-27 09:00', 'CM1'),
             ('d2', 'm_received_email', 'ann', '2026-03-07 09:00', '2026-03-07 09:00', 'CM1'),
             ('d3', 'm_received_email', 'ann', '2026-03-10 09:00', '2026-03-10 09:00', 'CM1'),
             ('d4', 'm_received_email', 'dan', '2026-02-28 09:00', '2026-02-28 09:00', 'CM1'),
             ('d5', 'm_received_email', 'cid', '2026-03-01 09:00', '2026-03-01 09:00', 'FM1'),
             ('d6', 'm_received_email', 'ann', '2026-03-06 09:00', '2026-03-06 09:00', 'FM1')",
    );
    let served = serve(store);
    let page = view(&served, &format!("{RANGE}&basis=sent"));
    // Ann's 100 of the 7th, the latest before her order, and Cid's 7; to Bob no delivery is known, and Dan's was in February.
    let names: Vec<_> = page["cards"].as_array().expect("cards").iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["attributed_revenue", "average_order_value"], "only what is credited was sent");
    let attributed = card(&page, "attributed_revenue");
    assert_eq!((&attributed["current"], &attributed["previous"]), (&json!(107.0), &json!(3.0)));
    assert_eq!(card(&page, "average_order_value")["current"], 53.5);
    let days: Vec<_> = block(&page, "revenue-over-time")["rows"].as_array().expect("rows").iter().collect();
    let drawn = |day: usize| (&days[day - 1]["values"]["campaigns"], &days[day - 1]["values"]["flows"]);
    assert_eq!((drawn(1), drawn(7)), ((&json!(0.0), &json!(7.0)), (&json!(100.0), &json!(0.0))));
    assert_eq!(
        rows(&page, "revenue-senders", &["id", "orders", "theirRevenue", "touchRevenue"]),
        // By the last touch Ann's order is the flow's, and Eve's text was sent in March, too; Ann's euros are no sum.
        [json!(["campaigns/C1", 1, 100.0, 0.0]), json!(["flows/F1", 1, 7.0, 127.0])]
    );
    assert_eq!(
        rows(&page, "revenue-channels", &["name", "theirRevenue"]),
        [json!(["Email", 107.0]), json!(["SMS", 0.0])]
    );
    let touched = view(&served, &format!("{RANGE}&basis=sent&model=last-touch"));
    assert_eq!(card(&touched, "attributed_revenue")["current"], 127.0);
    // What is told order by order stays with the day of the order, and says so.
    assert_eq!(
        rows(&page, "revenue-outcomes", &["orders"]),
        rows(&view(&served, RANGE), "revenue-outcomes", &["orders"])
    );
    let blocks = page["blocks"].as_array().expect("blocks");
    let of = |name: &str| blocks.iter().find(|it| it["name"] == name).expect("a block")["subtitle"].clone();
    assert_eq!(
        (of("revenue-messages"), of("revenue-outcomes")),
        (json!("by the day of sending"), json!("by the day of the order"))
    );
    assert!(page["notes"][0].as_str().expect("words").contains("on which the message that gets the credit was sent"));
    // The same of Klaviyo's attribution is what campaigns and flows say of what they sent.
    let sum = |path: &str| {
        let page: Value = served.client.get(format!("/api/pages/{path}?{RANGE}")).dispatch().into_json().expect("JSON");
        let table = page["blocks"].as_array().expect("blocks").iter().find(|it| it["name"] == path).expect("a table");
        table["content"]["totals"]["revenue"].as_f64().expect("a sum")
    };
    assert!((sum("campaigns") + sum("flows") - 107.0).abs() < 1e-9);
    let file = served.client.get(format!("/export/revenue-days.csv?{RANGE}&basis=sent")).dispatch();
    let name = file.headers().get_one("Content-Disposition").expect("a name").to_owned();
    assert!(name.contains("revenue-days_by-send-day_2026-03-01"), "{name}");
}

#[test]
fn what_pages_leave_out_is_counted_at_their_foot() {
    let store = spring();
    // A flow's mail with an order in euros, and a campaign's with a value that is none, clicked by a bot.
    seed(
        &store,
        "insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id, is_bot_click) values
             ('d1', 'm_received_email', 'ann', '2026-02-27 09:00', '2026-02-27 09:00', 'FM1', null),
             ('d2', 'm_received_email', 'bob', '2026-03-09 09:00', '2026-03-09 09:00', 'CM1', null),
             ('d3', 'm_clicked_email', 'bob', '2026-03-10 10:00', '2026-03-10 10:00', 'CM1', true);
         insert into klaviyo_events
             (id, metric_id, profile_id, timestamp, local_datetime, value, value_text, currency, attributed_campaign_message_id,
              attributed_flow_id, attributed_flow_message_id)
         values
             ('oa', 'm_placed_order', 'ann', '2026-03-02 09:00', '2026-03-02 09:00', 9, '9', 'EUR', null, 'F1', 'FM1'),
             ('ob', 'm_placed_order', 'bob', '2026-03-10 12:00', '2026-03-10 12:00', null, 'free', 'USD', 'CM1', null, null)",
    );
    let served = serve(store);
    let said = |path: &str| -> String {
        let page: Value = served.client.get(format!("/api/pages/{path}")).dispatch().into_json().expect("JSON");
        let notes = page["notes"].as_array().expect("notes").iter().filter_map(Value::as_str);
        notes.filter(|it| it.starts_with("Left out") || it.contains("are counted")).collect()
    };
    let all = |opens: u32, clicks: u32, foreign: u32, unreadable: u32| {
        format!(
            "Left out: machine opens ({opens}), bot clicks ({clicks}), orders in another currency ({foreign}) and without a readable value ({unreadable})."
        )
    };
    // Of all orders: Ann's two in euros, and two whose value is none. A machine opened Bob's mail, and a bot clicked in it.
    assert_eq!(said(&format!("revenue?{RANGE}")), all(1, 1, 2, 2));
    // Of those that a message is credited with.
    assert_eq!(said(&format!("campaigns?{RANGE}")), all(1, 1, 0, 1));
    assert_eq!(said(&format!("content?{RANGE}")), all(1, 1, 0, 1), "Ann's mail was sent in February");
    assert_eq!(said(&format!("content?{RANGE}&basis=event")), all(1, 1, 1, 1));
    assert_eq!(said(&format!("benchmarks?{RANGE}&basis=event")), all(1, 1, 1, 1));
    assert_eq!(said(&format!("flows?{RANGE}")), all(0, 0, 0, 0));
    assert_eq!(said(&format!("flows?{RANGE}&basis=event")), all(0, 0, 1, 0));
    assert_eq!(said("flows/F1?range=2026-02-01_to_2026-03-31"), all(0, 0, 1, 0));
    assert_eq!(said(&format!("campaigns?{RANGE}&channel=sms")), all(0, 0, 0, 0));
    assert_eq!(said("campaigns/C1"), all(1, 1, 0, 1));
    assert_eq!(said("campaigns/compare?ids=C1"), all(1, 1, 0, 1));
    assert_eq!(said(&format!("deliverability?{RANGE}")), "Left out: machine opens (1) and bot clicks (1).");
    assert_eq!(
        said(&format!("campaigns?{RANGE}&machine=include")),
        "Opens by machines and clicks by bots are counted. Left out: orders in another currency (0) and without a readable value (1)."
    );
}

#[test]
fn a_channel_is_that_of_the_credit() {
    let served = serve(spring());
    let page = view(&served, &format!("{RANGE}&model=last-touch&channel=sms"));
    assert_eq!(card(&page, "attributed_revenue")["current"], 20.0);
    let share = card(&page, "attributed_share")["current"].as_f64().expect("a share");
    assert!((share - 20.0 / 180.0).abs() < 1e-12, "of all revenue");
    assert_eq!(rows(&page, "revenue-senders", &["id", "revenue"]), [json!(["flows/F1", 20.0])]);
    assert_eq!(rows(&page, "revenue-channels", &["name", "revenue"]), [json!(["SMS", 20.0])]);
    // What has no channel says that it is of all.
    assert_eq!(card(&page, "revenue")["detail"], "8 orders, of all channels");
    let blocks = page["blocks"].as_array().expect("blocks");
    let of = |name: &str| blocks.iter().find(|it| it["name"] == name).expect("a block")["subtitle"].clone();
    assert_eq!(
        (of("revenue-outcomes"), of("revenue-senders")),
        (json!("of all channels"), json!("Klaviyo's attribution beside the last touch, SMS"))
    );
}

#[test]
fn windows_are_as_wide_as_the_address_says() {
    let served = serve(spring());
    let attributed = |query: &str| {
        let page = view(&served, &format!("{RANGE}&model=last-touch&{query}"));
        card(&page, "attributed_revenue")["current"].clone()
    };
    // A text counts for twelve hours, to the second.
    assert_eq!(attributed("sms_delivery=13h"), 140.0);
    assert_eq!(attributed("sms_delivery=0"), 110.0);
    // Without clicks Ann's order is the campaign's, which she opened four days before; without opens it is still the flow's.
    assert_eq!(attributed("email_click=0"), 130.0);
    assert_eq!(attributed("email_open=0"), 123.0);
    assert_eq!(attributed("email_open=119h"), 123.0, "Cid had opened five days before");
    assert_eq!(attributed("email_open=0&email_click=0&sms_delivery=0"), 0.0);
}

#[test]
fn what_stands_beside_the_revenue_is_never_netted() {
    let served = serve(spring());
    let page = view(&served, RANGE);
    assert_eq!(
        rows(&page, "revenue-lines", &["name", "orders", "amount"]),
        [
            json!(["Gross revenue", 6, 180.0]),
            json!(["Refunded", 1, 100.0]),
            json!(["Cancelled", 1, 40.0]),
            json!(["In another currency, not summed", 1, null]),
            json!(["With a value that is no amount", 1, null]),
            json!(["Without any value", 0, null]),
        ]
    );
    // Of this metric and these days, the one that differs first.
    assert_eq!(
        rows(&page, "revenue-agreement", &["day", "state", "theirCount", "ourCount", "difference"]),
        [json!(["2026-03-12", "differs", 3, 2, -30.0]), json!(["2026-03-09", "agrees", 3, 3, 0.0])]
    );
}

#[test]
fn another_metric_is_looked_up_among_the_events() {
    let page = view(&serve(spring()), &format!("{RANGE}&metric=m_custom"));
    let outcomes = rows(&page, "revenue-outcomes", &["orders"]);
    assert_eq!(outcomes, [json!([0]), json!([0]), json!([0]), json!([1]), json!([0])], "Ann had clicked hours before");
}

#[test]
fn klaviyos_reports_stand_beside_the_same_sends() {
    let store = spring();
    seed(
        &store,
        "insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id) values
             ('d1', 'm_received_email', 'ann', '2026-03-05 09:00', '2026-03-05 09:00', 'CM1'),
             ('d2', 'm_received_email', 'bob', '2026-03-05 09:00', '2026-03-05 09:00', 'CM1');
         insert into klaviyo_campaign_values_reports
             (id, start_on, end_on, campaign_id, message_id, send_channel, conversion_metric_id, recipients, conversions, conversion_value)
         values
             ('a', '2026-03-01', '2026-03-31', 'C1', 'CM1', 'email', 'm_placed_order', 2, 3, 150),
             ('b', '2026-02-01', '2026-02-28', 'C1', 'CM1', 'email', 'm_placed_order', 9, 9, 900),
             ('c', '2026-03-01', '2026-03-31', 'C1', 'CM1', 'email', 'm_custom', 2, 5, 900)",
    );
    let page = view(&serve(store), RANGE);
    let columns =
        ["id", "month", "recipients", "reportedConversions", "conversions", "reportedRevenue", "revenue", "difference"];
    // Ann's 100 and Bob's 40 belong to these two deliveries; Dan had none.
    let wanted = json!(["campaigns/C1", "2026-03", 2, 3, 2, 150.0, 140.0, -10.0]);
    assert_eq!(rows(&page, "revenue-reports", &columns), [wanted]);
}

#[test]
fn what_cannot_be_meant_is_said() {
    let served = serve(spring());
    for (query, words) in [
        ("model=mine", "neither klaviyo nor last-touch"),
        ("email_click=soon", "no span of at most 90 days"),
        ("sms_delivery=91d", "no span of at most 90 days"),
        ("push_open=-1h", "no span of at most 90 days"),
        ("sort=colour", "is not one of"),
    ] {
        for path in ["/revenue", "/api/pages/revenue"] {
            let answer = served.client.get(format!("{path}?{query}")).dispatch();
            assert_eq!(answer.status(), Status::BadRequest, "{path}?{query}");
            assert!(answer.into_string().expect("words").contains(words), "{path}?{query}");
        }
    }
}

#[test]
fn the_page_is_drawn_and_its_files_open() {
    let served = serve(spring());
    assert_eq!(
        served.client.get(format!("/revenue?{RANGE}&limit=1&offset=1")).dispatch().status(),
        Status::Ok,
        "a part"
    );
    let html = |path: String| {
        let answer = served.client.get(path.clone()).dispatch();
        assert_eq!((answer.status(), answer.content_type()), (Status::Ok, Some(ContentType::HTML)), "{path}");
        answer.into_string().expect("a page")
    };
    let page = html(format!("/revenue?{RANGE}&model=last-touch&email_open=3d"));
    assert!(page.contains("Spring &lt;script&gt;") && !page.contains("<script>alert"), "a name is text");
    assert!(page.contains(r#"name="email_open" value="3d""#) && page.contains("e-mail opened 3d"));
    assert!(page.contains("$130.00") || page.contains("$123.00"), "{page}");
    let file = served.client.get(format!("/export/revenue-messages.csv?{RANGE}&model=last-touch")).dispatch();
    assert_eq!((file.status(), file.content_type()), (Status::Ok, Some(ContentType::CSV)));
    let file = file.into_string().expect("a file");
    assert!(
        file.starts_with("id,name,senderName,sender,channel,orders,revenue,") && file.lines().count() == 4,
        "{file}"
    );
    let empty = serve(Store::in_memory().expect("a database"));
    let answer = empty.client.get("/revenue").dispatch();
    assert_eq!(answer.status(), Status::Ok);
    assert!(answer.into_string().expect("a page").contains("Connect a Klaviyo account"));
}

#[test]
fn an_account_without_a_metric_of_revenue_says_what_to_do() {
    let store = Store::in_memory().expect("a database");
    seed(
        &store,
        "insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime) values
             ('1', 'm_custom', 'ann', '2026-03-08 12:00', '2026-03-08 12:00')",
    );
    let page = view(&serve(store), RANGE);
    assert_eq!((&page["cards"], &page["blocks"][0]["content"]["kind"]), (&json!([]), &json!("nothing")));
}

/// A touch or an order, on few minutes, of few people and messages.
#[derive(Debug, Clone)]
struct Event {
    metric: &'static str,
    person: &'static str,
    message: Option<&'static str>,
    minute: i64,
    by_machine: bool,
}

/// Metric, kind of touch, and how it ranks in the same second.
const TOUCHES: &[(&str, &str, u8)] = &[
    ("m_opened_email", "email_open", 2),
    ("m_clicked_email", "email_click", 1),
    ("m_received_sms", "sms_delivery", 3),
    ("m_clicked_sms", "sms_click", 1),
    ("m_opened_push", "push_open", 2),
];

fn event() -> impl Strategy<Value = Event> {
    let metrics = [
        "m_opened_email",
        "m_opened_email",
        "m_clicked_email",
        "m_received_sms",
        "m_clicked_sms",
        "m_opened_push",
        "m_received_email",
        "m_placed_order",
        "m_placed_order",
        "m_custom",
    ];
    let message =
        prop_oneof![6 => proptest::sample::select(vec!["CM1", "C1", "FM1", "FM2"]).prop_map(Some), 1 => Just(None)];
    // A hundred days, half of it on full hours of few of them, and so at the same second.
    let minute = prop_oneof![0..144_000_i64, (0..30_i64).prop_map(|it| it * 60), (0..20_i64).prop_map(|it| it * 7_200)];
    (
        proptest::sample::select(metrics.to_vec()),
        proptest::sample::select(vec!["ann", "bob"]),
        message,
        minute,
        any::<bool>(),
    )
        .prop_map(|(metric, person, message, minute, by_machine)| Event {
            metric,
            person,
            message,
            minute,
            by_machine,
        })
}

/// By the words of metrics.md, one order after the other: its message and whether there was another message and channel.
fn naive(
    events: &[Event],
    metric: &str,
    windows: &[(&str, i64)],
    machine: bool,
) -> BTreeMap<usize, (String, bool, bool)> {
    let orders = events.iter().enumerate().filter(|it| it.1.metric == metric);
    orders
        .filter_map(|(place, order)| {
            let mut touched: Vec<(i64, u8, &str, &str)> = events
                .iter()
                .filter_map(|it| {
                    let (_, kind, rank) = TOUCHES.iter().find(|touch| touch.0 == it.metric)?;
                    let message = it.message.map(|it| if it == "C1" { "CM1" } else { it })?;
                    let by_machine = it.by_machine && *kind != "sms_delivery";
                    let window = windows.iter().find(|window| window.0 == *kind)?.1;
                    let age = order.minute - it.minute;
                    let counts = it.person == order.person
                        && window > 0
                        && (0..=window).contains(&age)
                        && (machine || !by_machine);
                    counts.then_some((age, *rank, message, kind.split('_').next().unwrap_or_default()))
                })
                .collect();
            touched.sort_unstable();
            let first = *touched.first()?;
            let messages = touched.iter().any(|it| it.2 != first.2);
            let channels = touched.iter().any(|it| it.3 != first.3);
            Some((place, (first.2.to_owned(), messages, channels)))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 60, ..ProptestConfig::default() })]
    #[test]
    fn the_last_touch_is_what_a_naive_reading_says(
        events in proptest::collection::vec(event(), 1..60),
        days in proptest::collection::vec(0..=90_i64, TOUCHES.len()),
        machine in any::<bool>(),
    ) {
        let store = account();
        let mut text = "insert into metric_kinds values ('m_clicked_sms', 'clicked_sms', 'name');
            insert into klaviyo_campaigns (id) values ('C1');
            insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('CM1', 'C1', 'email')".to_owned();
        let _ = write!(
            text,
            ";insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id, is_machine_open, is_bot_click)
             select id, metric, person, moment, moment, message, by_machine, by_machine
             from (
                select *, timestamp '2026-01-01' + to_minutes(minute) as moment
                from (values "
        );
        for (place, it) in events.iter().enumerate() {
            let message = it.message.map_or("null".to_owned(), |it| format!("'{it}'"));
            let comma = if place == 0 { "" } else { ", " };
            let _ = write!(text, "{comma}('{place}', '{}', '{}', {message}, {}, {})", it.metric, it.person, it.minute, it.by_machine);
        }
        text.push_str(") as rows(id, metric, person, message, minute, by_machine))");
        seed(&store, text.leak());
        let windows: Vec<(&str, i64)> = TOUCHES.iter().zip(&days).map(|(touch, days)| (touch.1, days * 1_440)).collect();
        let spelt: Vec<String> = windows.iter().map(|(kind, minutes)| format!("{kind}={}", minutes * 60)).collect();
        // The one metric's touches are kept, those of the other are looked up.
        for metric in ["m_placed_order", "m_custom"] {
            let asked = format!(
                "select conversion_id, message_id, has_several_messages, has_several_channels
                 from last_touches('{metric}', '{}', {machine}, date '2025-12-01', date '2026-12-01')",
                spelt.join(" ")
            );
            let mut wanted: Vec<String> = naive(&events, metric, &windows, machine)
                .into_iter()
                .map(|(order, (message, messages, channels))| format!("{order} {message} {messages} {channels}"))
                .collect();
            wanted.sort();
            prop_assert_eq!(lines(&store, &asked), wanted, "{}", metric);
        }
    }
}
