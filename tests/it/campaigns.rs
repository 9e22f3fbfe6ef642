//! The pages about campaigns: every number over rows few enough to be counted by hand, and over a whole shop counted once
//! more from its events.

use klytics::store::Store;
use rocket::http::{ContentType, Header, Status};
use serde_json::{Value, json};

use crate::support::{Mirror, Served, account, lines, seed, serve, serve_with, value};

/// Two days of March in New York, four hours behind UTC.
const RANGE: &str = "range=2026-03-10_to_2026-03-11";

/// A campaign of e-mail to four people, one of text to two, and one of e-mail a month before.
fn march() -> Store {
    let store = account();
    seed(
        &store,
        "insert into metric_kinds values ('m_clicked_sms', 'clicked_sms', 'name'), ('m_started_checkout', 'started_checkout', 'name');
         insert into klaviyo_campaigns (id, name, status, sent_at, tag_ids, metadata) values
             ('C1', 'Spring <script>alert(1)</script>', 'Sent', '2026-03-10 15:00', ['T1'],
                 cast('{\"audiences\": {\"included\": [\"L1\"], \"excluded\": [\"G1\", \"gone\"]}}' as json)::variant),
             ('C2', 'Texts', 'Sent', '2026-03-11 15:00', null, null),
             ('C0', 'Before', 'Sent', '2026-02-10 15:00', null, null),
             ('C9', 'Never sent', 'Draft', null, null, null);
         insert into klaviyo_tags (id, name) values ('T1', 'Promotion');
         insert into klaviyo_lists (id, name) values ('L1', 'Newsletter');
         insert into klaviyo_segments (id, name) values ('G1', 'Churned');
         insert into klaviyo_campaign_messages (id, campaign_id, channel, subject, preview_text, from_email, from_label, template_id, metadata) values
             ('CM1', 'C1', 'email', 'Hello <b>', 'Read me', 'tea@example.com', 'Tea & Co', 'TPL', null),
             ('CM2', 'C2', 'sms', null, null, null, null, null,
                 cast('{\"definition\": {\"content\": {\"body\": \"Tea is ready\"}}}' as json)::variant),
             ('CM0', 'C0', 'email', 'Before', null, null, null, null, null);
         insert into klaviyo_templates (id, name, updated_at) values ('TPL', 'Plain letter', '2026-03-01');
         insert into klaviyo_profiles (id, email, first_name, last_name) values
             ('ann', 'ann@gmail.com', 'Ann', '<i>Lee</i>'), ('bob', 'bob@Outlook.com', null, null),
             ('cid', 'cid@shop.example', null, null), ('dan', 'dan@gmail.com', null, null), ('eve', null, 'Eve', null);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, is_machine_open, is_bot_click, properties) values
             ('1', 'm_received_email', 'ann', '2026-03-10 15:00:00', 'CM1', null, null, null),
             ('2', 'm_received_email', 'bob', '2026-03-10 15:00:00', 'CM1', null, null, null),
             ('3', 'm_received_email', 'cid', '2026-03-10 15:00:00', 'CM1', null, null, null),
             ('4', 'm_bounced_email', 'dan', '2026-03-10 15:00:05', 'CM1', null, null, null),
             ('5', 'm_opened_email', 'ann', '2026-03-10 15:30:00', 'CM1', false, null, '{\"Client Name\": \"Gmail\", \"Client Type\": \"mobile\"}'),
             ('6', 'm_opened_email', 'ann', '2026-03-10 17:10:00', 'CM1', false, null, '{\"Client Name\": \"Gmail\", \"Client Type\": \"mobile\"}'),
             ('7', 'm_clicked_email', 'ann', '2026-03-10 15:31:00', 'CM1', null, false, '{\"URL\": \"https://tea.example/a?b=1&c=2\"}'),
             ('8', 'm_clicked_email', 'ann', '2026-03-10 18:00:00', 'CM1', null, false, '{\"URL\": \"https://tea.example/a?b=1&c=2\"}'),
             ('9', 'm_clicked_email', 'cid', '2026-03-10 16:00:00', 'CM1', null, false, '{\"URL\": \"javascript:alert(1)\"}'),
             ('10', 'm_opened_email', 'bob', '2026-03-10 15:01:00', 'CM1', true, null, '{\"Client Name\": \"Apple Mail\"}'),
             ('11', 'm_clicked_email', 'bob', '2026-03-10 15:00:02', 'CM1', null, true, '{\"URL\": \"https://tea.example/bot\"}'),
             ('12', 'm_received_sms', 'ann', '2026-03-11 15:00:00', 'CM2', null, null, null),
             ('13', 'm_failed_sms', 'bob', '2026-03-11 15:00:00', 'CM2', null, null, null),
             ('14', 'm_clicked_sms', 'ann', '2026-03-15 15:00:00', 'CM2', null, null, '{\"URL\": \"https://tea.example/t\"}'),
             ('15', 'm_received_email', 'ann', '2026-02-10 15:00:00', 'CM0', null, null, null),
             ('16', 'm_received_email', 'bob', '2026-02-10 15:00:00', 'CM0', null, null, null),
             ('17', 'm_opened_email', 'bob', '2026-02-11 15:00:00', 'CM0', false, null, null);
         insert into klaviyo_events
             (id, metric_id, profile_id, timestamp, value, currency, attributed_campaign_id, attributed_campaign_message_id, attributed_event_id)
         values
             ('20', 'm_placed_order', 'ann', '2026-03-10 16:00:00', 25.5, 'USD', 'C1', 'CM1', '7'),
             ('21', 'm_placed_order', 'cid', '2026-03-12 16:00:00', 7, 'EUR', 'C1', 'CM1', '9'),
             ('22', 'm_placed_order', 'eve', '2026-03-10 19:30:00', 5, 'USD', 'C1', 'CM1', null),
             ('23', 'm_placed_order', 'bob', '2026-02-11 16:00:00', 8, 'USD', 'C0', 'CM0', '17'),
             ('24', 'm_started_checkout', 'bob', '2026-03-10 15:59:59', 40, 'USD', 'C1', 'CM1', null),
             ('25', 'm_placed_order', 'bob', '2026-03-10 16:00:00', 999, 'USD', null, null, null);
         update klaviyo_events set local_datetime = timestamp - interval 4 hour;
         insert into klaviyo_campaign_values_reports
             (id, start_on, end_on, campaign_id, message_id, send_channel, conversion_metric_id, recipients, delivered, bounced,
              opens_unique, clicks_unique, unsubscribe_uniques, conversions, conversion_uniques, conversion_value)
         values ('r', '2026-03-01', '2026-03-31', 'C1', 'CM1', 'email', 'm_placed_order', 4, 3, 1, 2, 3, 0, 3, 3, 37.5);
         insert into report_windows (entity_type, start_on, end_on, conversion_metric_id, fetched_at)
         values ('campaign_values_reports', '2026-03-01', '2026-03-31', 'm_placed_order', '2026-04-01 12:00');
         insert into klaviyo_sync_status (entity_type, status, last_sync_time, record_count, success) values
             ('campaigns', 'completed', '2026-04-01 10:00', 4, true), ('events', 'completed', '2026-04-01 10:00', 23, true)",
    );
    store
}

fn page(served: &Served, path: &str) -> String {
    let answer = served.client.get(path.to_owned()).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{path}");
    answer.into_string().expect("a page")
}

fn status(served: &Served, path: &str) -> Status {
    served.client.get(path.to_owned()).dispatch().status()
}

fn json_of(served: &Served, path: &str) -> Value {
    let answer = served.client.get(path.to_owned()).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{path}");
    answer.into_json().expect("JSON")
}

/// The key figure of that name: what it is, and what it was.
fn figure(view: &Value, name: &str) -> (Value, Value) {
    let cards = view["cards"].as_array().expect("cards");
    let card = cards.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("a card {name}"));
    (card["current"].clone(), card["previous"].clone())
}

fn content<'a>(view: &'a Value, name: &str) -> &'a Value {
    let blocks = view["blocks"].as_array().expect("blocks");
    &blocks.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("a block {name}"))["content"]
}

fn rows<'a>(view: &'a Value, name: &str) -> &'a Vec<Value> {
    content(view, name)["rows"].as_array().unwrap_or_else(|| panic!("rows of {name}"))
}

/// The rows by some of their columns.
fn columns(rows: &[Value], names: &[&str]) -> Vec<Value> {
    rows.iter().map(|row| names.iter().map(|it| row[it].clone()).collect()).collect()
}

#[test]
fn the_key_figures_are_of_all_campaigns_of_the_range() {
    let served = serve(march());
    let view = json_of(&served, &format!("/api/pages/campaigns?{RANGE}&compare=none"));
    // Four of the e-mail, two of the text; three and one arrived.
    assert_eq!(figure(&view, "recipients").0, 6.0);
    assert_eq!(figure(&view, "delivery_rate").0, json!(4.0 / 6.0));
    // Ann alone opened, of three whose opens are told; Bob's machine is left out, and texts tell nothing.
    assert_eq!(figure(&view, "open_rate").0, json!(1.0 / 3.0));
    // Ann and Cid clicked the e-mail, Ann the text.
    assert_eq!(figure(&view, "click_rate").0, json!(3.0 / 4.0));
    // Ann and Cid bought; Cid in euros, and Eve got nothing that is known of.
    assert_eq!(figure(&view, "conversion_rate").0, json!(2.0 / 4.0));
    assert_eq!(figure(&view, "attributed_revenue").0, json!(25.5));
    assert_eq!(figure(&view, "revenue_per_recipient").0, json!(25.5 / 6.0));
    assert_eq!(figure(&view, "unsubscribe_rate").0, json!(0.0));
    let machines = json_of(&served, &format!("/api/pages/campaigns?{RANGE}&machine=include"));
    assert_eq!(figure(&machines, "open_rate").0, json!(2.0 / 3.0));
    assert_eq!(figure(&machines, "click_rate").0, json!(1.0));
    let texts = json_of(&served, &format!("/api/pages/campaigns?{RANGE}&channel=sms"));
    assert_eq!((figure(&texts, "recipients").0, figure(&texts, "open_rate").0), (json!(2.0), Value::Null));
    assert_eq!(columns(rows(&texts, "campaigns"), &["id"]), [json!(["C2"])]);
    // The month before in place of the two days before.
    let long = json_of(&served, "/api/pages/campaigns?range=2026-02-20_to_2026-03-11");
    assert_eq!(figure(&long, "recipients"), (json!(6.0), json!(2.0)));
    assert_eq!(figure(&long, "attributed_revenue"), (json!(25.5), json!(8.0)));
    assert_eq!(figure(&long, "open_rate"), (json!(1.0 / 3.0), json!(0.5)));
}

#[test]
fn every_measure_is_a_column_that_can_be_shown() {
    let served = serve(march());
    let usual = page(&served, &format!("/campaigns?{RANGE}"));
    let all = page(&served, &format!("/campaigns?{RANGE}&columns=all"));
    let has =
        |page: &str, sort: &str| page.contains(&format!("sort={sort}")) || page.contains(&format!("sort=-{sort}"));
    for shown in ["complaintRate", "bounceRate"] {
        assert!(has(&usual, shown) && has(&all, shown), "{shown}");
    }
    for more in
        ["failureRate", "delivered", "clickToOpenRate", "averageOrderValue", "revenuePerDelivered", "machineOpenShare"]
    {
        assert!(!has(&usual, more) && has(&all, more), "{more}");
    }
    assert!(usual.contains("columns=all") && usual.contains(">All columns<"));
    assert!(all.contains(">Usual columns<") && !all.contains(">All columns<"));
    assert_eq!(status(&served, "/campaigns?columns=most"), Status::BadRequest);
    let view = json_of(&served, &format!("/api/pages/campaigns?{RANGE}"));
    let spring = rows(&view, "campaigns").iter().find(|it| it["id"] == "C1").expect("a campaign").clone();
    // Ann opened hers, Bob's only a machine did; 25.5 dollars of three deliveries.
    assert_eq!(spring["machineOpenShare"], json!(0.5));
    assert_eq!(spring["revenuePerDelivered"], json!(8.5));
    let by_event = json_of(&served, &format!("/api/pages/campaigns?{RANGE}&basis=event"));
    assert!(rows(&by_event, "campaigns").iter().all(|it| it["machineOpenShare"].is_null()));
}

#[test]
fn the_chart_adds_up_to_the_figure_by_either_day() {
    let served = serve(march());
    for (basis, range, revenue, opened) in [
        ("sent", "2026-03-10_to_2026-03-11", 25.5, json!(1.0 / 3.0)),
        // By the day of the order Eve's counts, too.
        ("event", "2026-03-10_to_2026-03-11", 30.5, json!(1.0 / 3.0)),
        ("event", "2026-02-11_to_2026-02-11", 8.0, Value::Null),
    ] {
        let view = json_of(&served, &format!("/api/pages/campaigns?range={range}&basis={basis}&compare=none"));
        assert_eq!(figure(&view, "attributed_revenue").0, json!(revenue), "{basis} {range}");
        assert_eq!(figure(&view, "open_rate").0, opened, "{basis} {range}");
        let drawn: f64 = rows(&view, "revenue-by-campaign")
            .iter()
            .flat_map(|it| it["values"].as_object().expect("values").values().filter_map(Value::as_f64))
            .sum();
        assert!((drawn - revenue).abs() < 1e-9, "{basis} {range}: {drawn}");
    }
}

#[test]
fn the_calendar_has_each_send_on_its_day() {
    let served = serve(march());
    let view = json_of(&served, "/api/pages/campaigns?view=calendar&range=2026-03-01_to_2026-03-31&basis=event");
    let months = view["more"]["calendar"]["months"].as_array().expect("months");
    assert_eq!((months.len(), &months[0]["name"]), (1, &json!("March 2026")));
    let days = months[0]["weeks"].as_array().expect("weeks").iter().flat_map(|it| it.as_array().expect("days"));
    let sends: Vec<Value> = days
        .flat_map(|day| {
            let sends = day["sends"].as_array().expect("sends");
            sends.iter().map(|it| json!([day["day"], it["id"], it["recipients"], it["revenue"]])).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(sends, [json!(["2026-03-10", "C1", 4, 25.5]), json!(["2026-03-11", "C2", 2, 0.0])]);
    let html = page(&served, "/campaigns?view=calendar&range=2026-03-01_to_2026-03-31");
    assert!(html.contains("Spring &lt;script&gt;") && !html.contains("<script>alert"));
    assert!(html.contains("range=2026-02-01_to_2026-02-28") && html.contains("range=2026-04-01_to_2026-04-30"));
}

#[test]
fn one_campaign_is_counted_in_all_its_time() {
    let served = serve(march());
    // Whatever range is asked for.
    let view = json_of(&served, "/api/pages/campaigns/C1?range=2026-01-01_to_2026-01-02");
    let steps = content(&view, "funnel")["steps"].as_array().expect("steps");
    assert_eq!(
        columns(steps, &["name", "count"]),
        [
            json!(["Recipients", 4]),
            json!(["Delivered", 3]),
            json!(["Opened", 1]),
            json!(["Clicked", 2]),
            json!(["Converted", 2])
        ]
    );
    // Against the one e-mail campaign of the ninety days before: two got it, one opened, eight dollars.
    assert_eq!(figure(&view, "open_rate"), (json!(1.0 / 3.0), json!(0.5)));
    assert_eq!(figure(&view, "recipients"), (json!(4.0), json!(2.0)));
    assert_eq!(figure(&view, "revenue_per_recipient"), (json!(25.5 / 4.0), json!(4.0)));
    assert_eq!(figure(&view, "complaint_rate"), (json!(0.0), json!(0.0)));
    // No text failed, for none was sent.
    let others = content(&view, "measures")["cards"].as_array().expect("measures");
    assert_eq!(
        columns(others, &["name", "current"]),
        [
            json!(["delivery_rate", 0.75]),
            json!(["bounce_rate", 0.25]),
            json!(["click_to_open_rate", 2.0]),
            json!(["machine_open_share", 0.5]),
            // An order in another currency is one, too.
            json!(["average_order_value", 12.75]),
            json!(["revenue_per_delivered", 8.5])
        ]
    );
    let hours = rows(&view, "hours");
    assert_eq!(hours.len(), 72);
    let happened: Vec<_> = (0..72)
        .filter_map(|at| {
            let it = &hours[at]["values"];
            let (opens, clicks) = (it["opens"].as_f64()?, it["clicks"].as_f64()?);
            (opens + clicks > 0.0).then_some((at, opens, clicks))
        })
        .collect();
    assert_eq!(happened, [(0, 1.0, 1.0), (1, 0.0, 1.0), (2, 1.0, 0.0), (3, 0.0, 1.0)]);
    let earned: Vec<_> = rows(&view, "revenue-hours").iter().map(|it| it["values"]["revenue"].as_f64()).collect();
    assert_eq!((earned[1], earned[4], earned[49]), (Some(25.5), Some(5.0), Some(0.0)), "Eve's is in the fifth hour");
    // By another metric, whose conversions no sum is kept of.
    let checkouts = json_of(&served, "/api/pages/campaigns/C1?metric=m_started_checkout");
    assert_eq!(figure(&checkouts, "attributed_revenue").0, json!(40.0));
    assert_eq!(figure(&checkouts, "conversion_rate").0, json!(1.0 / 3.0));
    assert_eq!(rows(&checkouts, "revenue-hours")[0]["values"]["revenue"], json!(40.0));
}

#[test]
fn links_mailboxes_and_programs_are_told_from_events_and_profiles() {
    let served = serve(march());
    let view = json_of(&served, "/api/pages/campaigns/C1");
    assert_eq!(
        columns(rows(&view, "campaign_links"), &["url", "linkClickers", "linkClicks", "clicksPerRecipient"]),
        [json!(["https://tea.example/a?b=1&c=2", 1, 2, 0.5]), json!(["javascript:alert(1)", 1, 1, 0.25])]
    );
    let measures = ["recipients", "delivered", "bounced", "openRate", "clickRate"];
    let named = |name| [&[name], &measures[..]].concat();
    assert_eq!(
        columns(rows(&view, "campaign_providers"), &named("provider")),
        [
            json!(["Gmail", 2, 1, 1, 1.0, 1.0]),
            json!(["Microsoft", 1, 1, 0, 0.0, 0.0]),
            json!(["shop.example", 1, 1, 0, 0.0, 1.0])
        ]
    );
    assert_eq!(
        columns(rows(&view, "campaign_domains"), &named("domain")),
        [
            json!(["gmail.com", 2, 1, 1, 1.0, 1.0]),
            json!(["outlook.com", 1, 1, 0, 0.0, 0.0]),
            json!(["shop.example", 1, 1, 0, 0.0, 1.0])
        ]
    );
    assert_eq!(
        columns(rows(&view, "campaign_clients"), &["client", "device", "clientOpeners", "clientClickers"]),
        [json!(["not told", "not told", 0, 2]), json!(["Gmail", "mobile", 1, 0])]
    );
    let html = page(&served, "/campaigns/C1");
    assert!(html.contains("href=\"https:&#x2F;&#x2F;tea.example&#x2F;a?b=1&amp;c=2\""), "a link of the web is one");
    assert!(!html.contains("href=\"javascript"), "any other is text");
    // Texts have neither mailboxes nor opens.
    let text = json_of(&served, "/api/pages/campaigns/C2");
    let blocks: Vec<_> = text["blocks"].as_array().expect("blocks").iter().map(|it| it["name"].clone()).collect();
    assert!(!blocks.contains(&json!("campaign_providers")), "{blocks:?}");
    let steps = content(&text, "funnel")["steps"].as_array().expect("steps");
    assert_eq!(columns(steps, &["name", "count"])[2], json!(["Clicked", 1]));
    assert_eq!(content(&text, "preview")["body"], "Tea is ready");
}

#[test]
fn every_order_is_listed_with_whose_it_is() {
    let served = serve(march());
    let view = json_of(&served, "/api/pages/campaigns/C1");
    assert_eq!(
        columns(rows(&view, "campaign_orders"), &["id", "person", "convertedAt", "orderValue", "touched", "isForeign"]),
        [
            json!(["cid", "cid@shop.example", "2026-03-12T12:00:00", null, "clicked", true]),
            json!(["eve", "Eve", "2026-03-10T15:30:00", 5.0, null, false]),
            json!(["ann", "Ann <i>Lee</i>", "2026-03-10T12:00:00", 25.5, "clicked", false]),
        ]
    );
    let since = rows(&view, "campaign_orders")[2]["hoursSinceTouch"].as_f64().expect("hours");
    assert!((since - 29.0 / 60.0).abs() < 1e-9);
    let html = page(&served, "/campaigns/C1");
    assert!(html.contains("href=\"&#x2F;audience&#x2F;ann\"") && html.contains("Ann &lt;i&gt;Lee"));
    assert!(html.contains("1 of them followed no delivery that is stored"));
    let csv = page(&served, "/export/campaign_orders.csv?id=C1&sort=orderValue");
    assert_eq!(csv.lines().count(), 4, "{csv}");
}

#[test]
fn klaviyos_report_stands_beside_ours_and_is_explained() {
    let served = serve(march());
    let view = json_of(&served, "/api/pages/campaigns/C1");
    assert_eq!(
        columns(
            rows(&view, "campaign_report"),
            &["source", "recipients", "opened", "clicked", "conversions", "revenue"]
        ),
        [
            json!(["Klytics", 4, 1, 2, 2, 25.5]),
            json!(["Klaviyo", 4, 2, 3, 3, 37.5]),
            json!(["Klytics less Klaviyo", 0, -1, -1, -1, -12.0])
        ]
    );
    let html = page(&served, "/campaigns/C1");
    for words in [
        "The report is of 1 Mar – 31 Mar 2026 and was read on 1 Apr 2026, 08:00",
        "1 delivery was opened by a machine only",
        "1 delivery was clicked by a bot only",
    ] {
        assert!(html.contains(words), "{words} in {html}");
    }
    assert!(page(&served, "/campaigns/C0").contains("No report of Klaviyo&#x27;s own was read"));
}

#[test]
fn facts_say_what_is_known_and_a_draft_has_reached_nobody() {
    let served = serve(march());
    let html = page(&served, "/campaigns/C1");
    for words in
        ["Hello &lt;b&gt;", "Tea &amp; Co &lt;tea@example.com&gt;", "Promotion", "Newsletter", "Churned", "gone"]
    {
        assert!(html.contains(words), "{words}");
    }
    assert!(!html.contains("<script>alert"));
    let draft = page(&served, "/campaigns/C9");
    assert!(draft.contains("It reached nobody yet.") && draft.contains("Draft"));
    assert_eq!(status(&served, "/campaigns/nothing"), Status::NotFound);
    assert_eq!(status(&served, "/api/pages/campaigns/nothing"), Status::NotFound);
    assert_eq!(status(&served, "/export/campaign_links.csv?id=nothing"), Status::NotFound);
    assert_eq!(status(&served, "/export/campaign_links.csv?id=C9"), Status::Ok);
}

#[test]
fn the_html_of_a_message_can_do_nothing() {
    let store = march();
    let path = "/campaigns/C1/messages/CM1/html";
    let served = serve(store.clone());
    assert_eq!(status(&served, path), Status::NotFound);
    let before = page(&served, "/campaigns/C1");
    assert!(before.contains("Its HTML was not copied yet") && !before.contains("<iframe"));
    assert!(!before.contains("Read it from Klaviyo"), "without a key nothing can be read");
    seed(
        &store,
        "insert into klaviyo_template_html (id, html, updated_at) values
             ('TPL', '<p>Hi</p><script>alert(1)</script><img src=\"https://pixel.example/1\">', '2026-03-01')",
    );
    let answer = served.client.get(path).dispatch();
    assert_eq!(
        answer.headers().get_one("Content-Security-Policy"),
        Some("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
    );
    assert_eq!(answer.headers().get_one("Referrer-Policy"), Some("no-referrer"));
    assert_eq!(answer.content_type(), Some(ContentType::HTML));
    assert!(answer.into_string().expect("a body").starts_with("<p>Hi</p>"));
    let after = page(&served, "/campaigns/C1");
    assert!(after.contains("<iframe class=\"preview-frame\" sandbox title="), "{after}");
    assert_eq!(status(&served, "/campaigns/C0/messages/CM1/html"), Status::NotFound, "of another campaign");
}

#[test]
fn a_button_reads_the_html_from_klaviyo() {
    let mirror = Mirror::copied();
    let found = value(
        &mirror.store,
        "select campaign_id, id from klaviyo_campaign_messages where template_id is not null order by id limit 1",
    );
    let (campaign, message) = found.split_once(' ').expect("two ids");
    let path = format!("/campaigns/{campaign}/messages/{message}/html");
    let served = serve_with(mirror.store.clone(), mirror.handle.clone());
    assert!(page(&served, &format!("/campaigns/{campaign}")).contains("Read it from Klaviyo"));
    let post = |site: &'static str, path: &str| {
        let form = served.client.post(path.to_owned()).header(ContentType::Form);
        form.header(Header::new("Sec-Fetch-Site", site)).body("next=%2Fcampaigns").dispatch().status()
    };
    assert_eq!(post("cross-site", &path), Status::Forbidden);
    assert_eq!(status(&served, &path), Status::NotFound);
    assert_eq!(post("same-origin", &path), Status::SeeOther);
    assert!(page(&served, &path).contains("<!DOCTYPE html>"));
    assert!(page(&served, &format!("/campaigns/{campaign}")).contains("<iframe"));
    assert_eq!(post("same-origin", "/campaigns/x/messages/y/html"), Status::NotFound);
}

#[test]
fn chosen_campaigns_stand_side_by_side() {
    let served = serve(march());
    // As a form sends them, and as a person would write them.
    for ids in ["ids=C1&ids=C2", "ids=C1,C2", "ids=C1%2CC2,C1&ids=C2&ids="] {
        let view = json_of(&served, &format!("/api/pages/campaigns/compare?{ids}"));
        let names: Vec<_> =
            view["more"]["campaigns"].as_array().expect("campaigns").iter().map(|it| &it["id"]).collect();
        assert_eq!(names, [&json!("C1"), &json!("C2")], "{ids}");
        let line = |name: &str| {
            let lines = view["more"]["lines"].as_array().expect("lines");
            lines.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name}")).clone()
        };
        let recipients = line("recipients");
        assert_eq!((&recipients["mean"], &recipients["values"][0]["difference"]), (&json!(3.0), &json!(1.0 / 3.0)));
        // Two of three and one of one; together three of four, and not the middle of the two rates.
        let clicks = line("click_rate");
        assert_eq!(clicks["mean"], json!(0.75));
        assert_eq!(clicks["values"][1], json!({ "value": 1.0, "difference": 1.0 / 3.0 }));
        assert_eq!(line("open_rate")["values"][1]["value"], Value::Null, "opens of texts are not told");
        let curve = rows(&view, "curves");
        assert_eq!((&curve[0]["values"]["C1"], &curve[1]["values"]["C1"]), (&json!(0.0), &json!(25.5)));
        assert_eq!((&curve[71]["values"]["C1"], &curve[71]["values"]["C2"]), (&json!(30.5), &json!(0.0)));
    }
    let csv = page(&served, "/export/compared_campaigns.csv?ids=C1&ids=C2");
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(page(&served, "/campaigns/compare").contains("No campaign is chosen"));
    let draft = page(&served, "/campaigns/compare?ids=C9");
    assert!(draft.contains("Never sent"), "{draft}");
}

#[test]
fn what_cannot_be_meant_is_refused_by_name() {
    let served = serve(march());
    let many: Vec<String> = (0..13).map(|it| format!("C{it}")).collect();
    for (path, words) in [
        ("/campaigns?view=list".to_owned(), "“list” is not one of table, calendar"),
        ("/campaigns?sort=magic".to_owned(), "“magic” is not one of"),
        ("/campaigns/compare?ids=C1,C7".to_owned(), "there is no campaign “C7”"),
        (format!("/campaigns/compare?ids={}", many.join(",")), "13 campaigns are too many"),
    ] {
        let answer = served.client.get(path.clone()).dispatch();
        assert_eq!(answer.status(), Status::BadRequest, "{path}");
        let html = answer.into_string().expect("a page");
        assert!(html.contains(words), "{path}: {html}");
    }
}

#[test]
fn an_account_without_campaigns_says_so() {
    let empty = serve(Store::in_memory().expect("a database"));
    for path in ["/campaigns", "/campaigns?view=calendar", "/campaigns/compare"] {
        page(&empty, path);
    }
    let store = account();
    seed(
        &store,
        "insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime) values
             ('1', 'm_viewed_form', 'ann', '2026-03-10 15:00:00', '2026-03-10 11:00:00')",
    );
    let served = serve(store);
    let html = page(&served, &format!("/campaigns?{RANGE}"));
    assert!(html.contains("No campaign reached anyone in these days"));
    let view = json_of(&served, &format!("/api/pages/campaigns?{RANGE}"));
    assert_eq!((figure(&view, "recipients").0, figure(&view, "open_rate").0), (json!(0.0), Value::Null));
}

#[test]
fn without_a_metric_nothing_is_known_of_revenue() {
    let store = march();
    seed(
        &store,
        "delete from klaviyo_mapped_metrics;
         delete from metric_kinds where kind = 'placed_order'",
    );
    let served = serve(store);
    let view = json_of(&served, &format!("/api/pages/campaigns?{RANGE}"));
    assert_eq!((figure(&view, "attributed_revenue").0, figure(&view, "recipients").0), (Value::Null, json!(6.0)));
    assert_eq!(content(&view, "revenue-by-campaign")["kind"], "nothing");
    let html = page(&served, "/campaigns/C1");
    assert!(html.contains("No metric stands for conversions"));
    page(&served, "/campaigns/compare?ids=C1,C2");
}

/// A campaign that tries two messages on so many people each, of whom so many click.
fn tried(each: i64, clicked: [i64; 2]) -> Value {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_campaigns (id, name, status, sent_at) values ('AB', 'Test', 'Sent', '2026-03-10 15:00');
         insert into klaviyo_campaign_messages (id, campaign_id, channel, subject) values
             ('A', 'AB', 'email', 'First'), ('B', 'AB', 'email', 'Second')",
    );
    let insert = |text: String| {
        let text: &'static str = text.leak();
        seed(&store, text);
    };
    for (message, clicked) in ["A", "B"].into_iter().zip(clicked) {
        for (metric, count) in [("m_received_email", each), ("m_clicked_email", clicked)] {
            insert(format!(
                "insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id, variation_id)
                 select '{metric}{message}' || i, '{metric}', '{message}' || i, '2026-03-10 15:00:00', '2026-03-10 11:00:00',
                     '{message}', 'v{message}' from range({count}) as people(i)"
            ));
        }
    }
    json_of(&serve(store), "/api/pages/campaigns/AB")
}

#[test]
fn a_test_has_a_verdict_only_where_its_sample_allows_one() {
    for (each, clicked, verdict) in [
        (1_200, [90, 30], "“First” did better than “Second”."),
        (1_200, [36, 30], "That may be chance."),
        (999, [90, 10], "Too few to tell. A verdict needs 1,000 recipients of each."),
    ] {
        let view = tried(each, clicked);
        let arms = rows(&view, "campaign_variations");
        let rates: Vec<_> =
            arms.iter().map(|it| (it["name"].clone(), it["recipients"].clone(), it["clickRate"].clone())).collect();
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let rate = |of: i64| json!(of as f64 / each as f64);
        assert_eq!(
            rates,
            [(json!("First"), json!(each), rate(clicked[0])), (json!("Second"), json!(each), rate(clicked[1]))]
        );
        let words = content(&view, "verdict")["words"].as_array().expect("words").clone();
        let said = |it: &str| words.iter().filter_map(Value::as_str).any(|words| words.contains(it));
        assert!(said(verdict), "{words:?}");
        assert_eq!(said("did better"), verdict.contains("did better"), "{words:?}");
    }
    // By hand: 90 of 1,200 are 7.5 %, within 6.15 and 9.13 %.
    let words = tried(1_200, [90, 30]);
    let words = content(&words, "verdict")["words"].to_string();
    assert!(words.contains("“First” 7.50% (6.14% to 9.13%)"), "{words}");
}

/// What a page says of a campaign, by its raw events: recipients, delivered, opened, clicked, converted, revenue in cents.
const RECOUNTED: &str = "
    with names as (
        select id as name, campaign_id from klaviyo_campaign_messages
        union select id, id from klaviyo_campaigns
    ),
    told as (
        select campaign_id, kind, profile_id, coalesce(is_machine_open, false) or coalesce(is_bot_click, false) as by_machine
        from klaviyo_events join metric_kinds using (metric_id) join names on name = message_id
    ),
    bought as (
        select coalesce(attributed_campaign_id, campaign_id) as campaign_id, profile_id,
            case when coalesce(upper(currency), 'USD') = 'USD' then value else 0 end as amount
        from klaviyo_events join metric_kinds using (metric_id)
        left join names on name = attributed_campaign_message_id
        where kind = 'placed_order' and attributed_flow_id is null and attributed_flow_message_id is null
    )
    select
        klaviyo_campaigns.id,
        (select count(*) from told where campaign_id = klaviyo_campaigns.id
            and kind in ('received_email', 'received_sms', 'received_push', 'bounced_email', 'bounced_push', 'failed_sms')) as recipients,
        (select count(*) from told where campaign_id = klaviyo_campaigns.id
            and kind in ('received_email', 'received_sms', 'received_push')) as delivered,
        (select count(distinct profile_id) from told where campaign_id = klaviyo_campaigns.id
            and kind in ('opened_email', 'opened_push') and not by_machine) as opened,
        (select count(distinct profile_id) from told where campaign_id = klaviyo_campaigns.id
            and kind in ('clicked_email', 'clicked_sms') and not by_machine) as clicked,
        (select count(distinct profile_id) from bought where campaign_id = klaviyo_campaigns.id) as converted,
        (select cast(100 * coalesce(sum(amount), 0) as bigint) from bought where campaign_id = klaviyo_campaigns.id) as cents
    from klaviyo_campaigns
    where exists (select 1 from told where campaign_id = klaviyo_campaigns.id and kind like 'received%')";

#[test]
fn every_campaign_of_a_shop_is_counted_as_its_events_say() {
    let mirror = Mirror::copied();
    let expected = lines(&mirror.store, RECOUNTED);
    let served = serve(mirror.store.clone());
    let list = json_of(&served, "/api/pages/campaigns?range=all&limit=1000");
    let number = |it: &Value| it.as_f64().unwrap_or_default();
    let mut shown: Vec<String> = rows(&list, "campaigns")
        .iter()
        .map(|it| {
            let counts: Vec<String> = ["recipients", "delivered", "opened", "clicked", "converted"]
                .iter()
                .map(|name| number(&it[name]).to_string())
                .collect();
            format!("{} {} {:.0}", it["id"].as_str().expect("an id"), counts.join(" "), number(&it["revenue"]) * 100.0)
        })
        .collect();
    shown.sort();
    assert!(expected.len() > 20, "a shop with campaigns");
    assert_eq!(shown, expected);
    // Each one's own page says the same.
    for line in expected.iter().step_by(20) {
        let id = line.split(' ').next().expect("an id");
        let view = json_of(&served, &format!("/api/pages/campaigns/{id}"));
        let parts: Vec<&str> = line.split(' ').collect();
        assert_eq!(number(&figure(&view, "recipients").0).to_string(), parts[1], "{id}");
        assert_eq!(format!("{:.0}", number(&figure(&view, "attributed_revenue").0) * 100.0), parts[6], "{id}");
        let steps = content(&view, "funnel")["steps"].as_array().expect("steps");
        let clicked = steps.iter().find(|it| it["name"] == "Clicked").expect("a step");
        assert_eq!(clicked["count"].to_string(), parts[4], "{id}");
    }
}

#[test]
fn days_of_messages_add_up_to_their_span() {
    let store = march();
    for metric in ["m_placed_order", "m_started_checkout"] {
        let sums = "message_id, sum(recipients), sum(delivered), sum(opened), sum(opened_or_machine), sum(clicked),
            sum(clicked_or_machine), sum(converted), sum(conversions), sum(revenue)";
        let span = format!("date '2026-02-01', date '2026-03-13', '{metric}'");
        let days = lines(&store, &format!("select {sums} from message_days({span}) group by message_id"));
        let whole = lines(&store, &format!("select {sums} from message_activity({span}) group by message_id"));
        assert_eq!(days, whole, "{metric}");
        assert!(days.len() == 3, "{days:?}");
    }
}

#[test]
fn no_name_is_a_formula_in_a_file_for_spreadsheets() {
    let store = march();
    seed(&store, "update klaviyo_campaigns set name = '=HYPERLINK(\"http://evil.example\")' where id = 'C1'");
    let served = serve(store);
    let asked = "range=2026-03-01,2026-03-31";
    let csv = page(&served, &format!("/export/campaigns.csv?{asked}"));
    assert!(csv.contains("'=HYPERLINK") && !csv.contains(",=HYPERLINK") && !csv.contains("\n=HYPERLINK"), "{csv}");
    let json = page(&served, &format!("/export/campaigns.json?{asked}"));
    assert!(json.contains("\"=HYPERLINK"), "programs get it as it is: {json}");
}

#[test]
fn a_metric_that_is_none_is_refused_and_not_taken_for_nothing() {
    let served = serve(march());
    for path in [
        "/campaigns?metric=nope",
        "/api/pages/overview?metric=nope",
        "/api/overview?metric=nope",
        "/api/campaigns?metric=nope",
        "/export/campaigns.csv?metric=nope",
    ] {
        let answer = served.client.get(path).dispatch();
        assert_eq!(answer.status(), Status::BadRequest, "{path}");
        let words = answer.into_string().expect("words");
        assert!(words.contains("there is no metric") && words.contains("nope"), "{words}");
    }
    assert_eq!(status(&served, "/campaigns?offset=18446744073709551615"), Status::BadRequest);
}

#[test]
fn beyond_the_last_row_the_page_says_how_many_there_are_and_leads_back() {
    let served = serve(march());
    let words = |query: &str| page(&served, &format!("/campaigns?{RANGE}&{query}"));
    let all = served.client.get(format!("/api/pages/campaigns?{RANGE}")).dispatch().into_json::<Value>().expect("JSON");
    let blocks = all["blocks"].as_array().expect("blocks");
    let table = &blocks.iter().find(|it| it["content"]["isAsked"] == true).expect("a table")["content"];
    let count = table["rowCount"].as_u64().expect("a count");
    assert_eq!(count, 2);
    let beyond = words("offset=9999&limit=1");
    assert!(beyond.contains(&format!("There are only {count} rows.")), "{beyond}");
    assert!(!beyond.contains("10,000–") && beyond.contains(&format!("offset={}", count - 1)), "{beyond}");
    assert!(words("offset=9999").contains(">Go to the last</a>"));
    assert!(words("offset=9999&q=nobody%20is%20called%20so").contains("card"), "what finds nothing has no pager");
}
