//! Benchmarks and the audit, over rows few enough to be counted by hand.

use klytics::store::Store;
use rocket::http::Status;
use serde_json::{Value, json};

use crate::support::{Served, account, seed, serve};

/// Two days of March in New York.
const RANGE: &str = "range=2026-03-10_to_2026-03-11";

fn json_of(served: &Served, path: &str) -> Value {
    let answer = served.client.get(format!("/api/pages{path}")).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{path}");
    answer.into_json().expect("JSON")
}

fn block<'a>(view: &'a Value, name: &str) -> &'a Value {
    let blocks = view["blocks"].as_array().expect("blocks");
    &blocks.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("no {name}"))["content"]
}

/// A campaign to a thousand people by e-mail, and a flow to ten: of the campaign 20 clicked, two of them bots, 1 bought for
/// 50 dollars, 30 bounced; a text went to a person who consented and to one who never did.
fn shop() -> Store {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_campaigns (id, name, status, sent_at) values
             ('C1', '<script>alert(1)</script>', 'Sent', '2026-03-10 15:00'), ('C2', 'Texts', 'Sent', '2026-03-10 15:00');
         insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('M1', 'C1', 'email'), ('M2', 'C2', 'sms');
         insert into klaviyo_flows (id, name, status, created_at, updated_at) values
             ('F1', 'Welcome & co', 'live', '2025-01-01', '2025-01-01'), ('F2', 'Cart reminder', 'draft', '2025-01-01', '2025-01-01');
         insert into klaviyo_flow_actions (id, flow_id) values ('FA1', 'F1');
         insert into klaviyo_flow_messages (id, flow_action_id, channel, name) values ('FM1', 'FA1', 'email', 'Hello');
         insert or replace into klaviyo_sync_status (entity_type, status, last_sync_time, record_count)
             values ('flows', 'completed', '2026-03-12', 2), ('events', 'failed', '2026-03-12', 2);
         insert into klaviyo_profiles (id, can_receive_email, email_suppression)
             select 'p' || i, i >= 150, case when i < 150 then 'HARD_BOUNCE' end from range(1000) as t(i);
         insert into klaviyo_consent_history (profile_id, channel, consent, can_receive, changed_at, seen_at)
             values ('p1', 'sms', 'SUBSCRIBED', true, '2026-01-01', '2026-01-01');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id)
             select 'r' || i, 'm_received_email', 'p' || i, '2026-03-10 15:00', '2026-03-10 11:00', 'M1' from range(970) as t(i);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id)
             select 'b' || i, 'm_bounced_email', 'p' || (970 + i), '2026-03-10 15:00', '2026-03-10 11:00', 'M1' from range(30) as t(i);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id, is_bot_click)
             select 'c' || i, 'm_clicked_email', 'p' || i, '2026-03-10 16:00', '2026-03-10 12:00', 'M1', i < 2 from range(20) as t(i);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id) values
             ('t1', 'm_received_sms', 'p1', '2026-03-10 15:00', '2026-03-10 11:00', 'M2'),
             ('t2', 'm_received_sms', 'p2', '2026-03-10 15:00', '2026-03-10 11:00', 'M2');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id, flow_id)
             select 'f' || i, 'm_received_email', 'p' || i, '2026-03-10 17:00', '2026-03-10 13:00', 'FM1', 'F1' from range(10) as t(i);
         insert into klaviyo_events
             (id, metric_id, profile_id, timestamp, local_datetime, value, currency, attributed_campaign_id, attributed_campaign_message_id)
         values
             ('o1', 'm_placed_order', 'p5', '2026-03-11 15:00', '2026-03-11 11:00', 50, 'USD', 'C1', 'M1'),
             ('o2', 'm_placed_order', 'p6', '2026-03-11 15:00', '2026-03-11 11:00', 150, 'USD', null, null),
             ('o3', 'm_placed_order', 'p7', '2026-03-11 15:00', '2026-03-11 11:00', 9, 'EUR', null, null)",
    );
    store
}

#[test]
fn own_rates_stand_beside_the_edition_that_is_asked_for() {
    let served = serve(shop());
    let view = json_of(&served, &format!("/benchmarks?{RANGE}"));
    let rates = block(&view, "benchmark_rates")["rows"].as_array().expect("rows").clone();
    let rate = |rates: &[Value], kind: &str, channel: &str, name: &str| {
        let found = rates.iter().find(|it| it["kind"] == kind && it["channel"] == channel && it["name"] == name);
        found.unwrap_or_else(|| panic!("no {name} of {kind} by {channel}")).clone()
    };
    let click = rate(&rates, "campaigns", "email", "Click rate");
    // 18 people of 970 deliveries: 1.86 %, beside 1.69 % on average and 3.38 % of the best.
    assert_eq!((click["ownRate"].as_f64(), &click["whole"]), (Some(18.0 / 970.0), &json!(970)));
    assert_eq!(
        (&click["averageRate"], &click["topRate"], &click["verdict"]),
        (&json!(0.0169), &json!(0.0338), &json!("Good"))
    );
    let converted = rate(&rates, "campaigns", "email", "Conversion rate");
    assert_eq!((converted["ownRate"].as_f64(), &converted["verdict"]), (Some(1.0 / 970.0), &json!("Fair")));
    // Opens of texts are not told, and no edition is about texts.
    let opens = rate(&rates, "campaigns", "sms", "Open rate");
    assert_eq!(
        (&opens["ownRate"], &opens["averageRate"], &opens["verdict"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    let amounts = block(&view, "benchmark_amounts")["rows"].as_array().expect("rows").clone();
    let earned = rate(&amounts, "campaigns", "email", "Revenue per recipient");
    assert_eq!((&earned["ownAmount"], &earned["averageAmount"]), (&json!(0.05), &Value::Null));
    assert_eq!(view["cards"][0]["badge"]["word"], "Good");
    assert_eq!(view["cards"][0]["title"], "Campaign click rate, e-mail");
    let of_ten = rate(&rates, "flows", "email", "Click rate");
    assert_eq!((&of_ten["ownRate"], &of_ten["verdict"]), (&json!(0.0), &Value::Null), "of few no verdict is given");
    assert_eq!((&view["cards"][2]["current"], &view["cards"][2]["badge"]), (&json!(0.0), &Value::Null));
    let machines = json_of(&served, &format!("/benchmarks?{RANGE}&machine=include"));
    assert_eq!(machines["cards"][0]["current"].as_f64(), Some(20.0 / 970.0));
    // On the 11th nothing was sent, and yet somebody bought.
    let day = "range=2026-03-11_to_2026-03-11";
    let earned = |basis: &str| {
        let view = json_of(&served, &format!("/benchmarks?{day}&basis={basis}"));
        let bought = block(&view, "benchmark_amounts")["rows"].to_string();
        (view["cards"][1]["current"].clone(), bought, view["notes"][2].as_str().expect("words").to_owned())
    };
    assert_eq!((earned("sent").1, earned("event").1), ("[]".to_owned(), "[]".to_owned()), "of no recipient");
    assert!(earned("event").2.contains("the audit counts by the day of sending"), "{:?}", earned("event"));
    let both = json_of(&served, "/benchmarks?range=2026-03-11_to_2026-03-12&basis=event&compare=none");
    assert_eq!(both["cards"][1]["current"], Value::Null, "of no delivery");
    // Another edition, another verdict: 1.86 % was more than twice the average of one agency's clients.
    let older = json_of(&served, &format!("/benchmarks?{RANGE}&edition=klaviyo-2025"));
    let earned = rate(
        block(&older, "benchmark_amounts")["rows"].as_array().expect("rows"),
        "campaigns",
        "email",
        "Revenue per recipient",
    );
    assert_eq!(
        (&earned["averageAmount"], &earned["verdict"], &earned["edition"]),
        (&json!(0.1), &json!("Poor"), &json!("Klaviyo 2025"))
    );
    let unknown = served.client.get("/benchmarks?edition=%3Cscript%3E").dispatch();
    assert_eq!(unknown.status(), Status::BadRequest);
    assert!(unknown.into_string().expect("a page").contains("klaviyo-2026"));
}

#[test]
fn amounts_in_another_currency_are_not_compared() {
    let store = shop();
    seed(&store, "update klaviyo_accounts set currency = 'GBP'");
    let view = json_of(&serve(store), &format!("/benchmarks?{RANGE}&edition=klaviyo-2025"));
    let amounts = block(&view, "benchmark_amounts")["rows"].as_array().expect("rows");
    assert!(amounts.iter().all(|it| it["averageAmount"].is_null() && it["verdict"].is_null()), "{amounts:?}");
    assert!(view["notes"].to_string().contains("another currency"));
}

/// Verdict, found, judged and beyond of a rule.
fn finding(view: &Value, rule: &str) -> (String, String, i64, i64) {
    let rows = block(view, "audit")["rows"].as_array().expect("rows");
    let row = rows.iter().find(|it| it["id"] == rule).unwrap_or_else(|| panic!("no rule {rule}"));
    let text = |name: &str| row[name].as_str().expect("a text").to_owned();
    (text("verdict"), text("found"), row["judged"].as_i64().expect("a count"), row["beyond"].as_i64().expect("a count"))
}

#[test]
fn the_audit_finds_what_is_wrong_and_says_what_it_cannot_tell() {
    let served = serve(shop());
    let view = json_of(&served, &format!("/benchmarks?{RANGE}"));
    for (rule, verdict, words, judged, beyond) in [
        ("welcome-flow", "Passes", "“Welcome & co” is live", 1, 0),
        ("abandoned-cart-flow", "Look", "“Cart reminder” is only draft", 1, 1),
        ("browse-flow", "Act", "No flow has a name", 1, 1),
        ("draft-flows", "Look", "1 of 2 flows: “Cart reminder” is draft", 2, 1),
        // 30 of 1,000, by the campaign and by all campaigns.
        ("bounces", "Act", "2 of 2 senders: All campaigns, email: 3.00% of 1,000", 2, 2),
        ("clicks", "Passes", "Both senders", 2, 0),
        ("failed-texts", "Cannot tell", "Too few text messages", 0, 0),
        // 50 of 200 dollars, and nothing of the 50 by flows.
        ("attributed-share", "Passes", "25.0%", 1, 0),
        ("flow-share", "Look", "0.00%, where 30 to 50% is usual", 1, 1),
        // 150 of 1,000.
        ("suppressed", "Look", "1 of 2 reasons: All suppressed: 150 of 1,000 profiles (15.0%)", 2, 1),
        ("texts-without-consent", "Act", "Campaigns: 1 of 2 texts", 1, 1),
        ("foreign-values", "Act", "1 of 3 conversions (33.3%)", 1, 1),
        ("unreadable-values", "Passes", "0 of 3 conversions", 1, 0),
        ("growth", "Cannot tell", "", 0, 0),
        ("unseen-forms", "Cannot tell", "There is no live form", 0, 0),
        ("disagreements", "Cannot tell", "Nothing was compared", 0, 0),
        ("frequency", "Passes", "Week of 9 Mar 2026: 1.0 e-mails a person", 1, 0),
        ("weak-messages", "Cannot tell", "No flow has two messages", 0, 0),
    ] {
        let found = finding(&view, rule);
        assert_eq!((found.0.as_str(), found.2, found.3), (verdict, judged, beyond), "{rule}: {}", found.1);
        assert!(found.1.contains(words), "{rule}: {}", found.1);
    }
    let (verdict, found, ..) = finding(&view, "copies");
    assert!(verdict == "Act" && found.contains("events: failed"), "{found}");
    // What is urgent stands first, and every rule has its place.
    let rows = block(&view, "audit")["rows"].as_array().expect("rows");
    let words: Vec<&str> = rows.iter().map(|it| it["verdict"].as_str().expect("a word")).collect();
    let order = ["Act", "Look", "Cannot tell", "Passes"];
    assert!(words.is_sorted_by_key(|it| order.iter().position(|word| word == it)), "{words:?}");
    assert!(rows.len() >= 20);
}

#[test]
fn nobody_is_dormant_who_is_new_or_came_back() {
    let store = account();
    // Of 1,000 people 100 are new, 200 opened something two months before the campaign, and ten a week after it.
    seed(
        &store,
        "insert into klaviyo_campaigns (id, name, status, sent_at) values ('C1', 'Spring', 'Sent', '2026-03-10 15:00');
         insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('M1', 'C1', 'email');
         insert into klaviyo_profiles (id, can_receive_email, created_at)
             select 'p' || i, true, case when i < 100 then timestamp '2026-02-01' else timestamp '2025-01-01' end from range(1000) as t(i);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id)
             select 'r' || i, 'm_received_email', 'p' || i, '2026-03-10 15:00', '2026-03-10 11:00', 'M1' from range(1000) as t(i);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime)
             select 'a' || i, 'm_opened_email', 'p' || i, '2026-01-05 15:00', '2026-01-05 10:00' from range(100, 300) as t(i);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime)
             select 'b' || i, 'm_opened_email', 'p' || i, '2026-03-17 15:00', '2026-03-17 11:00' from range(300, 310) as t(i);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime)
             select 'c' || i, 'm_opened_email', 'p' || i, '2025-08-05 15:00', '2025-08-05 11:00' from range(500, 600) as t(i)",
    );
    let rule = json_of(&serve(store), &format!("/benchmarks/dormant-sends?{RANGE}"));
    assert_eq!(rule["more"]["finding"]["verdict"], "Look");
    let row = &rule["blocks"].as_array().expect("blocks").last().expect("evidence")["content"]["rows"][0];
    assert_eq!((&row["id"], &row["delivered"], &row["toDormant"]), (&json!("C1"), &json!(1_000), &json!(690)));
}

#[test]
fn a_rule_has_a_page_with_the_same_verdict() {
    let served = serve(shop());
    let view = json_of(&served, &format!("/benchmarks?{RANGE}"));
    let ids: Vec<String> = block(&view, "audit")["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|it| it["id"].as_str().expect("an id").to_owned())
        .collect();
    for id in ids {
        let (verdict, found, judged, _) = finding(&view, &id);
        let rule = json_of(&served, &format!("/benchmarks/{id}?{RANGE}"));
        let same = &rule["more"]["finding"];
        assert_eq!(
            (same["verdict"].as_str(), same["found"].as_str()),
            (Some(verdict.as_str()), Some(found.as_str())),
            "{id}"
        );
        let evidence = rule["blocks"].as_array().expect("blocks").last().expect("evidence").clone();
        assert_eq!(evidence["content"]["rowCount"].as_i64(), Some(judged), "{id}");
    }
    let html = served.client.get(format!("/benchmarks/bounces?{RANGE}")).dispatch().into_string().expect("a page");
    assert!(html.contains("&lt;script&gt;alert") && !html.contains("<script>alert"), "a name is text");
    assert!(html.contains("Evidence, 2 rows</caption>"), "{html}");
    let html = served.client.get(format!("/benchmarks/browse-flow?{RANGE}")).dispatch().into_string().expect("a page");
    assert!(html.contains("Evidence, 1 row</caption>"), "{html}");
    assert_eq!(served.client.get("/benchmarks/never").dispatch().status(), Status::NotFound);
}

#[test]
fn an_account_without_anything_passes_nothing() {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_events (id, metric_id, timestamp, local_datetime) values ('1', 'm_custom', '2026-03-10', '2026-03-10')",
    );
    let view = json_of(&serve(store), &format!("/benchmarks?{RANGE}"));
    let rows = block(&view, "audit")["rows"].as_array().expect("rows");
    let passed: Vec<&Value> = rows.iter().filter(|it| it["verdict"] == "Passes").map(|it| &it["id"]).collect();
    assert_eq!(passed, Vec::<&Value>::new(), "of nothing nothing is known");
}
