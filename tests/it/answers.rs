//! Answers as a client's cache and ours see them: kept while the data stays, new with the data, never a failure.

use chrono::TimeDelta;
use klytics::catalog::find;
use klytics::config;
use klytics::demo::Mood;
use klytics::pages::Desk;
use klytics::store::{Cell, Record, Store};
use rocket::futures::future::join_all;
use rocket::http::{ContentType, Header, Status};
use rocket::local::asynchronous;
use serde_json::{Value, json};

use crate::support::{Mirror, Served, account, keyless, noon, only, seed, serve, serve_with, server};

/// Tags, of which the last is deleted, and some events.
fn rows() -> Store {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_tags (id, name, synced_at, deleted_at)
         select printf('t%04d', n), 'Tag ' || n, timestamp '2026-01-01', case when n = 1234 then timestamp '2026-02-01' end
         from range(1, 1235) as numbers(n);
         insert into klaviyo_tags (id, name, synced_at) values
             ('x1', '<script>alert(1)</script>', '2026-01-01'), ('x2', '100% \"sure\"_', '2026-01-01');
         insert into klaviyo_flow_actions (id, status, action_type, updated_at, synced_at) values
             ('a', 'live', 'SEND_EMAIL', '2026-03-01 12:00', '2026-03-01'), ('b', 'draft', 'DELAY', '2026-03-05 12:00', '2026-03-05'),
             ('c', 'LIVE', 'DELAY', null, '2026-03-05');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, properties, value, synced_at) values
             ('1', 'm_opened_email', 'ann', '2026-03-01 04:59', null, null, '2026-03-01'),
             ('2', 'm_opened_email', 'ann', '2026-03-01 05:00', null, null, '2026-03-01'),
             ('3', 'm_placed_order', 'ann', '2026-03-02 04:59', '{\"$value\": 12.5}', 12.5, '2026-03-01'),
             ('4', 'm_placed_order', 'bob', '2026-03-02 05:00', null, 1, '2026-03-01');
         update klaviyo_events set local_datetime = timestamp - interval 5 hour;
         insert into klaviyo_sync_status (entity_type, status, last_sync_time, record_count, success)
         select unnest(['tags', 'flow_actions', 'events', 'flows', 'accounts']), 'completed', timestamp '2026-03-10 10:00', 2, true",
    );
    store
}

fn get(served: &Served, path: &str) -> (Status, Value) {
    let answer = served.client.get(path.to_owned()).dispatch();
    (answer.status(), answer.into_json().expect("JSON"))
}

fn ids(served: &Served, path: &str) -> Vec<String> {
    let (status, rows) = get(served, path);
    assert_eq!(status, Status::Ok, "{path}: {rows}");
    rows.as_array().expect("rows").iter().map(|it| it["id"].as_str().expect("an id").to_owned()).collect()
}

/// `hit` or `miss`, the tag, and the body.
fn kept(served: &Served, path: &str) -> (String, String, Value) {
    let answer = served.client.get(path.to_owned()).dispatch();
    let header = |name: &str| answer.headers().get_one(name).expect(name).to_owned();
    let (cache, tag) = (header("X-Cache"), header("ETag"));
    (cache, tag, answer.into_json().expect("JSON"))
}

#[test]
fn every_row_of_a_long_listing_is_on_one_page() {
    let served = serve(rows());
    let answer = served.client.get("/api/tags").dispatch();
    assert_eq!(answer.headers().get_one("X-Total-Count"), Some("1235"));
    assert_eq!(answer.into_json::<Value>().expect("JSON").as_array().map(Vec::len), Some(50));
    for limit in [50, 1_000] {
        let pages = (0..1_300)
            .step_by(limit)
            .flat_map(|offset| ids(&served, &format!("/api/tags?limit={limit}&offset={offset}")));
        let mut all: Vec<_> = pages.collect();
        assert_eq!(all.len(), 1_235, "{limit}");
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 1_235, "{limit}");
    }
    assert_eq!(ids(&served, "/api/tags?offset=9999"), Vec::<String>::new());
}

#[test]
fn names_are_searched_as_they_are_written() {
    let served = serve(rows());
    assert_eq!(ids(&served, "/api/tags?q=%25"), ["x2"]);
    assert_eq!(ids(&served, "/api/tags?search=_"), ["x2"]);
    assert_eq!(ids(&served, "/api/tags?q=%3CSCRIPT"), ["x1"]);
    assert_eq!(ids(&served, "/api/tags?q=tag%201234"), Vec::<String>::new());
    assert_eq!(ids(&served, "/api/tags?q=tag%201234&deleted=include"), ["t1234"]);
    let answer = served.client.get("/api/tags/x1").dispatch();
    assert_eq!(answer.content_type(), Some(ContentType::JSON));
    assert_eq!(answer.headers().get_one("X-Content-Type-Options"), Some("nosniff"));
    assert_eq!(answer.into_json::<Value>().expect("JSON")["name"], "<script>alert(1)</script>");
}

#[test]
fn rows_are_chosen_by_status_and_change() {
    let served = serve(rows());
    assert_eq!(ids(&served, "/api/flow_actions"), ["b", "a", "c"]);
    assert_eq!(ids(&served, "/api/flow_actions?status=live&sort=id"), ["a", "c"]);
    assert_eq!(ids(&served, "/api/flow_actions?sort=-actionType"), ["a", "b", "c"]);
    assert_eq!(ids(&served, "/api/flow_actions?updatedSince=2026-03-02"), ["b"]);
    assert_eq!(ids(&served, "/api/flow_actions?updatedSince=2026-03-01T12:00:00Z"), ["b", "a"]);
    assert_eq!(ids(&served, "/api/flow_actions?range=2026-03-01,2026-03-01"), ["a"]);
}

#[test]
fn events_are_those_of_local_days_newest_first() {
    let served = serve(rows());
    let day = "/api/events?range=2026-03-01,2026-03-01";
    assert_eq!(ids(&served, day), ["3", "2"]);
    assert_eq!(ids(&served, &format!("{day}&metric=m_placed_order")), ["3"]);
    assert_eq!(ids(&served, "/api/events?range=all&profile=bob"), ["4"]);
    assert_eq!(ids(&served, "/api/events?range=all&profile=bob&metric=m_opened_email"), Vec::<String>::new());
    assert_eq!(ids(&served, "/api/events?range=all&sort=timestamp&limit=2&offset=1"), ["2", "3"]);
    // What happened half a year ago is not of the last days.
    assert_eq!(ids(&served, "/api/events"), Vec::<String>::new());
    let (_, event) = get(&served, "/api/events/3");
    assert_eq!((&event["properties"], &event["value"]), (&json!({ "$value": 12.5 }), &json!(12.5)));
    assert_eq!(
        (&event["timestamp"], &event["localDatetime"]),
        (&json!("2026-03-02T04:59:00Z"), &json!("2026-03-01T23:59:00"))
    );
}

#[test]
fn what_is_not_there_is_said_in_json() {
    let served = serve(rows());
    for path in ["/api/unicorns", "/api/unicorns/1", "/api/tags/nobody", "/api/tags/t1234", "/api/flows/nobody"] {
        let (status, body) = get(&served, path);
        assert_eq!((status, &body["error"]), (Status::NotFound, &json!("not_found")), "{path}: {body}");
    }
    assert_eq!(get(&served, "/api/tags/t1234?deleted=include").0, Status::Ok);
    for (path, words) in [
        ("/api/tags?limt=5", "`limt` here; did you mean `limit`?"),
        ("/api/flows?Sort=name", "`Sort` here; did you mean `sort`?"),
        ("/api/tags?status=live", "`status`"),
        ("/api/overview?limit=5", "`limit`"),
        ("/api/events/3?colour=red", "`colour` here; it takes none"),
        ("/api/tags?sort=colour", "“colour”"),
        ("/api/flow_actions?updatedSince=soon", "“soon”"),
    ] {
        let (status, body) = get(&served, path);
        assert_eq!(status, Status::BadRequest, "{path}: {body}");
        assert!(body["message"].as_str().expect("a message").contains(words), "{path}: {body}");
    }
}

#[test]
fn an_answer_is_kept_until_the_data_changes() {
    let store = rows();
    let served = serve(store.clone());
    let path = "/api/tags?q=sure";
    let (cache, tag, body) = kept(&served, path);
    assert_eq!(cache, "miss");
    // The same question in other words.
    for path in [path, "/api/tags?search=sure", "/api/tags?q=sure&limit=50&offset=0", "/api/tags?limit=&q=%20sure%20"] {
        let (cache, _, again) = kept(&served, path);
        assert_eq!((cache.as_str(), &again), ("hit", &body), "{path}");
    }
    assert_eq!(kept(&served, "/api/tags?q=sure&limit=49").0, "miss");
    let tags = find("tags").expect("an entity");
    let named = |id: &str, name: &str| Record {
        id: id.to_owned(),
        cells: vec![Cell::Text(name.to_owned()), Cell::Null],
        rest: None,
        raw: None,
    };
    store.write(|db| db.upsert(tags, &[named("x3", "quite sure")], noon())).expect("a row");
    let (cache, other, new) = kept(&served, path);
    assert_eq!((cache.as_str(), new.as_array().map(Vec::len)), ("miss", Some(2)));
    assert_ne!(tag, other);
    // What changed elsewhere asks the question again, and its answer is the same.
    store.write(|db| db.upsert(tags, &[named("x4", "unrelated")], noon())).expect("a row");
    let (cache, same, _) = kept(&served, path);
    assert_eq!((cache.as_str(), &same), ("miss", &other));
}

#[test]
fn a_reader_who_has_the_answer_is_told_so() {
    let served = serve(rows());
    for path in ["/api/tags", "/api/tags/x1", "/api/overview?range=2026-03-01,2026-03-02", "/api/openapi.json"] {
        let answer = served.client.get(path).dispatch();
        let tag = answer.headers().get_one("ETag").expect(path).to_owned();
        assert!(tag.len() <= 64, "{tag}");
        assert_eq!(answer.headers().get_one("Cache-Control"), Some("private, no-cache"), "{path}");
        let again = served.client.get(path).header(Header::new("If-None-Match", tag.clone())).dispatch();
        assert_eq!(
            (again.status(), again.headers().get_one("ETag")),
            (Status::NotModified, Some(tag.as_str())),
            "{path}"
        );
        assert_eq!(again.into_bytes().unwrap_or_default().len(), 0, "{path}");
        let other = served.client.get(path).header(Header::new("If-None-Match", "W/\"0\"")).dispatch();
        assert_eq!(other.status(), Status::Ok, "{path}");
    }
}

/// Answers that are worked out ahead: three pages and six endpoints.
const USUAL: u64 = 9;

#[test]
fn after_a_sync_the_usual_answers_are_there_before_they_are_asked_for() {
    let mirror = Mirror::copied();
    let served = serve_with(mirror.store.clone(), mirror.handle.clone());
    let cache = served.client.rocket().state::<Desk>().expect("a desk").cache.clone();
    let warmed = |more_than: u64| {
        for _ in 0..600 {
            if cache.stats().misses >= more_than {
                return cache.stats().misses;
            }
            crate::support::pause(std::time::Duration::from_millis(50));
        }
        panic!("nothing was worked out: {:?}", cache.stats());
    };
    let first = warmed(USUAL);
    assert_eq!(
        (kept(&served, "/api/overview").0, kept(&served, "/api/campaigns").0),
        ("hit".to_owned(), "hit".to_owned())
    );
    assert_eq!(served.client.get("/").dispatch().status(), Status::Ok);
    assert_eq!(cache.stats().misses, first, "the page was there, too");
    mirror.pass_time(TimeDelta::hours(3));
    mirror.sync();
    warmed(first + USUAL);
    // What takes long may have come to its end later, and then all of it is worked out once more.
    let mut seen = 0;
    while cache.stats().misses != seen {
        seen = cache.stats().misses;
        crate::support::pause(std::time::Duration::from_secs(3));
    }
    assert_eq!(kept(&served, "/api/overview").0, "hit");
}

#[rocket::async_test]
async fn a_hundred_who_ask_the_same_share_one_answer() {
    let store = rows();
    let handle = keyless(&store);
    let (server, _data_dir) = server(store, handle, config::Api::default());
    let client = asynchronous::Client::untracked(server).await.expect("a client");
    let answers = join_all((0..100).map(|_| client.get("/api/overview?range=2026-03-01,2026-03-31").dispatch())).await;
    let misses = answers.iter().filter(|it| it.headers().get_one("X-Cache") == Some("miss")).count();
    assert_eq!((misses, answers.iter().filter(|it| it.status() == Status::Ok).count()), (1, 100));
}

#[test]
fn totals_are_sums_and_shares_of_sums() {
    let mirror = Mirror::copied();
    let served = serve_with(mirror.store.clone(), mirror.handle.clone());
    let range = "range=2026-09-01,2026-11-21";
    let number = |it: &Value| it.as_f64().expect("a number");
    for (entity, count, recipients) in [("campaigns", "totalCampaigns", "sent"), ("flows", "totalFlows", "recipients")]
    {
        let (_, rows) = get(&served, &format!("/api/{entity}?{range}&limit=1000"));
        let (_, totals) = get(&served, &format!("/api/{entity}/metrics?{range}"));
        let rows = rows.as_array().expect("rows");
        let sum = |field: &str| rows.iter().map(|it| number(&it[field])).sum::<f64>();
        let is = |total: &str, want: f64| (number(&totals[total]) - want).abs() < 0.5;
        assert!(is(count, rows.len() as f64), "{entity}");
        assert!(is("totalRecipients", sum(recipients)) && is("totalConversions", sum("conversions")), "{entity}");
        assert!((number(&totals["totalRevenue"]) - sum("revenue")).abs() < 0.005, "{entity}");
        let told = rows.iter().filter(|it| it["clickRate"].is_number()).map(|it| number(&it["delivered"])).sum::<f64>();
        let clicks = number(&totals["totalClicks"]);
        assert!((number(&totals["avgClickRate"]) - clicks / told).abs() < 1e-9, "{entity}: no event tells of push");
        let opens: f64 = number(&totals["totalOpens"]) / number(&totals["avgOpenRate"]);
        assert!(opens <= sum("delivered") + 0.5, "{entity}: an open rate is of deliveries whose opens are told");
        // One thing says of itself what the listing says of it.
        let row = &rows[0];
        let (_, one) = get(&served, &format!("/api/{entity}/{}?{range}", row["id"].as_str().expect("an id")));
        for (field, value) in row.as_object().expect("a row") {
            assert_eq!(&one[field], value, "{entity}.{field}");
        }
        assert!(one["metadata"].is_object() && one["syncedAt"].is_string(), "{entity}: {one}");
    }
    let (_, forms) = get(&served, &format!("/api/forms?{range}&limit=1000"));
    let (_, totals) = get(&served, &format!("/api/forms/metrics?{range}"));
    let sum = |field: &str| forms.as_array().expect("rows").iter().map(|it| number(&it[field])).sum::<f64>();
    assert_eq!(
        (number(&totals["totalViews"]), number(&totals["totalSubmissions"])),
        (sum("views"), sum("submissions"))
    );
    assert!((number(&totals["avgSubmissionRate"]) - sum("submissions") / sum("views")).abs() < 1e-12);
    let (_, segments) = get(&served, "/api/segments?limit=1000");
    let (_, totals) = get(&served, "/api/segments/metrics");
    let segments = segments.as_array().expect("rows");
    assert_eq!(totals["totalSegments"], json!(segments.len()));
    assert_eq!(totals["totalMembers"], json!(segments.iter().filter_map(|it| it["count"].as_i64()).sum::<i64>()));
    let active = segments.iter().filter(|it| it["isActive"] == true).count();
    assert_eq!((&totals["activeSegments"], &totals["totalRevenue"]), (&json!(active), &json!(null)));
}

#[test]
fn a_sync_that_failed_is_told_though_it_changed_nothing() {
    let mirror = Mirror::copied();
    let served = serve_with(mirror.store.clone(), mirror.handle.clone());
    let before = served.client.get("/campaigns").dispatch();
    let tag = before.headers().get_one("ETag").expect("a tag").to_owned();
    assert!(!before.into_string().expect("a page").contains("Campaigns: "));
    mirror.fake.set_mood(Mood::At("/api/campaigns", Box::new(Mood::FailsEvery(1, 500))));
    mirror.run(only(&["campaigns"]));
    let after = served.client.get("/campaigns").header(Header::new("If-None-Match", tag)).dispatch();
    assert_eq!(after.status(), Status::Ok, "the page of before is not that of now");
    assert!(after.into_string().expect("a page").contains("Campaigns: "));
}
