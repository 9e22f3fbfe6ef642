//! The pages of sign-up forms, over rows few enough to be counted by hand.

use klytics::store::Store;
use rocket::http::Status;
use serde_json::{Value, json};

use crate::support::{Served, account, seed, serve};

/// Two days of March in New York, four hours behind UTC: from 04:00 on the 10th to before 04:00 on the 12th.
const RANGE: &str = "range=2026-03-10_to_2026-03-11";

/// Two forms, one of them in two versions; what lies a second before the range, in it, and a second after it.
fn march() -> Store {
    let store = account();
    seed(
        &store,
        r#"insert into klaviyo_forms (id, name, status, ab_test) values
             ('S', '10% <script>alert(1)</script>', 'live', true), ('T', 'Never seen', 'live', false), ('U', 'A draft', 'draft', false);
         insert into klaviyo_form_versions (id, form_id, form_type, variation_name, status) values
             ('71', 'S', 'full_page', 'Red', 'live'), ('72', 'S', 'full_page', null, 'live');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, form_id, properties) values
             ('1', 'm_viewed_form', 'ann', '2026-03-10 04:00:00', 'S', '{"form_version_id":71,"device_type":"Mobile"}'),
             ('2', 'm_viewed_form', 'bob', '2026-03-10 12:00:00', 'S', '{"form_version_id":71,"device_type":"Desktop"}'),
             ('3', 'm_viewed_form', 'cid', '2026-03-11 12:00:00', 'S', '{"form_version_id":72,"device_type":"Mobile"}'),
             ('4', 'm_viewed_form', 'eve', '2026-03-12 03:59:59', 'S', '{}'),
             ('5', 'm_viewed_form', 'ann', '2026-03-10 03:59:59', 'S', '{"form_version_id":71,"device_type":"Mobile"}'),
             ('6', 'm_viewed_form', 'ann', '2026-03-12 04:00:00', 'S', '{"form_version_id":71,"device_type":"Mobile"}'),
             ('7', 'm_viewed_form', 'ann', '2026-03-11 12:00:00', 'gone', '{}'),
             ('10', 'm_submitted_form', 'ann', '2026-03-10 04:00:30', 'S', '{"form_version_id":71,"device_type":"Mobile"}'),
             ('11', 'm_submitted_form', 'ann', '2026-03-10 05:00:00', 'S', '{"form_version_id":71,"device_type":"Mobile"}'),
             ('12', 'm_submitted_form', 'cid', '2026-03-11 12:00:30', 'S', '{"form_version_id":72,"device_type":"Mobile"}'),
             ('13', 'm_submitted_form', 'bob', '2026-03-10 03:59:59', 'S', '{"form_version_id":72,"device_type":"Mobile"}');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, value, currency) values
             ('20', 'm_placed_order', 'ann', '2026-03-12 12:00:00', 30, 'USD'),
             ('21', 'm_placed_order', 'ann', '2026-03-10 04:00:30', 500, 'USD'),
             ('22', 'm_placed_order', 'cid', '2026-03-16 12:00:31', 700, 'USD'),
             ('23', 'm_placed_order', 'bob', '2026-03-15 03:59:59', 9, 'USD');
         update klaviyo_events set local_datetime = timestamp - interval 4 hour;
         insert into klaviyo_form_series_reports (id, day, form_id, form_version_id, viewed_form, submits, closed_form) values
             ('r1', '2026-03-10', 'S', '71', 4, 2, 0), ('r2', '2026-03-10', 'S', '72', 1, 1, 0), ('r3', '2026-03-11', 'T', '9', 8, 8, 0),
             ('r4', '2026-03-09', 'S', '71', 50, 50, 0);
         insert into report_windows values ('form_series_reports', '2026-03-10', '2026-03-10', null, '2026-03-12 10:00')"#,
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

fn block<'a>(view: &'a Value, name: &str) -> &'a Value {
    let blocks = view["blocks"].as_array().expect("blocks");
    &blocks.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name} in {view}"))["content"]
}

fn card<'a>(view: &'a Value, name: &str) -> &'a Value {
    let cards = view["cards"].as_array().expect("cards");
    cards.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name} in {view}"))
}

fn pick(row: &Value, names: &[&str]) -> Vec<Value> {
    names.iter().map(|it| row[*it].clone()).collect()
}

#[test]
fn forms_count_views_submissions_and_who_bought() {
    let view = json_of(&serve(march()), &format!("/api/pages/forms?{RANGE}"));
    let table = block(&view, "forms");
    let names: Vec<_> =
        table["rows"].as_array().expect("rows").iter().map(|it| it["name"].as_str().expect("a name")).collect();
    assert_eq!(
        names,
        ["10% <script>alert(1)</script>", "Never seen", "gone"],
        "a draft is left out, and what is not copied has its id"
    );
    let form = &table["rows"][0];
    assert_eq!(
        pick(form, &["views", "submissions", "submitRate", "submitters"]),
        [json!(4), json!(3), json!(0.75), json!(2)]
    );
    // Ann bought once after both of her submissions; what she bought in the second of the first came before it, and Cid's
    // came a second too late.
    assert_eq!(
        pick(form, &["formConverted", "formConversionRate", "formRevenue"]),
        [json!(1), json!(0.5), json!(30.0)]
    );
    assert_eq!(pick(form, &["formType", "versions", "trend"]), [json!("full page"), json!(2), json!([2.0, 1.0])]);
    assert_eq!(
        pick(&table["rows"][2], &["views", "submitRate", "formConversionRate"]),
        [json!(1), json!(0.0), Value::Null]
    );
    assert_eq!(pick(&table["rows"][1], &["views", "submitRate"]), [json!(0), Value::Null]);
    assert_eq!(pick(&table["totals"], &["views", "submitRate"]), [json!(5), json!(0.6)]);
    assert_eq!(pick(card(&view, "views"), &["current", "previous"]), [json!(5.0), json!(1.0)]);
    assert_eq!(pick(card(&view, "submit_rate"), &["current", "previous"]), [json!(0.6), json!(1.0)]);
    // Of the two days before Bob submitted, and bought within five days to the second.
    assert_eq!(pick(card(&view, "form_conversion_rate"), &["current", "previous"]), [json!(0.5), json!(1.0)]);
    let days: Vec<_> = block(&view, "form-submissions")["rows"]
        .as_array()
        .expect("days")
        .iter()
        .map(|it| pick(&it["values"], &["submissions", "earlierSubmissions"]))
        .collect();
    assert_eq!(days, [[json!(2.0), json!(0.0)], [json!(1.0), json!(1.0)]]);
}

#[test]
fn drafts_of_forms_are_listed_when_they_are_asked_for() {
    let served = serve(march());
    let count = |query: &str| {
        block(&json_of(&served, &format!("/api/pages/forms?{RANGE}{query}")), "forms")["rowCount"].clone()
    };
    assert_eq!((count(""), count("&activity=any")), (json!(3), json!(4)));
}

#[test]
fn versions_and_devices_are_told_as_far_as_events_do() {
    let served = serve(march());
    for path in ["/api/pages/forms", "/api/pages/forms/S"] {
        let view = json_of(&served, &format!("{path}?{RANGE}"));
        let versions = block(&view, "form-versions")["rows"].as_array().expect("rows").clone();
        let of = |version: &str| {
            let row = versions.iter().find(|it| it["version"] == version && it["form"] != "gone").expect("a version");
            pick(row, &["views", "submissions", "submitRate"])
        };
        assert_eq!(of("Red"), [json!(2), json!(2), json!(1.0)], "{path}");
        assert_eq!(of("72"), [json!(1), json!(1), json!(1.0)], "a version without a name");
        assert_eq!(of("Not told"), [json!(1), json!(0), json!(0.0)]);
        let devices = block(&view, "form-devices")["rows"].as_array().expect("rows").clone();
        let mobile = devices.iter().find(|it| it["device"] == "Mobile").expect("a device");
        assert_eq!(pick(mobile, &["views", "submissions", "submitRate"]), [json!(2), json!(3), json!(1.5)]);
    }
}

#[test]
fn klaviyos_counts_stand_beside_ours_on_the_days_that_it_has() {
    let view = json_of(&serve(march()), &format!("/api/pages/forms/S?{RANGE}"));
    let rows = &block(&view, "form-report")["rows"];
    let told: Vec<_> = (0..3).map(|at| pick(&rows[at], &["countOf", "views", "submissions", "reportRate"])).collect();
    assert_eq!(told[0], [json!("Klytics"), json!(2), json!(2), json!(1.0)], "only the 10th was reported");
    assert_eq!(told[1], [json!("Klaviyo"), json!(5), json!(3), json!(0.6)]);
    assert_eq!(told[2], [json!("Klytics less Klaviyo"), json!(-3), json!(-1), json!(0.4)]);
}

#[test]
fn a_form_has_a_page_of_its_own_and_what_is_none_has_not() {
    let served = serve(march());
    let view = json_of(&served, &format!("/api/pages/forms/S?{RANGE}&compare=none"));
    assert_eq!(pick(card(&view, "views"), &["current", "previous"]), [json!(4.0), Value::Null]);
    assert_eq!(view["lead"], json!("Live · an A/B test."));
    let answer = served.client.get(format!("/forms/S?{RANGE}")).dispatch();
    assert!(!answer.into_string().expect("a page").contains("<script>alert"), "a name is text");
    assert_eq!(json_of(&served, "/api/pages/forms/gone?range=all")["lead"], json!("Not copied."));
    for (path, status) in [
        ("/forms/nothing", Status::NotFound),
        ("/forms?sort=nothing", Status::BadRequest),
        ("/forms?range=soon", Status::BadRequest),
    ] {
        assert_eq!(served.client.get(path).dispatch().status(), status, "{path}");
    }
    let file =
        served.client.get(format!("/export/form-days.csv?{RANGE}&id=S")).dispatch().into_string().expect("a file");
    assert!(file.contains("2026-03-10,2,2,1.0,0,0"), "{file}");
}

#[test]
fn without_conversions_nothing_is_known_of_who_bought() {
    let store = march();
    seed(&store, "delete from klaviyo_mapped_metrics; delete from metric_kinds where kind = 'placed_order'");
    let view = json_of(&serve(store), &format!("/api/pages/forms?{RANGE}"));
    let form = &block(&view, "forms")["rows"][0];
    assert_eq!(
        pick(form, &["views", "formConverted", "formConversionRate", "formRevenue"]),
        [json!(4), Value::Null, Value::Null, Value::Null]
    );
    assert_eq!(card(&view, "form_conversion_rate")["current"], Value::Null);
    let empty = serve(Store::in_memory().expect("a database"));
    let answer = empty.client.get("/forms").dispatch();
    assert_eq!(answer.status(), Status::Ok, "an account that was never copied");
    assert!(!answer.into_string().expect("a page").contains("class=\"kpis\""), "there are no figures yet");
}
