//! Content: hours, subjects, frequency and texts, over rows few enough to be counted by hand.

use klytics::store::Store;
use rocket::http::Status;
use serde_json::{Value, json};

use crate::support::{Served, account, seed, serve};

/// The clocks of New York went forward on Sunday the 8th of March 2026 at two, which was 07:00 UTC.
const RANGE: &str = "range=2026-03-07_to_2026-03-11";

/// Three campaigns, a flow's text and a push message; sends on both sides of the change of clocks, and a second outside.
fn march() -> Store {
    let store = account();
    seed(
        &store,
        "insert into metric_kinds values ('m_clicked_sms', 'clicked_sms', 'name'), ('m_unsubscribed_sms', 'unsubscribed_sms', 'name'),
             ('m_started', 'started_checkout', 'name');
         insert into klaviyo_campaigns (id, name) values ('C1', 'One'), ('C2', 'Two'), ('C3', 'Push'), ('C4', 'Late');
         insert into klaviyo_campaign_messages (id, campaign_id, channel, subject, preview_text, metadata) values
             ('CM1', 'C1', 'email', '20% off <b>today</b>?', 'A preview', null),
             ('CM2', 'C2', 'email', 'Plain words', null, null),
             ('CM3', 'C3', 'mobile_push', 'Look', null, '{\"definition\": {\"content\": {\"body\": \"A <i>body</i>\"}}}'::json::variant),
             ('CM4', 'C4', 'email', 'Too late', null, null);
         insert into klaviyo_flows (id, name) values ('F1', 'Welcome');
         insert into klaviyo_flow_actions (id, flow_id) values ('FA1', 'F1');
         insert into klaviyo_flow_messages (id, flow_action_id, channel, name, metadata) values
             ('FM1', 'FA1', 'sms', 'First text', '{\"definition\": {\"body\": \"Your cart waits\"}}'::json::variant);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, flow_id, is_bot_click, properties) values
             ('1', 'm_received_email', 'ann', '2026-03-07 15:10:00', 'CM1', null, null, '{}'),
             ('2', 'm_received_email', 'bob', '2026-03-07 15:59:59', 'CM1', null, null, '{}'),
             ('3', 'm_received_email', 'cid', '2026-03-07 16:00:00', 'CM1', null, null, '{}'),
             ('4', 'm_bounced_email', 'dan', '2026-03-07 15:30:00', 'CM1', null, null, '{}'),
             ('5', 'm_received_email', 'ann', '2026-03-08 06:59:59', 'CM2', null, null, '{}'),
             ('6', 'm_received_email', 'bob', '2026-03-08 07:00:00', 'CM2', null, null, '{}'),
             ('7', 'm_received_email', 'ann', '2026-03-12 04:00:00', 'CM4', null, null, '{}'),
             ('8', 'm_received_email', 'ann', '2026-03-07 04:59:59', 'CM4', null, null, '{}'),
             ('9', 'm_clicked_email', 'ann', '2026-03-20 03:00:00', 'CM1', null, null, '{}'),
             ('10', 'm_clicked_email', 'bob', '2026-03-08 07:30:00', 'CM2', null, false, '{}'),
             ('11', 'm_clicked_email', 'cid', '2026-03-07 16:00:05', 'CM1', null, true, '{}'),
             ('12', 'm_unsubscribed_email', 'bob', '2026-03-08 08:00:00', 'CM2', null, null, '{}'),
             ('13', 'm_received_sms', 'ann', '2026-03-09 14:00:00', 'FM1', 'F1', null, '{\"Segment Count\": 2, \"$usage_amount\": 0.02}'),
             ('14', 'm_failed_sms', 'bob', '2026-03-09 14:00:00', 'FM1', 'F1', null, '{\"Segment Count\": 2}'),
             ('15', 'm_clicked_sms', 'ann', '2026-03-09 14:05:00', 'FM1', 'F1', null, '{}'),
             ('16', 'm_received_push', 'ann', '2026-03-10 14:00:00', 'CM3', null, null, '{}'),
             ('17', 'm_received_push', 'bob', '2026-03-10 14:00:00', 'CM3', null, null, '{}'),
             ('18', 'm_opened_push', 'bob', '2026-03-10 14:01:00', 'CM3', null, null, '{}');
         insert into klaviyo_events
             (id, metric_id, profile_id, timestamp, value, attributed_campaign_id, attributed_campaign_message_id, attributed_flow_id, attributed_flow_message_id)
         values
             ('20', 'm_placed_order', 'ann', '2026-03-07 18:00:00', 30, 'C1', 'CM1', null, null),
             ('21', 'm_placed_order', 'ann', '2026-03-09 18:00:00', 12, null, null, 'F1', 'FM1'),
             ('22', 'm_started', 'bob', '2026-03-08 18:00:00', 8, 'C2', 'CM2', null, null);
         update klaviyo_events set local_datetime = timestamp
             - case when timestamp < timestamp '2026-03-08 07:00:00' then interval 5 hour else interval 4 hour end",
    );
    store
}

fn content(served: &Served, query: &str) -> Value {
    let answer = served.client.get(format!("/api/pages/content?{RANGE}&{query}")).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{query}");
    answer.into_json().expect("JSON")
}

fn block<'a>(page: &'a Value, name: &str) -> &'a Value {
    let blocks = page["blocks"].as_array().expect("blocks");
    blocks.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("no block {name}"))
}

/// The cells that have a value: weekday, hour and the value.
fn cells(page: &Value, name: &str) -> Vec<(String, usize, f64)> {
    let mut found = Vec::new();
    for row in block(page, name)["content"]["rows"].as_array().expect("rows") {
        for (hour, cell) in row["cells"].as_array().expect("cells").iter().enumerate() {
            if let Some(value) = cell["value"].as_f64() {
                found.push((row["name"].as_str().expect("a weekday").to_owned(), hour, value));
            }
        }
    }
    found
}

fn hours(expected: &[(&str, usize, f64)]) -> Vec<(String, usize, f64)> {
    expected.iter().map(|it| (it.0.to_owned(), it.1, it.2)).collect()
}

fn rows<'a>(page: &'a Value, name: &str) -> &'a Vec<Value> {
    block(page, name)["content"]["rows"].as_array().expect("rows")
}

#[test]
fn sends_fall_into_the_hour_of_the_accounts_clock() {
    let served = serve(march());
    // Saturday at ten: Ann, Bob and Dan's bounce; at eleven: Cid. On Sunday the hour before two, and three, which follows it.
    let sent = [("Saturday", 10, 3.0), ("Saturday", 11, 1.0), ("Sunday", 1, 1.0), ("Sunday", 3, 1.0)];
    // The push of Tuesday is a campaign's, too.
    let tuesday = ("Tuesday", 10, 2.0);
    let page = content(&served, "show=recipients");
    let mut expected = vec![tuesday];
    expected.extend(sent);
    assert_eq!(cells(&page, "send_hours"), hours(&expected));
    assert_eq!(cells(&content(&served, "show=recipients&channel=email"), "send_hours"), hours(&sent));
    // Of two delivered at ten Ann clicked, thirteen days later; Cid's was a bot; Bob clicked what came at three.
    let rates = [("Saturday", 10, 0.5), ("Saturday", 11, 0.0), ("Sunday", 1, 0.0), ("Sunday", 3, 1.0)];
    assert_eq!(cells(&content(&served, "min=1&channel=email"), "send_hours"), hours(&rates));
    let with_bots = [("Saturday", 10, 0.5), ("Saturday", 11, 1.0), ("Sunday", 1, 0.0), ("Sunday", 3, 1.0)];
    assert_eq!(cells(&content(&served, "min=1&channel=email&machine=include"), "send_hours"), hours(&with_bots));
    // Thirty by three recipients.
    let revenue = [("Saturday", 10, 10.0), ("Saturday", 11, 0.0), ("Sunday", 1, 0.0), ("Sunday", 3, 0.0)];
    assert_eq!(cells(&content(&served, "min=1&channel=email&show=revenue"), "send_hours"), hours(&revenue));
    // Conversions of another metric than the one that is kept: eight, by Bob on Sunday at three.
    let other = [("Saturday", 10, 0.0), ("Saturday", 11, 0.0), ("Sunday", 1, 0.0), ("Sunday", 3, 8.0)];
    assert_eq!(
        cells(&content(&served, "min=1&channel=email&show=revenue&metric=m_started"), "send_hours"),
        hours(&other)
    );
    // The flow's texts: one received, one failed.
    assert_eq!(cells(&content(&served, "show=recipients&senders=flows"), "send_hours"), hours(&[("Monday", 10, 2.0)]));
    assert_eq!(cells(&content(&served, "show=recipients&senders=all"), "send_hours").len(), 6);
}

#[test]
fn small_samples_are_hidden_and_counted() {
    let served = serve(march());
    let page = content(&served, "channel=email");
    assert!(cells(&page, "send_hours").is_empty());
    let hint = |page: &Value| block(page, "send_hours")["hint"].as_str().expect("words").to_owned();
    assert!(hint(&page).starts_with("4 hours have fewer than 500 recipients"), "{}", hint(&page));
    let page = content(&served, "channel=email&min=3");
    assert_eq!(cells(&page, "send_hours"), hours(&[("Saturday", 10, 0.5)]));
    assert!(hint(&page).starts_with("3 hours have fewer than 3 recipients"), "{}", hint(&page));
    let words = block(&page, "findings")["content"]["words"].as_array().expect("words").clone();
    assert!(words.iter().all(|it| it.as_str().is_some_and(|it| it.contains("too few"))), "{words:?}");
}

#[test]
fn clicks_fall_into_the_hour_in_which_they_happened() {
    let served = serve(march());
    // Bob's on Sunday at half past three; Ann's came after the range, and Cid's was a bot's.
    assert_eq!(cells(&content(&served, ""), "click_hours"), hours(&[("Sunday", 3, 1.0)]));
    let all = [("Monday", 10, 1.0), ("Saturday", 11, 1.0), ("Sunday", 3, 1.0)];
    assert_eq!(cells(&content(&served, "senders=all&machine=include"), "click_hours"), hours(&all));
}

#[test]
fn subjects_are_compared_by_their_features() {
    let served = serve(march());
    let page = content(&served, "");
    let features = rows(&page, "content_subjects");
    let of = |name: &str| features.iter().find(|it| it["feature"] == name);
    let discount = of("Discount").expect("a feature");
    // One message, sent to four and delivered to three, of whom Ann clicked and bought for thirty.
    assert_eq!(
        (&discount["messages"], &discount["recipients"], &discount["revenuePerRecipient"]),
        (&json!(1), &json!(4), &json!(7.5))
    );
    assert!((discount["clickRate"].as_f64().expect("a rate") - 1.0 / 3.0).abs() < 1e-12);
    assert_eq!((&discount["verdict"], &discount["clickLow"]), (&json!("Too few messages"), &Value::Null));
    for name in ["Question", "Number", "Urgency", "Preview text"] {
        assert_eq!(of(name).expect(name)["messages"], 1, "{name}");
    }
    // "20% off <b>today</b>?" and "Plain words": both are short. What was sent a second outside the range has no part.
    assert_eq!(of("Up to 25 characters").expect("a feature")["messages"], 2);
    assert!(of("Emoji").is_none() && of("First name").is_none(), "what no subject has is not listed");
}

/// Ten campaigns, of which those with a question are clicked three times as often.
fn many() -> Store {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_campaigns (id, name) select 'C' || c, 'C' || c from range(10) as t(c);
         insert into klaviyo_campaign_messages (id, campaign_id, channel, subject)
         select 'CM' || c, 'C' || c, 'email', case when c % 2 = 0 then 'Is it?' else 'It is' end from range(10) as t(c);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id)
         select 'r' || c || '-' || p, 'm_received_email', 'p' || p, timestamp '2026-03-08 12:00:00' + to_hours(cast(c as integer)), 'CM' || c
         from range(10) as t(c), range(200) as u(p);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id)
         select 'c' || c || '-' || p, 'm_clicked_email', 'p' || p, timestamp '2026-03-09 12:00:00', 'CM' || c
         from range(10) as t(c), range(200) as u(p)
         where p < case when c % 2 = 0 then 30 + c // 2 else 10 + c // 4 end;
         update klaviyo_events set local_datetime = timestamp - interval 4 hour",
    );
    store
}

#[test]
fn a_difference_that_the_sample_bears_is_told() {
    let served = serve(many());
    let page = content(&served, "");
    let question =
        rows(&page, "content_subjects").iter().find(|it| it["feature"] == "Question").expect("a feature").clone();
    // Clicks with: 30, 31, 32, 33, 34 of 200 each; without: 10, 10, 11, 11, 12 of 200 each.
    let number = |name: &str| question[name].as_f64().expect(name);
    let (with, without) = (160.0 / 1000.0, 54.0 / 1000.0);
    assert!((number("clickRate") - with).abs() < 1e-12);
    assert!((number("clickDifference") - (with - without)).abs() < 1e-12);
    // Squared residuals: 4 + 1 + 0 + 1 + 4 = 10, and 2 × 0.64 + 2 × 0.04 + 1.44 = 2.8; five quarters of each over the square of a thousand.
    let reach = 2.776_445 * ((1.25 * 10.0 + 1.25 * 2.8) / 1e6_f64).sqrt();
    assert!((number("clickLow") - (with - without - reach)).abs() < 1e-6, "{question}");
    assert!((number("clickHigh") - (with - without + reach)).abs() < 1e-6, "{question}");
    assert_eq!(question["verdict"], "Better");
    let words = block(&page, "findings")["content"]["words"][1].as_str().expect("words").to_owned();
    assert_eq!(words, "Subject lines: better with question.");
}

#[test]
fn deliveries_count_by_how_many_messages_came_before() {
    let served = serve(march());
    let page = content(&served, "");
    let of = |page: &Value| -> Vec<(String, i64, Option<i64>, i64)> {
        let number = |it: &Value, name: &str| it[name].as_i64().expect("a number");
        let row = |it: &Value| {
            let label = it["messagesReceived"].as_str().expect("a label").to_owned();
            (label, number(it, "delivered"), it["unsubscribed"].as_i64(), number(it, "people"))
        };
        rows(page, "content_frequency").iter().map(row).collect()
    };
    // Ann got five within seven days (one of them on the 6th, by her clock), Bob three, Cid one. Bob left after his second.
    // What was only followed by a push message tells of nobody who left.
    assert_eq!(
        of(&page),
        [
            ("1".to_owned(), 3, Some(0), 3),
            ("2".to_owned(), 2, Some(1), 2),
            ("3".to_owned(), 2, Some(0), 2),
            ("4".to_owned(), 1, Some(0), 1),
            ("5".to_owned(), 1, None, 1)
        ]
    );
    // A range of a day, which saw none of them, has the same thirty days.
    let day = served.client.get("/api/pages/content?range=2026-03-11_to_2026-03-11").dispatch();
    let day: Value = day.into_json().expect("JSON");
    assert_eq!(of(&day), of(&page));
    assert_eq!(
        block(&day, "content_frequency")["subtitle"],
        "deliveries of the 30 days up to 11 Mar 2026, whatever the range"
    );
    let month = of(&content(&served, "days=30"));
    assert_eq!(
        month,
        [("1–2".to_owned(), 5, Some(1), 3), ("3–4".to_owned(), 3, Some(0), 2), ("5–8".to_owned(), 1, None, 1)]
    );
}

#[test]
fn channels_stand_side_by_side_with_what_each_tells() {
    let served = serve(march());
    let page = content(&served, "");
    let of = |name: &str| rows(&page, "content_channels").iter().find(|it| it["channel"] == name).expect(name).clone();
    let (email, sms, push) = (of("email"), of("sms"), of("push"));
    assert_eq!((&email["recipients"], &email["delivered"], &email["clicked"]), (&json!(6), &json!(5), &json!(2)));
    assert_eq!(
        (&sms["openRate"], &sms["clickRate"], &sms["undeliveredRate"]),
        (&Value::Null, &json!(1.0), &json!(0.5))
    );
    assert_eq!((&sms["textSegments"], &sms["textCost"], &sms["revenue"]), (&json!(4), &json!(0.02), &json!(12.0)));
    assert_eq!(
        (&push["clickRate"], &push["openRate"], &push["textSegments"]),
        (&Value::Null, &json!(0.5), &Value::Null)
    );
    let texts = rows(&page, "content_texts");
    let said: Vec<_> = texts.iter().map(|it| (it["text"].as_str().expect("a text"), &it["answerRate"])).collect();
    assert_eq!(said, [("Your cart waits", &json!(1.0)), ("Look: A <i>body</i>", &json!(0.5))]);
}

#[test]
fn channels_and_texts_count_by_the_day_of_the_event_where_that_is_asked_for() {
    let served = serve(march());
    // Of the 8th alone: Bob's clicks and Ann's, who received hers the second before; her click of the 20th is another day's.
    let of = |query: &str| {
        let answer = served.client.get(format!("/api/pages/content?{query}")).dispatch();
        let page: Value = answer.into_json().expect("JSON");
        let email = rows(&page, "content_channels").iter().find(|it| it["channel"] == "email").expect("a row").clone();
        (email["delivered"].clone(), email["clicked"].clone(), email["revenue"].clone())
    };
    assert_eq!(of("range=2026-03-07_to_2026-03-07"), (json!(3), json!(1), json!(30.0)));
    assert_eq!(of("range=2026-03-07_to_2026-03-07&basis=event"), (json!(3), json!(0), json!(30.0)));
    assert_eq!(of("range=2026-03-07_to_2026-03-20&basis=event"), (json!(6), json!(2), json!(30.0)));
    let page = content(&served, "basis=event");
    assert_eq!(block(&page, "send_hours")["subtitle"], "on the clock of America/New_York, by the day of sending");
    assert!(page["notes"][0].as_str().expect("words").starts_with("Channels and texts count by the day on which"));
    let file = served.client.get(format!("/export/content_texts.csv?{RANGE}&basis=event")).dispatch();
    assert!(file.headers().get_one("Content-Disposition").expect("a name").contains("content_texts_by-event-day_"));
}

#[test]
fn what_compares_nothing_offers_no_comparison() {
    let served = serve(march());
    let html = |path: &str| {
        let answer = served.client.get(format!("{path}?{RANGE}&compare=previous")).dispatch();
        answer.into_string().expect("a page")
    };
    let (content, campaigns) = (html("/content"), html("/campaigns"));
    assert!(campaigns.contains("compare=none") && campaigns.contains(">against "), "{campaigns}");
    assert!(!content.contains("compare=none") && !content.contains(">against "), "{content}");
}

#[test]
fn a_channel_without_subjects_shows_none() {
    let served = serve(march());
    let names = |query: &str| -> Vec<String> {
        let page = content(&served, query);
        let blocks = page["blocks"].as_array().expect("blocks").iter();
        blocks.map(|it| it["name"].as_str().expect("a name").to_owned()).collect()
    };
    let has = |query: &str, name: &str| names(query).iter().any(|it| it == name);
    assert_eq!((has("channel=push", "content_subjects"), has("channel=push", "content_texts")), (false, true));
    assert_eq!((has("channel=email", "content_subjects"), has("channel=email", "content_texts")), (true, false));
    let words = block(&content(&served, "channel=push"), "findings")["content"]["words"].to_string();
    assert!(!words.contains("Subject lines"), "{words}");
    let file = served.client.get(format!("/export/content_subjects.json?{RANGE}&channel=push")).dispatch();
    assert_eq!(file.into_json::<Value>(), Some(json!([])));
}

#[test]
fn the_page_is_text_and_its_parameters_are_checked() {
    let served = serve(march());
    let html = served.client.get(format!("/content?{RANGE}&min=1")).dispatch().into_string().expect("a page");
    assert!(html.contains("A &lt;i&gt;body&lt;&#x2F;i&gt;") && !html.contains("<i>body"), "{html}");
    for (query, name) in [("show=opens", "Show"), ("senders=me", "Senders"), ("days=8", "Days")] {
        let answer = served.client.get(format!("/content?{query}")).dispatch();
        assert_eq!(answer.status(), Status::BadRequest, "{query}");
        assert!(answer.into_string().expect("words").contains(name), "{query}");
    }
    let csv = served.client.get(format!("/export/content_hours.csv?{RANGE}&senders=flows")).dispatch();
    let text = csv.into_string().expect("a file");
    assert_eq!(
        text,
        "weekday,hour,recipients,delivered,clicked,clickRate,revenue,revenuePerRecipient\n1,10,2,1,1,1.0,12.0,6.0\n"
    );
    for name in ["content_click_hours", "content_subjects", "content_frequency", "content_channels", "content_texts"] {
        let answer = served.client.get(format!("/export/{name}.json?{RANGE}")).dispatch();
        assert_eq!(answer.status(), Status::Ok, "{name}");
        let rows: Value = answer.into_json().expect("JSON");
        assert!(!rows.as_array().expect("rows").is_empty(), "{name}");
    }
}

#[test]
fn an_account_without_anything_has_its_page() {
    let served = serve(Store::in_memory().expect("a database"));
    assert_eq!(served.client.get("/content").dispatch().status(), Status::Ok);
    let served = serve(account());
    assert_eq!(served.client.get("/content?range=all").dispatch().status(), Status::Ok);
}
