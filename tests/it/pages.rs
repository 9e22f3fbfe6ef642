//! The pages, as a browser gets them: over rows few enough to be counted by hand, and with the fake's account behind them.

use klytics::demo::{Fake, Plan};
use klytics::store::Store;
use rocket::http::{ContentType, Cookie, Header, Status};
use rocket::local::blocking::LocalResponse;
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::{Reading, Served, account, at_rest, pause, seed, serve, serve_with, shop, told};

/// Two days of March in New York, four hours behind UTC: from 04:00 on the 10th to before 04:00 on the 12th.
const RANGE: &str = "range=2026-03-10_to_2026-03-11";

/// What lies a second before the range, in it, and a second after it.
fn march() -> Store {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_campaigns (id, name, status, sent_at) values
             ('C1', 'Spring <script>alert(1)</script>', 'Sent', '2026-03-10 15:00'),
             ('C2', 'A second early', 'Sent', '2026-03-10 03:59:59'),
             ('C3', 'Reached nobody', 'Sent', '2026-03-11 12:00'),
             ('C4', 'A second late', 'Sent', '2026-03-12 04:00:00');
         insert into klaviyo_campaign_messages (id, campaign_id, channel) values
             ('CM1', 'C1', 'email'), ('CM2', 'C2', 'email'), ('CM3', 'C3', 'email'), ('CM4', 'C4', 'email');
         insert into klaviyo_flows (id, name, status) values ('F1', 'Welcome & co', 'live');
         insert into klaviyo_flow_actions (id, flow_id) values ('FA1', 'F1');
         insert into klaviyo_flow_messages (id, flow_action_id, channel, name) values ('FM1', 'FA1', 'email', 'First mail');
         insert into klaviyo_forms (id, name, status) values ('S', '10% off', 'live');
         insert into klaviyo_segments (id, name) values ('G1', 'VIP'), ('G2', 'Not counted yet');
         insert into klaviyo_segment_counts (id, profile_count) values ('G1', 1234);
         insert into klaviyo_profiles (id, can_receive_email, deleted_at) values
             ('ann', true, null), ('bob', true, null), ('eve', true, null), ('cid', false, null), ('zoe', true, '2026-03-01');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, flow_id, is_machine_open, is_bot_click) values
             ('1', 'm_received_email', 'ann', '2026-03-10 15:00:00', 'CM1', null, null, null),
             ('2', 'm_received_email', 'bob', '2026-03-10 15:00:00', 'CM1', null, null, null),
             ('3', 'm_received_email', 'cid', '2026-03-10 15:00:00', 'CM1', null, null, null),
             ('4', 'm_bounced_email', 'dan', '2026-03-10 15:00:00', 'CM1', null, null, null),
             ('5', 'm_opened_email', 'ann', '2026-03-20 15:00:00', 'CM1', null, false, null),
             ('6', 'm_opened_email', 'bob', '2026-03-10 15:00:01', 'CM1', null, true, null),
             ('7', 'm_clicked_email', 'ann', '2026-03-20 15:00:01', 'CM1', null, null, false),
             ('8', 'm_clicked_email', 'cid', '2026-03-10 15:00:02', 'CM1', null, null, true),
             ('9', 'm_received_email', 'ann', '2026-03-10 03:59:59', 'CM2', null, null, null),
             ('10', 'm_opened_email', 'ann', '2026-03-10 15:30:00', 'CM2', null, null, null),
             ('11', 'm_received_email', 'ann', '2026-03-12 04:00:00', 'CM4', null, null, null),
             ('12', 'm_received_email', 'eve', '2026-03-12 03:59:59', 'FM1', 'F1', null, null);
         insert into klaviyo_events
             (id, metric_id, profile_id, timestamp, value, currency, attributed_campaign_id, attributed_campaign_message_id,
              attributed_flow_id, attributed_flow_message_id)
         values
             ('20', 'm_placed_order', 'ann', '2026-03-10 16:00:00', 25.5, 'USD', 'C1', 'CM1', null, null),
             ('21', 'm_placed_order', 'eve', '2026-03-12 03:59:59', 10, null, null, null, 'F1', 'FM1'),
             ('22', 'm_placed_order', 'bob', '2026-03-10 04:00:00', 4.25, 'usd', null, null, null, null),
             ('23', 'm_placed_order', 'bob', '2026-03-10 03:59:59', 100, 'USD', null, null, null, null),
             ('24', 'm_placed_order', 'bob', '2026-03-12 04:00:00', 1000, 'USD', null, null, null, null),
             ('25', 'm_placed_order', 'bob', '2026-03-11 12:00:00', 7, 'EUR', null, null, null, null);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, form_id) values
             ('30', 'm_viewed_form', 'ann', '2026-03-10 04:00:00', 'S'), ('31', 'm_viewed_form', 'bob', '2026-03-10 12:00:00', 'S'),
             ('32', 'm_viewed_form', 'cid', '2026-03-11 12:00:00', 'S'), ('33', 'm_viewed_form', 'eve', '2026-03-12 03:59:59', 'S'),
             ('34', 'm_submitted_form', 'ann', '2026-03-10 04:00:00', 'S'),
             ('35', 'm_submitted_form', 'eve', '2026-03-12 03:59:59', 'S'),
             ('36', 'm_submitted_form', 'bob', '2026-03-10 03:59:59', 'S'),
             ('37', 'm_submitted_form', 'bob', '2026-03-12 04:00:00', 'S');
         update klaviyo_events set local_datetime = timestamp - interval 4 hour;
         insert into klaviyo_sync_status (entity_type, status, last_sync_time, record_count, success, error_message) values
             ('campaigns', 'completed', '2026-03-12 10:00', 4, true, null),
             ('events', 'completed', '2026-03-12 10:00', 26, true, null),
             ('profiles', 'completed', '2026-03-12 10:00', 4, true, null),
             ('forms', 'disabled', '2026-02-01 10:00', 1, false, 'the API key may not read <forms>');
         insert into sync_windows values ('events', '2020-01-01', '2026-03-12 10:00', '2026-03-12 10:00');
         insert into sync_runs values (1, 'command line', true, 'completed', '2026-03-12 09:59', '2026-03-12 10:00');
         insert into sync_run_entities values
             (1, 'events', 'completed', 26, 26, 0, 0, 1, 5000, 0.5, null, null),
             (1, 'forms', 'disabled', 0, 0, 0, 0, 1, 100, 0, 'the API key may not read <forms>', null)",
    );
    store
}

/// What a page says: without the frame around it, whose addresses change with every build.
fn said(html: &str) -> String {
    let part = |start: &str, end: &str| {
        let at = html.find(start).unwrap_or_else(|| panic!("{start} in {html}"));
        html[at..].split_once(end).expect("an end").0.to_owned() + end
    };
    let mut said = part("<main", "</main>");
    said.push_str(&part("<footer", "</footer>"));
    // Icons and little curves are drawn, not said.
    while let Some((before, rest)) = said.split_once("<svg") {
        let after = rest.split_once("</svg>").expect("an end").1;
        said = format!("{before}{after}");
    }
    let said = said.replace(concat!("Klytics ", env!("CARGO_PKG_VERSION")), "Klytics");
    let lines: Vec<_> = said.lines().map(str::trim_end).filter(|it| !it.trim().is_empty()).collect();
    lines.join("\n")
}

fn page(served: &Served, path: &str) -> String {
    let answer = served.client.get(path.to_owned()).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{path}");
    answer.into_string().expect("a page")
}

fn json_of(served: &Served, path: &str) -> Value {
    let answer = served.client.get(path.to_owned()).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{path}");
    answer.into_json().expect("JSON")
}

#[test]
fn the_overview_counts_what_is_in_the_range() {
    let served = serve(march());
    let overview = json_of(&served, &format!("/api/overview?{RANGE}"));
    // 25.50 by the campaign, 10 by the flow, 4.25 by nothing; before it 100, and then 1,000 that came too late.
    assert_eq!(overview["revenue"], json!({ "current": 39.75, "previous": 100.0, "change": -0.6025 }));
    assert_eq!(overview["attributedRevenue"], json!({ "current": 35.5, "previous": 0.0, "change": null }));
    // Ann, Bob and Eve; Cid may not be written to and Zoe is gone.
    assert_eq!(overview["subscribers"], json!({ "current": 3.0, "previous": null, "change": null }));
    // Three deliveries of the campaign and one of the flow; Ann opened and clicked, Bob's machine and Cid's scanner did.
    assert_eq!(overview["openRate"], json!({ "current": 0.25, "previous": 1.0, "change": -0.75 }));
    assert_eq!(overview["clickRate"], json!({ "current": 0.25, "previous": 0.0, "change": null }));
    // Ann and Eve bought.
    assert_eq!(overview["conversionRate"], json!({ "current": 0.5, "previous": 0.0, "change": null }));
    assert_eq!(overview["formSubmissions"], json!({ "current": 2.0, "previous": 1.0, "change": 1.0 }));
    let machines = json_of(&served, &format!("/api/overview?{RANGE}&machine=include"));
    assert_eq!((&machines["openRate"]["current"], &machines["clickRate"]["current"]), (&json!(0.5), &json!(0.5)));
    let days = json_of(&served, &format!("/api/charts/revenue?{RANGE}"));
    assert_eq!(
        days,
        json!([
            { "date": "2026-03-10", "campaigns": 25.5, "flows": 0.0, "other": 4.25 },
            { "date": "2026-03-11", "campaigns": 0.0, "flows": 10.0, "other": 0.0 }
        ])
    );
    let total: f64 = days
        .as_array()
        .expect("days")
        .iter()
        .flat_map(|it| ["campaigns", "flows", "other"].map(|of| it[of].as_f64()))
        .flatten()
        .sum();
    assert!((total - 39.75).abs() < 1e-9, "the chart adds up to the figure: {total}");
    let channels = json_of(&served, &format!("/api/charts/distribution?{RANGE}"));
    assert_eq!((&channels[0]["name"], &channels[0]["value"]), (&json!("Email"), &json!(35.5)));
    assert_eq!((&channels[1]["name"], &channels[1]["value"]), (&json!("Not attributed"), &json!(4.25)));
    let share = |at: usize| channels[at]["share"].as_f64().expect("a share");
    assert!((share(0) - 35.5 / 39.75).abs() < 1e-12 && (share(0) + share(1) - 1.0).abs() < 1e-12);
    let flows = json_of(&served, &format!("/api/charts/top-flows?{RANGE}"));
    assert_eq!((&flows[0]["recipients"], &flows[0]["conversionRate"]), (&json!(1), &json!(1.0)));
    let forms = json_of(&served, &format!("/api/charts/top-forms?{RANGE}"));
    assert_eq!((&forms[0]["views"], &forms[0]["submissionRate"]), (&json!(4), &json!(0.5)));
    let campaigns = json_of(&served, &format!("/api/campaigns?{RANGE}"));
    let names: Vec<_> =
        campaigns.as_array().expect("rows").iter().map(|it| it["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["Spring <script>alert(1)</script>"]);
    assert_eq!((&campaigns[0]["sent"], &campaigns[0]["delivered"]), (&json!(4), &json!(3)));
}

#[test]
fn a_table_without_rows_says_what_was_asked_for() {
    let served = serve(march());
    for (asked, words) in [
        ("q=zzzz", "Nothing here fits the search."),
        ("min=100000", "Nothing here fits the search."),
        ("channel=push", "There is nothing of this channel in these days."),
        ("range=2026-01-01_to_2026-01-02", "No campaign reached anyone in these days."),
    ] {
        let range = if asked.starts_with("range") { String::new() } else { format!("&{RANGE}") };
        let html = page(&served, &format!("/campaigns?{asked}{range}"));
        assert!(html.contains(words), "{asked}: no “{words}”");
    }
    // What knows no channel is not empty because of one.
    let html = page(&served, &format!("/benchmarks/weak-messages?channel=push&{RANGE}"));
    assert!(html.contains("There is nothing that this could be judged by"), "{html}");
}

#[test]
fn who_asks_for_days_that_cannot_be_finds_back_to_the_page() {
    let served = serve(march());
    let answer = served.client.get("/campaigns?range=2030-01-01_to_2030-01-02").dispatch();
    assert_eq!(answer.status(), Status::BadRequest);
    let html = answer.into_string().expect("a page");
    assert!(html.contains(r#"href="&#x2F;campaigns">This page with the usual days"#), "{html}");
}

#[test]
fn the_overview_says_what_it_counted() {
    let html = page(&serve(march()), &format!("/?{RANGE}"));
    assert!(!html.contains("<script>alert"), "a name is text");
    insta::assert_snapshot!(said(&html));
}

#[test]
fn the_sync_page_says_how_everything_stands() {
    let html = page(&serve(march()), "/sync");
    assert!(html.contains("may not read &lt;forms&gt;") && !html.contains("<forms>"));
    insta::assert_snapshot!(said(&html));
}

#[test]
fn an_account_that_was_never_copied_has_no_numbers() {
    let served = serve(Store::in_memory().expect("a database"));
    insta::assert_snapshot!("nothing_copied", said(&page(&served, "/")));
    insta::assert_snapshot!("nothing_copied_sync", said(&page(&served, "/sync")));
}

#[test]
fn what_has_no_name_is_called_by_its_id() {
    let store = march();
    let things = "insert into klaviyo_segments (id) values ('SEG1');
         insert into klaviyo_lists (id) values ('LIST1');
         insert into klaviyo_forms (id) values ('FORM1');
         insert into klaviyo_flows (id) values ('FLOW1');
         insert into klaviyo_campaigns (id, sent_at) values ('CAMP1', '2026-03-01');
         insert into klaviyo_metrics (id) values ('METRIC1');
         insert into klaviyo_sync_status (entity_type, status, last_sync_time, record_count)
         select unnest(['segments', 'lists', 'forms', 'flows', 'campaigns', 'metrics', 'events']), 'completed', '2026-03-12', 1
         on conflict do nothing";
    seed(&store, things);
    let served = serve(store);
    assert!(page(&served, "/?range=all").contains("SEG1"));
    for path in ["segments", "lists", "forms", "flows", "campaigns", "metrics", "charts/top-segments"] {
        assert!(json_of(&served, &format!("/api/{path}?range=all")).is_array(), "{path}");
    }
    assert_eq!(json_of(&served, "/api/segments?q=seg1")[0]["name"], "SEG1");
}

#[test]
fn days_without_anything_have_no_rates() {
    let html = page(&serve(march()), "/?range=2025-06-01_to_2025-06-02");
    insta::assert_snapshot!(said(&html));
}

#[test]
fn a_page_is_not_sent_twice() {
    let store = march();
    let served = serve(store.clone());
    let path = format!("/?{RANGE}");
    let tag = |answer: &LocalResponse<'_>| answer.headers().get_one("ETag").expect("a tag").to_owned();
    let first = tag(&served.client.get(&path).dispatch());
    assert!(first.len() <= 64, "{first}");
    let ask = |path: &str| {
        let request = served.client.get(path.to_owned()).header(Header::new("If-None-Match", first.clone()));
        let answer = request.dispatch();
        (answer.status(), tag(&answer) == first, answer.into_string().unwrap_or_default().is_empty())
    };
    assert_eq!(ask(&path), (Status::NotModified, true, true));
    assert_eq!(ask("/?range=2026-03-10_to_2026-03-12").0, Status::Ok);
    assert_eq!(ask(&format!("{path}&machine=include")).0, Status::Ok);
    seed(&store, "update klaviyo_campaigns set name = 'Autumn' where id = 'C1'");
    assert_eq!(ask(&path), (Status::Ok, false, false));
}

#[test]
fn what_cannot_be_meant_is_a_page_that_names_the_parameter() {
    let served = serve(march());
    for (query, name, words) in [
        ("range=soon", "range: ", "“soon” is neither"),
        ("range=2026-03-11_to_2026-03-10", "range: ", "before it starts"),
        ("range=2026-02-30_to_2026-03-10", "range: ", "2026-02-30"),
        ("range=2999-01-01_to_2999-02-01", "range: ", "future"),
        ("dateRange=%3Cb%3E", "dateRange: ", "&lt;b&gt;"),
        ("compare=me", "compare: ", "previous, year, none"),
        ("machine=yes", "machine: ", "exclude, include"),
    ] {
        let answer = served.client.get(format!("/?{query}")).dispatch();
        assert_eq!((answer.status(), answer.content_type()), (Status::BadRequest, Some(ContentType::HTML)), "{query}");
        assert_eq!(answer.headers().get_one("Cache-Control"), Some("no-store"), "{query}");
        assert_eq!(answer.headers().get_one("ETag"), None, "{query}");
        let html = answer.into_string().expect("a page");
        assert!(html.contains(name) && html.contains(words), "{query}: {html}");
    }
    let nowhere = served.client.get("/nowhere").dispatch();
    assert_eq!(nowhere.status(), Status::NotFound);
    assert!(nowhere.into_string().expect("a page").contains("There is no such page"));
}

/// The addresses of the menu of a page.
fn menu(html: &str) -> Vec<String> {
    let links = html.split(r#"class="nav-link" href=""#).skip(1).filter_map(|it| it.split('"').next());
    links.map(|it| it.replace("&amp;", "&").replace("&#x2F;", "/")).collect()
}

#[test]
fn what_a_page_passes_over_is_said_or_goes_no_further() {
    let served = serve(march());
    let words = "All channels: this page cannot be narrowed to SMS.";
    assert!(page(&served, "/?channel=sms").contains(words));
    assert!(!page(&served, "/flows?channel=sms").contains(words) && !page(&served, "/").contains("All channels"));
    let campaigns = page(&served, "/campaigns?utm_source=letter&range=2026-03-10_to_2026-03-11");
    assert!(!campaigns.contains("utm_source"), "an address is cleaned of what others hang on it");
    assert!(campaigns.contains("campaigns.csv?range=2026-03-10_to_2026-03-11\""), "and is else as it was");
    let twice = page(&served, "/campaigns?q=&q=a&q=b&range=2026-03-10_to_2026-03-11");
    assert!(
        twice.contains("campaigns.csv?q=a&range=") || twice.contains("campaigns.csv?q=a&amp;range="),
        "as it was read"
    );
    assert!(!page(&served, "/campaigns/compare?ids=C1&channel=sms").contains("All channels"), "what was chosen");
}

#[test]
fn every_view_stands_once_under_the_definitions() {
    let served = serve(march());
    let definitions = page(&served, "/definitions");
    assert_eq!(
        definitions.matches("create or replace view message_activity").count()
            + definitions.matches("create or replace macro message_activity").count(),
        1
    );
    assert!(definitions.contains("href=\"#view-message_stats\"") && definitions.contains("id=\"view-message_stats\""));
    assert!(
        !page(&served, "/definitions?q=suppressi").contains("id=\"view-message_stats\""),
        "of those that are shown"
    );
}

#[test]
fn the_menu_carries_on_what_the_next_page_understands_and_nothing_else() {
    let served = serve(march());
    let shared =
        "range=2026-03-10_to_2026-03-11&compare=year&basis=event&machine=include&metric=m_placed_order&channel=email";
    let paths = menu(&page(&served, "/"));
    assert!(paths.len() > 10, "{paths:?}");
    for own in [
        "/campaigns?view=calendar&min=5&limit=20&sort=-revenue",
        "/revenue?model=last-touch&email_click=3d",
        "/content?show=revenue&senders=all&days=30",
        "/benchmarks?edition=klaviyo-2025",
        "/sync?status=failed&offset=0",
        "/definitions?q=open",
    ] {
        let links = menu(&page(&served, &format!("{own}&{shared}")));
        let taken = |path: &str| match path {
            "/" | "/forms" | "/segments" | "/audience" | "/explore" => shared.replace("basis=event&", ""),
            _ => shared.to_owned(),
        };
        assert_eq!(links, paths.iter().map(|it| format!("{it}?{}", taken(it))).collect::<Vec<_>>(), "{own}");
    }
    for link in menu(&page(&served, &format!("/?{}", shared.replace("basis=event&", "")))) {
        page(&served, &link);
    }
}

#[test]
fn a_basis_is_only_taken_where_it_can_be_chosen() {
    let served = serve(march());
    for page in klytics::pages::PAGES.iter().filter(|it| !it.path.contains("<id>")) {
        let twin = if page.path == "/" { "/overview" } else { page.path };
        let statuses = ["event", "sent"].map(|basis| {
            let of = |path: String| served.client.get(format!("{path}?basis={basis}")).dispatch().status();
            (of(page.path.to_owned()), of(format!("/api/pages{twin}")))
        });
        let is_own = ["/", "/forms", "/segments", "/audience", "/explore"].contains(&page.path);
        let expected = if is_own { Status::BadRequest } else { Status::Ok };
        assert_eq!(statuses, [(expected, expected); 2], "{}", page.path);
        // What can be chosen is offered.
        let html = served.client.get(page.path).dispatch().into_string().expect("a page");
        let offers =
            ["/campaigns", "/flows", "/revenue", "/deliverability", "/content", "/benchmarks"].contains(&page.path);
        assert_eq!(html.contains("basis=event"), offers, "{}", page.path);
    }
    let refused = served.client.get("/export/overview-days.csv?basis=sent").dispatch();
    assert_eq!(refused.status(), Status::BadRequest);
    assert!(refused.into_string().expect("words").contains("basis: it cannot be chosen"));
}

#[test]
fn nothing_runs_in_a_page_that_is_not_ours() {
    let served = serve(march());
    for path in ["/", "/sync", "/nowhere", "/?range=soon", "/?range=2026-03-10_to_2026-03-11"] {
        let answer = served.client.get(path).dispatch();
        let policy = answer.headers().get_one("Content-Security-Policy").expect("a policy").to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let html = answer.into_string().expect("a page").to_lowercase();
        for inline in ["style=\"", "onclick=", "onload=", "javascript:", "<style", "<script>"] {
            assert!(!html.contains(inline), "{path} holds {inline}");
        }
    }
}

#[test]
fn a_theme_is_chosen_and_kept() {
    let served = serve(march());
    let form =
        served.client.post("/theme").header(ContentType::Form).header(Header::new("Sec-Fetch-Site", "same-origin"));
    let answer = form.body("theme=dark&next=%2F%3Frange%3Dtoday").dispatch();
    assert_eq!((answer.status(), answer.headers().get_one("Location")), (Status::SeeOther, Some("/?range=today")));
    let cookie = answer.cookies().get("theme").expect("a cookie").value().to_owned();
    let dark =
        served.client.get("/sync").cookie(Cookie::new("theme", cookie)).dispatch().into_string().expect("a page");
    assert!(dark.contains("data-bs-theme=\"dark\""));
    assert!(!page(&served, "/sync").contains("data-bs-theme"));
    // Back to a page of ours, wherever the form says.
    for next in ["%2F%2Fevil.example", "https%3A%2F%2Fevil.example%2F", "%2F%5Cevil.example"] {
        let form =
            served.client.post("/theme").header(ContentType::Form).header(Header::new("Sec-Fetch-Site", "same-origin"));
        let answer = form.body(format!("theme=dark&next={next}")).dispatch();
        let location = answer.headers().get_one("Location").expect("a place").to_owned();
        assert!(
            location.starts_with('/') && !location.starts_with("//") && !location.contains('\\'),
            "{next}: {location}"
        );
    }
}

/// A fake's account that was not copied yet, and the application that can copy it.
fn live() -> (Fake, Store, Served) {
    let plan = Plan { latency: Duration::from_millis(10), ..shop() };
    let clock = plan.clock.clone();
    let fake = Fake::start(plan).expect("a fake");
    let store = Store::in_memory().expect("a database");
    let served = serve_with(store.clone(), at_rest(&fake, &store, &clock, &Reading::default()));
    (fake, store, served)
}

fn post<'a>(served: &'a Served, path: &'a str, body: &str, site: &'static str) -> LocalResponse<'a> {
    let form = served.client.post(path).header(ContentType::Form).header(Header::new("Sec-Fetch-Site", site));
    form.body(body).dispatch()
}

#[test]
fn a_button_starts_a_run_and_the_page_watches_it() {
    let (fake, store, served) = live();
    let answer = post(&served, "/sync", "", "same-origin");
    assert_eq!((answer.status(), answer.headers().get_one("Location")), (Status::SeeOther, Some("/sync")));
    let html = page(&served, "/sync");
    assert!(html.contains("A sync is running") || html.contains("A sync is about to start"), "{html}");
    assert!(html.contains("<meta http-equiv=\"refresh\""), "without scripts the page asks again by itself");
    let events = served.client.get("/sync/events").dispatch().into_string().expect("events");
    assert!(events.contains("event:progress") && told(&events).ends_with(&["event:done", "data:"]), "{events}");
    let html = page(&served, "/sync");
    assert!(!html.contains("A sync is running") && !html.contains("http-equiv=\"refresh\""), "{html}");
    let truth = fake.truth();
    let events = crate::support::value(&store, "select count(*) from klaviyo_events");
    assert_eq!(events, (truth.records["events"] - truth.events_ahead).to_string());
    // The numbers of the page are those of the shop.
    let overview = json_of(&served, "/api/overview?range=2025-01-01_to_2025-12-31");
    let year: i64 = truth
        .revenue_cents
        .iter()
        .filter(|(day, _)| day.format("%Y").to_string() == "2025")
        .map(|(_, cents)| cents)
        .sum();
    let shown = overview["revenue"]["current"].as_f64().expect("revenue");
    assert_eq!(format!("{shown:.2}"), format!("{}.{:02}", year / 100, year % 100));
}

#[test]
fn only_a_page_of_ours_starts_a_run() {
    let (fake, _store, served) = live();
    for site in ["cross-site", "same-site", "none-of-these"] {
        assert_eq!(post(&served, "/sync", "", site).status(), Status::Forbidden, "{site}");
        assert_eq!(post(&served, "/sync/cancel", "", site).status(), Status::Forbidden, "{site}");
        assert_eq!(post(&served, "/api/sync/all", "", site).status(), Status::Forbidden, "{site}");
        assert_eq!(post(&served, "/theme", "theme=dark&next=/", site).status(), Status::Forbidden, "{site}");
    }
    let foreign = served.client.post("/sync").header(ContentType::Form).header(Header::new("Host", "localhost"));
    assert_eq!(foreign.header(Header::new("Origin", "https://evil.example")).dispatch().status(), Status::Forbidden);
    assert_eq!(fake.requests(), []);
}

#[test]
fn a_run_of_what_there_is_not_is_refused() {
    let (fake, _store, served) = live();
    let answer = post(&served, "/sync", "entities=campaigns,unicorns", "same-origin");
    assert_eq!(answer.status(), Status::BadRequest);
    assert!(answer.into_string().expect("a page").contains("unicorns"));
    assert_eq!(fake.requests(), []);
}

#[test]
fn without_a_key_a_run_is_refused_in_words() {
    let served = serve(march());
    let answer = post(&served, "/sync", "", "same-origin");
    assert_eq!(answer.status(), Status::Conflict);
    assert!(answer.into_string().expect("a page").contains("KLAVIYO_API_KEY"));
}

#[test]
fn a_run_is_stopped_by_its_button() {
    let (_fake, store, served) = live();
    post(&served, "/sync", "", "same-origin");
    while !page(&served, "/sync").contains("A sync is running") {
        pause(Duration::from_millis(2));
    }
    let answer = post(&served, "/sync/cancel", "", "same-origin");
    assert_eq!((answer.status(), answer.headers().get_one("Location")), (Status::SeeOther, Some("/sync")));
    served.client.get("/sync/events").dispatch().into_string().expect("events");
    let ended = crate::support::lines(&store, "select status from sync_runs");
    assert_eq!(ended, ["cancelled"]);
}
