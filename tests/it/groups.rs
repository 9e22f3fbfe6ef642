//! The pages of segments and lists, over rows few enough to be counted by hand.

use klytics::store::Store;
use rocket::http::Status;
use serde_json::{Value, json};

use crate::support::{Served, account, seed, serve};

/// Two days of March in New York, four hours behind UTC: from 04:00 on the 10th to before 04:00 on the 12th.
const RANGE: &str = "range=2026-03-10_to_2026-03-11";

/// A list whose members are known, a segment that is reported, and one of which nothing is known.
fn march() -> Store {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_lists (id, name, opt_in_process) values ('L', 'News <script>alert(1)</script>', 'double_opt_in');
         insert into klaviyo_list_counts (id, profile_count) values ('L', 3);
         insert into klaviyo_segments (id, name, is_active) values ('G', 'VIP', true), ('H', 'Not copied', true);
         insert into klaviyo_segment_counts (id, profile_count) values ('G', 2), ('H', 500);
         insert into klaviyo_list_members (id, list_id, profile_id, joined_at, deleted_at) values
             ('L-ann', 'L', 'ann', '2026-03-10 04:00:00', null), ('L-bob', 'L', 'bob', '2026-03-10 03:59:59', null),
             ('L-cid', 'L', 'cid', '2026-03-12 03:59:59', null), ('L-dan', 'L', 'dan', '2026-03-01 12:00', '2026-03-11 12:00'),
             ('L-eve', 'L', 'eve', '2026-03-01 12:00', '2026-03-12 04:00:00');
         insert into klaviyo_segment_members (id, segment_id, profile_id, joined_at) values
             ('G-ann', 'G', 'ann', '2026-03-01'), ('G-fay', 'G', 'fay', '2026-03-01');
         insert into sync_parents values ('list_members', 'L', null, '2026-03-12 10:00', '2026-03-01 10:00'),
             ('segment_members', 'G', null, '2026-03-12 10:00', '2026-03-12 10:00');
         insert into klaviyo_segment_series_reports (id, day, segment_id, total_members, members_added, members_removed, net_members_changed) values
             ('r0', '2026-03-09', 'G', 8, 1, 0, 1), ('r1', '2026-03-10', 'G', 10, 3, 1, 2), ('r2', '2026-03-11', 'G', 6, 0, 4, -4),
             ('r3', '2026-03-12', 'G', 99, 93, 0, 93);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, value, currency) values
             ('20', 'm_placed_order', 'ann', '2026-03-10 04:00:00', 30, 'USD'), ('21', 'm_placed_order', 'ann', '2026-03-12 03:59:59', 5.5, null),
             ('22', 'm_placed_order', 'bob', '2026-03-10 03:59:59', 100, 'USD'), ('23', 'm_placed_order', 'dan', '2026-03-11 12:00', 700, 'USD'),
             ('24', 'm_placed_order', 'fay', '2026-03-11 12:00', 9, 'EUR'), ('25', 'm_placed_order', 'cid', '2026-03-12 04:00:00', 50, 'USD');
         insert into metric_kinds values ('m_ordered_product', 'ordered_product', 'name');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, value, currency, properties) values
             ('30', 'm_ordered_product', 'ann', '2026-03-10 04:00:00', 20, 'USD', '{\"ProductName\":\"Tea\",\"Quantity\":2}'),
             ('31', 'm_ordered_product', 'ann', '2026-03-12 03:59:59', 10, 'USD', '{\"ProductName\":\"Tea\"}'),
             ('32', 'm_ordered_product', 'dan', '2026-03-11 12:00', 700, 'USD', '{\"ProductName\":\"Gold\"}'),
             ('33', 'm_ordered_product', 'bob', '2026-03-10 03:59:59', 40, 'USD', '{\"ProductName\":\"Pot\"}');
         update klaviyo_events set local_datetime = timestamp - interval 4 hour",
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
fn segments_and_lists_tell_who_came_went_and_bought() {
    let view = json_of(&serve(march()), &format!("/api/pages/segments?{RANGE}"));
    let rows = block(&view, "segments")["rows"].as_array().expect("rows").clone();
    let of = |id: &str| rows.iter().find(|it| it["id"] == id).expect("a group");
    let names = ["kind", "members", "joined", "gone", "groupGrowth"];
    // Ann and Cid joined, Dan left; Bob, Dan and Eve were there before.
    assert_eq!(pick(of("L"), &names), [json!("list"), json!(3), json!(2), json!(1), json!(1.0 / 3.0)]);
    assert_eq!(of("L")["trend"], json!([1.0, 1.0]), "four at the end of the 10th, and four on the 11th, from three");
    // As Klaviyo reports it, from eight.
    assert_eq!(pick(of("G"), &names), [json!("segment"), json!(2), json!(3), json!(5), json!(-0.25)]);
    assert_eq!(pick(of("H"), &names), [json!("segment"), json!(500), Value::Null, Value::Null, Value::Null]);
    // Of Ann, Bob and Cid only Ann bought in these days, twice; Dan is no member any more.
    let bought = ["converted", "memberConversionRate", "conversions", "memberRevenue"];
    assert_eq!(pick(of("L"), &bought), [json!(1), json!(1.0 / 3.0), json!(2), json!(35.5)]);
    // Fay's order is in another currency: she bought, for an amount that is not known.
    assert_eq!(pick(of("G"), &bought), [json!(2), json!(1.0), json!(3), json!(35.5)]);
    assert_eq!(pick(of("H"), &bought), [Value::Null, Value::Null, Value::Null, Value::Null], "unknown is not none");
    assert_eq!(
        pick(card(&view, "joined"), &["current", "previous"]),
        [json!(3.0), Value::Null],
        "the 8th was not reported"
    );
    assert_eq!(card(&view, "gone")["current"], json!(5.0));
    assert_eq!(card(&view, "groups")["detail"], json!("2 segments, 1 lists; members of 2 are copied"));
    let hint = view["blocks"]
        .as_array()
        .expect("blocks")
        .iter()
        .find(|it| it["name"] == "segments")
        .expect("the table")["hint"]
        .clone();
    assert!(hint.as_str().expect("a hint").contains("[default.membership]"), "it says what to do");
}

#[test]
fn a_list_is_counted_back_from_its_members() {
    let view = json_of(&serve(march()), &format!("/api/pages/segments/L?{RANGE}"));
    let days = |name: &str, key: &str| -> Vec<Value> {
        block(&view, name)["rows"].as_array().expect("days").iter().map(|it| it["values"][key].clone()).collect()
    };
    // Bob, Dan, Eve and Ann; then Cid came as Dan went. Eve went a second after.
    assert_eq!(days("size", "members"), [json!(4.0), json!(4.0)]);
    assert_eq!(
        (days("moves", "joined"), days("moves", "gone")),
        (vec![json!(1.0), json!(1.0)], vec![json!(0.0), json!(1.0)])
    );
    assert_eq!(pick(card(&view, "members"), &["current", "previous"]), [json!(3.0), json!(3.0)]);
    assert_eq!(
        pick(card(&view, "net_members"), &["current", "previous", "detail"]),
        [json!(1.0), json!(1.0), json!("2 joined, 1 left")]
    );
    assert_eq!(pick(card(&view, "member_revenue"), &["current", "previous"]), [json!(35.5), json!(100.0)]);
    assert_eq!(
        pick(card(&view, "member_conversion_rate"), &["current", "previous"]),
        [json!(1.0 / 3.0), json!(1.0 / 3.0)]
    );
    let products = &block(&view, "member-products");
    assert_eq!(products["rowCount"], json!(1), "Dan is no member, and Bob bought a second too early");
    assert_eq!(
        pick(&products["rows"][0], &["product", "buyers", "quantity", "productRevenue"]),
        [json!("Tea"), json!(1), json!(3.0), json!(30.0)]
    );
    let overlap = block(&view, "segment-overlap");
    assert_eq!(overlap["rowCount"], json!(1));
    assert_eq!(
        pick(&overlap["rows"][0], &["id", "shared", "members", "shareOfThis", "shareOfOther"]),
        [json!("G"), json!(1), json!(2), json!(1.0 / 3.0), json!(0.5)]
    );
}

#[test]
fn a_segment_is_as_klaviyo_reports_it_and_unknown_before() {
    let served = serve(march());
    let view = json_of(&served, "/api/pages/segments/G?range=2026-03-08_to_2026-03-11");
    let sizes: Vec<_> = block(&view, "size")["rows"]
        .as_array()
        .expect("days")
        .iter()
        .map(|it| it["values"]["members"].clone())
        .collect();
    assert_eq!(
        sizes,
        [Value::Null, json!(8.0), json!(10.0), json!(6.0)],
        "members of now say nothing about a segment's past"
    );
    let unknown = json_of(&served, &format!("/api/pages/segments/H?{RANGE}"));
    assert_eq!(block(&unknown, "size")["kind"], json!("nothing"));
    assert_eq!(card(&unknown, "member_revenue")["current"], Value::Null);
    let hint = unknown["blocks"].as_array().expect("blocks").last().expect("a block")["hint"].clone();
    assert!(hint.as_str().expect("a hint").contains("Rocket.toml"));
}

#[test]
fn days_of_a_list_are_the_accounts_when_clocks_change() {
    let store = march();
    // New York's clocks went forward on the 8th of March: that day began at 05:00 UTC, the next at 04:00.
    seed(
        &store,
        "delete from klaviyo_list_members;
         insert into klaviyo_list_members (id, list_id, profile_id, joined_at) values
             ('1', 'L', 'a', '2026-03-08 04:59:59'), ('2', 'L', 'b', '2026-03-08 05:00'), ('3', 'L', 'c', '2026-03-09 03:59:59'),
             ('4', 'L', 'd', '2026-03-09 04:00')",
    );
    let view = json_of(&serve(store), "/api/pages/segments/L?range=2026-03-07_to_2026-03-09");
    let joined: Vec<_> = block(&view, "moves")["rows"]
        .as_array()
        .expect("days")
        .iter()
        .map(|it| it["values"]["joined"].clone())
        .collect();
    assert_eq!(joined, [json!(1.0), json!(2.0), json!(1.0)]);
}

#[test]
fn who_joined_and_left_before_the_members_were_first_read_is_unknown() {
    let store = march();
    seed(&store, "update sync_parents set first_whole_at = '2026-03-10 12:00' where parent_id = 'L'");
    let served = serve(store);
    let list = json_of(&served, &format!("/api/pages/segments?{RANGE}"));
    let rows = block(&list, "segments")["rows"].as_array().expect("rows").clone();
    let row = rows.iter().find(|it| it["id"] == "L").expect("the list");
    // A day of two would look like both; the size is what it was.
    let names = ["joined", "gone", "netMembers", "groupGrowth", "trend"];
    assert_eq!(pick(row, &names), [Value::Null, Value::Null, Value::Null, Value::Null, json!([1.0, 1.0])]);
    let file = served.client.get(format!("/export/segment-days.csv?{RANGE}&id=L")).dispatch();
    let file = file.into_string().expect("a file");
    assert!(file.contains("4,,,false") && file.contains("4,1,1,false"), "{file}");
    let view = json_of(&served, &format!("/api/pages/segments/L?{RANGE}"));
    let gone: Vec<Value> =
        block(&view, "moves")["rows"].as_array().expect("days").iter().map(|it| it["values"]["gone"].clone()).collect();
    assert_eq!(gone, [Value::Null, json!(1.0)]);
    assert_eq!(
        pick(card(&view, "net_members"), &["current", "previous", "detail"]),
        [json!(0.0), Value::Null, json!("1 joined, 1 left since 11 Mar 2026")]
    );
    assert_eq!(
        pick(card(&view, "members"), &["current", "previous"]),
        [json!(3.0), Value::Null],
        "who had left by then"
    );
    assert_eq!(block(&view, "size")["caption"], "11 Mar 2026: 4 members");
    let before = json_of(&served, "/api/pages/segments/L?range=2026-03-08_to_2026-03-10");
    let words = "Who joined and left is known on days after 10 Mar 2026, when the members were first read.";
    assert_eq!(block(&before, "moves")["words"], words);
    assert_eq!(pick(card(&before, "net_members"), &["current", "detail"]), [Value::Null, json!(words)]);
    assert_eq!(block(&before, "size")["kind"], "chart", "the size is counted back");
}

#[test]
fn what_is_not_there_or_not_meant_is_said() {
    let served = serve(march());
    for (path, status) in [
        ("/segments/nothing", Status::NotFound),
        ("/segments?sort=nothing", Status::BadRequest),
        ("/segments?range=soon", Status::BadRequest),
        ("/segments/L?sort=-shared", Status::Ok),
    ] {
        assert_eq!(served.client.get(path).dispatch().status(), status, "{path}");
    }
    let html = served.client.get(format!("/segments/L?{RANGE}")).dispatch().into_string().expect("a page");
    assert!(!html.contains("<script>alert"), "a name is text");
    let file =
        served.client.get(format!("/export/segment-days.csv?{RANGE}&id=L")).dispatch().into_string().expect("a file");
    assert!(file.contains("4,1,0,false") && file.contains("4,1,1,false"), "{file}");
    let empty = serve(Store::in_memory().expect("a database"));
    let answer = empty.client.get("/segments").dispatch();
    assert_eq!(answer.status(), Status::Ok, "an account that was never copied");
    assert!(!answer.into_string().expect("a page").contains("class=\"kpis\""), "there are no figures yet");
}
