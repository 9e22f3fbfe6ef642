//! The fake over real HTTP: what it refuses, how it pages, and that what it serves is what the shop has.

use super::*;
use crate::demo::{Kind, LateEvent};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::time::Instant;
use ureq::Agent;
use ureq::http::HeaderMap;

fn now() -> DateTime<Utc> {
    "2026-11-21T15:00:00Z".parse().expect("a time")
}

fn small() -> Plan {
    let shop = ShopPlan { events: 8_000, profiles: 650, ..ShopPlan::until(now()) };
    Plan { shop, clock: Clock::at(now()), ..Plan::default() }
}

fn start() -> Fake {
    Fake::start(small()).expect("a fake")
}

type Query<'a> = &'a [(&'a str, &'a str)];

struct Reply {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a JSON document")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|it| it.to_str().expect("a plain header"))
    }

    fn detail(&self) -> String {
        self.json()["errors"][0]["detail"].as_str().unwrap_or_default().to_owned()
    }
}

fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(20))).build().into()
}

/// Asks with the given headers.
fn ask(url: &str, query: &[(&str, &str)], headers: &[(&str, &str)]) -> Result<Reply, ureq::Error> {
    let mut request = agent().get(url);
    for (name, value) in query {
        request = request.query(name, value);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.call()?;
    let body = response.body_mut().with_config().limit(1 << 30).read_to_string()?;
    Ok(Reply { status: response.status().as_u16(), headers: response.headers().clone(), body })
}

fn try_get(fake: &Fake, url: &str, query: &[(&str, &str)]) -> Result<Reply, ureq::Error> {
    let authorization = format!("Klaviyo-API-Key {}", fake.key());
    ask(url, query, &[("Authorization", &authorization), ("revision", "2026-07-15")])
}

fn get(fake: &Fake, path: &str, query: &[(&str, &str)]) -> Reply {
    try_get(fake, &format!("{}{path}", fake.url()), query).expect("an answer")
}

/// Every record of a listing, page by page.
fn all(fake: &Fake, path: &str, query: &[(&str, &str)]) -> Vec<Value> {
    let mut records = Vec::new();
    let mut reply = get(fake, path, query);
    loop {
        assert_eq!(reply.status, 200, "{path} {query:?}: {}", reply.body);
        let mut document = reply.json();
        records.append(document["data"].as_array_mut().expect("a list of records"));
        let Some(next) = document["links"]["next"].as_str() else { return records };
        reply = try_get(fake, next, &[]).expect("an answer");
    }
}

fn ids(records: &[Value]) -> Vec<&str> {
    records.iter().map(|it| it["id"].as_str().expect("an id")).collect()
}

#[test]
fn refuses_what_klaviyo_refuses() {
    let fake = start();
    let email = "equals(messages.channel,'email')";
    let (later, past) = ("less-than(datetime,2026-11-21T15:00:01Z)", "2026-11-01T00:00:00Z");
    let empty = format!("greater-than(datetime,{past}),less-than(datetime,{past})");
    let half = format!("greater-or-equal(datetime,{past}),less-than(datetime,2026-11-01T00:00:00.5Z)");
    let and_bad = format!("{email},equals(archived,'yes')");
    let cases: &[(&str, Query, u16, &str)] = &[
        ("/api/nothing", &[], 404, ""),
        ("/api/events/none", &[], 404, ""),
        ("/api/flows/none/flow-actions", &[], 404, ""),
        ("/api/events", &[("page[size]", "1001")], 400, "between 1 and 1000"),
        ("/api/events", &[("page[size]", "0")], 400, "between"),
        ("/api/events", &[("page[size]", "many")], 400, "between"),
        ("/api/profiles", &[("page[size]", "101")], 400, "between 1 and 100"),
        ("/api/lists", &[("page[size]", "11")], 400, "between 1 and 10"),
        ("/api/segments", &[("page[size]", "11")], 400, "between 1 and 10"),
        ("/api/flows", &[("page[size]", "51")], 400, "between 1 and 50"),
        ("/api/metrics", &[("page[size]", "10")], 400, "page[size]"),
        ("/api/accounts", &[("page[size]", "1")], 400, "page[size]"),
        ("/api/events", &[("limit", "10")], 400, "limit"),
        ("/api/accounts", &[("filter", "equals(id,'x')")], 400, "filter"),
        ("/api/events", &[("filter", "equals(nothing,'x')")], 400, "nothing"),
        ("/api/events", &[("filter", "contains(metric_id,'x')")], 400, "contains"),
        ("/api/events", &[("filter", "equals(metric_id,'x'")], 400, "well-formed"),
        ("/api/events", &[("filter", "greater-than(datetime,'2026-11-01T00:00:00Z')")], 400, "datetime"),
        ("/api/events", &[("filter", "greater-than(datetime,2026-11-01 00:00:00Z)")], 400, "well-formed"),
        ("/api/events", &[("filter", later)], 400, "future"),
        ("/api/events", &[("filter", "less-than(timestamp,1999999999)")], 400, "future"),
        ("/api/events", &[("filter", &empty)], 400, "is empty or invalid"),
        ("/api/events", &[("filter", &half)], 400, "is empty or invalid"),
        ("/api/events", &[("sort", "value")], 400, "value"),
        ("/api/events", &[("include", "profile,order")], 400, "order"),
        ("/api/events", &[("fields[event]", "datetime,value")], 400, "value"),
        ("/api/events", &[("fields[campaign]", "name")], 400, "campaign"),
        ("/api/events", &[("additional-fields[event]", "datetime")], 400, "event"),
        ("/api/events", &[("page[cursor]", "nonsense")], 400, "Invalid cursor provided."),
        ("/api/events", &[("filter", "equals(metric_id,'XXXXXX')")], 400, "Metric IDs ['XXXXXX'] do not exist."),
        ("/api/campaigns", &[], 400, "messages.channel"),
        ("/api/campaigns", &[("filter", "equals(messages.channel,'whatsapp')")], 400, "messages.channel"),
        ("/api/campaigns", &[("filter", &and_bad)], 400, "archived"),
        ("/api/profiles", &[("filter", "greater-or-equal(updated,2026-01-01T00:00:00Z)")], 400, "updated"),
        ("/api/lists", &[("filter", "greater-or-equal(updated,2026-01-01T00:00:00Z)")], 400, "updated"),
        ("/api/segments", &[("filter", "less-than(updated,2026-01-01T00:00:00Z)")], 400, "updated"),
        ("/api/lists", &[("additional-fields[list]", "profile_count")], 400, "list"),
        ("/api/profiles", &[("sort", "first_name")], 400, "first_name"),
    ];
    for (path, query, status, words) in cases {
        let reply = get(&fake, path, query);
        assert_eq!(reply.status, *status, "{path} {query:?}: {}", reply.body);
        assert!(reply.detail().contains(words), "{path} {query:?}: {}", reply.detail());
        assert!(reply.json()["errors"][0]["id"].is_string());
    }
    assert_eq!(fake.requests().len(), cases.len());
}

#[test]
fn takes_what_klaviyo_takes() {
    let fake = start();
    let cases: &[(&str, Query)] = &[
        (
            "/api/events",
            &[(
                "filter",
                "greater-or-equal(datetime,2026-11-01T00:00:00+01:00),less-than(datetime,2026-11-21T15:00:00Z)",
            )],
        ),
        ("/api/events", &[("filter", "and(has(profile),has(metric))"), ("sort", "-timestamp")]),
        ("/api/profiles", &[("filter", "greater-than(updated,2026-01-01T00:00:00Z)"), ("sort", "updated")]),
        ("/api/profiles", &[("fields[profile]", "location.city,email"), ("sort", "-email")]),
        ("/api/campaigns", &[("filter", "equals(messages.channel,\"sms\"),any(status,[\"Sent\",'Draft'])")]),
        ("/api/flows", &[("filter", "contains(name,'welcome')"), ("include", "flow-actions,tags")]),
        ("/api/tags", &[("include", "tag-group")]),
        ("/api/mapped-metrics", &[("include", "metric")]),
        ("/api/forms", &[("sort", "-updated_at")]),
    ];
    for (path, query) in cases {
        let reply = get(&fake, path, query);
        assert_eq!(reply.status, 200, "{path} {query:?}: {}", reply.body);
    }
}

#[test]
fn a_stranger_is_not_let_in() {
    let fake = start();
    let url = format!("{}/api/accounts", fake.url());
    let right = format!("Klaviyo-API-Key {}", fake.key());
    let bearer = format!("Bearer {}", fake.key());
    let revision = ("revision", "2026-07-15");
    let cases: &[(&[(&str, &str)], u16)] = &[
        (&[revision], 401),
        (&[revision, ("Authorization", "Klaviyo-API-Key pk_wrong")], 401),
        (&[revision, ("Authorization", &bearer)], 401),
        (&[("Authorization", &right)], 400),
        (&[("Authorization", &right), ("revision", "2019-01-01")], 400),
        (&[("Authorization", &right), revision], 200),
    ];
    for (headers, status) in cases {
        assert_eq!(ask(&url, &[], headers).expect("an answer").status, *status, "{headers:?}");
    }
}

#[test]
fn only_reading_is_served() {
    let fake = start();
    let reply = agent().post(format!("{}/api/events", fake.url())).send("{}").expect("an answer");
    assert_eq!(reply.status().as_u16(), 405);
}

#[test]
fn a_missing_scope_closes_its_endpoints_alone() {
    let scopes = Some(vec!["accounts:read".to_owned()]);
    let fake = Fake::start(Plan { scopes, ..small() }).expect("a fake");
    assert_eq!(get(&fake, "/api/accounts", &[]).status, 200);
    let reply = get(&fake, "/api/events", &[]);
    assert_eq!((reply.status, reply.json()["errors"][0]["code"].as_str()), (403, Some("permission_denied")));
}

/// How each listing is read to its end, and what truth calls it.
const LISTINGS: &[(&str, &str, &[&str])] = &[
    ("accounts", "/api/accounts", &[""]),
    ("metrics", "/api/metrics", &[""]),
    ("mapped_metrics", "/api/mapped-metrics", &[""]),
    ("profiles", "/api/profiles", &[""]),
    ("flows", "/api/flows", &["equals(archived,false)", "equals(archived,true)"]),
    ("forms", "/api/forms", &[""]),
    ("segments", "/api/segments", &[""]),
    ("lists", "/api/lists", &[""]),
    ("tags", "/api/tags", &[""]),
    ("templates", "/api/templates", &[""]),
    ("catalog_items", "/api/catalog-items", &[""]),
    (
        "campaigns",
        "/api/campaigns",
        &[
            "equals(messages.channel,'email'),equals(archived,false)",
            "equals(messages.channel,'sms'),equals(archived,false)",
            "equals(messages.channel,'mobile_push'),equals(archived,false)",
            "equals(messages.channel,'email'),equals(archived,true)",
            "equals(messages.channel,'sms'),equals(archived,true)",
            "equals(messages.channel,'mobile_push'),equals(archived,true)",
        ],
    ),
];

#[test]
fn every_record_is_listed_once() {
    let fake = start();
    let truth = fake.truth();
    for (entity, path, partitions) in LISTINGS {
        let mut records = Vec::new();
        for filter in *partitions {
            let query = [("filter", *filter)];
            records.extend(all(&fake, path, if filter.is_empty() { &[] } else { &query }));
        }
        let unique: HashSet<&str> = ids(&records).into_iter().collect();
        assert_eq!(unique.len(), records.len(), "{entity}");
        assert_eq!(unique.len() as u64, truth.records[entity], "{entity}");
    }
}

#[test]
fn small_pages_hold_the_same_records_as_large_ones() {
    let fake = start();
    for (path, sort) in [
        ("/api/profiles", "updated"),
        ("/api/profiles", "-email"),
        ("/api/forms", "created_at"),
        ("/api/flows", "-name"),
        ("/api/events", "-datetime"),
        ("/api/events", "timestamp"),
    ] {
        let window = "greater-than(datetime,2026-11-18T00:00:00Z)";
        let filter: &[(&str, &str)] = if path == "/api/events" { &[("filter", window)] } else { &[] };
        let size = if path == "/api/profiles" { "37" } else { "7" };
        let few = [&[("sort", sort), ("page[size]", size)], filter].concat();
        let many = [&[("sort", sort)], filter].concat();
        let (few, many) = (all(&fake, path, &few), all(&fake, path, &many));
        assert!(many.len() > 3, "{path}");
        assert_eq!(ids(&few), ids(&many), "{path} by {sort}");
    }
}

#[test]
fn pages_lead_back_as_they_led_on() {
    let fake = start();
    let members = fake.edit(|shop| format!("/api/lists/{}/profiles", shop.list_id(0)));
    for (path, query) in [
        ("/api/events", [("sort", "-datetime"), ("page[size]", "3")]),
        ("/api/events", [("sort", "datetime"), ("page[size]", "3")]),
        ("/api/profiles", [("sort", "-updated"), ("page[size]", "7")]),
        ("/api/profiles", [("sort", "email"), ("page[size]", "7")]),
        (members.as_str(), [("sort", "-joined_group_at"), ("page[size]", "7")]),
        (members.as_str(), [("sort", "joined_group_at"), ("page[size]", "7")]),
        ("/api/templates", [("sort", "name"), ("page[size]", "2")]),
    ] {
        let link = |document: &Value, name: &str| document["links"][name].as_str().map(str::to_owned);
        let follow = |url: &str| try_get(&fake, url, &[]).expect("an answer").json();
        let mut forth = vec![get(&fake, path, &query).json()];
        while let Some(next) = forth.last().and_then(|it| link(it, "next")).filter(|_| forth.len() < 4) {
            forth.push(follow(&next));
        }
        assert!(forth.len() > 2 && link(&forth[0], "prev").is_none(), "{path}");
        let mut here = forth.pop().expect("a page");
        while let Some(before) = forth.pop() {
            let back = follow(&link(&here, "prev").expect("a page before"));
            assert_eq!(back["data"], before["data"], "{path} {query:?}");
            // And from there on again, to where it came from.
            assert_eq!(follow(&link(&back, "next").expect("a next page"))["data"], here["data"], "{path} {query:?}");
            here = back;
        }
        assert_eq!(link(&here, "prev"), None, "{path} {query:?}");
    }
}

#[test]
fn a_campaign_may_try_two_messages() {
    let fake = Fake::start(Plan { shop: ShopPlan::until(now()), ..small() }).expect("a fake");
    let query =
        [("filter", "equals(messages.channel,'email'),equals(archived,false)"), ("include", "campaign-messages")];
    let campaigns = all(&fake, "/api/campaigns", &query);
    let messages = |it: &Value| it["relationships"]["campaign-messages"]["data"].as_array().cloned().expect("messages");
    let tests: Vec<&Value> = campaigns
        .iter()
        .filter(|it| messages(it).len() == 2 && it["id"].as_str().is_some_and(|it| it.len() > 6))
        .collect();
    let campaign = tests.last().expect("an A/B test");
    let sent =
        all(&fake, &format!("/api/campaigns/{}/campaign-messages", campaign["id"].as_str().expect("an id")), &[]);
    let subject = |it: &Value| it["attributes"]["definition"]["content"]["subject"].as_str().map(str::to_owned);
    assert_ne!(subject(&sent[0]), subject(&sent[1]));
    // Each half of the recipients got one of them, and its events say which.
    let mut got: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    let received = fake.edit(|shop| format!("equals(metric_id,'{}')", shop.metric_id(Kind::ReceivedEmail)));
    for event in all(&fake, "/api/events", &[("page[size]", "1000"), ("filter", &received)]) {
        let property = |name: &str| event["attributes"]["event_properties"][name].as_str().map(str::to_owned);
        if let (Some(message), Some(variation)) = (property("$message"), property("$variation")) {
            got.entry(message).or_default().insert(variation);
        }
    }
    let of = |it: &Value| got[it["id"].as_str().expect("an id")].clone();
    let (a, b) = (of(&messages(campaign)[0]), of(&messages(campaign)[1]));
    assert!(a.len() == 1 && b.len() == 1 && a != b, "{a:?} {b:?}");
}

#[test]
fn parents_lead_to_their_children() {
    let fake = start();
    let truth = fake.truth();
    let both = ["equals(archived,false)", "equals(archived,true)"];
    let flows: Vec<Value> = both.iter().flat_map(|filter| all(&fake, "/api/flows", &[("filter", filter)])).collect();
    let actions: Vec<Value> =
        ids(&flows).iter().flat_map(|id| all(&fake, &format!("/api/flows/{id}/flow-actions"), &[])).collect();
    let messages =
        ids(&actions).iter().flat_map(|id| all(&fake, &format!("/api/flow-actions/{id}/flow-messages"), &[])).count();
    assert_eq!(actions.len() as u64, truth.records["flow_actions"]);
    assert_eq!(messages as u64, truth.records["flow_messages"]);
    let forms = all(&fake, "/api/forms", &[]);
    let versions = ids(&forms).iter().flat_map(|id| all(&fake, &format!("/api/forms/{id}/form-versions"), &[])).count();
    assert_eq!(versions as u64, truth.records["form_versions"]);
}

#[test]
fn what_is_included_is_what_is_pointed_at() {
    let fake = start();
    let query = [("filter", "equals(messages.channel,'email')"), ("include", "campaign-messages,tags")];
    let document = get(&fake, "/api/campaigns", &query).json();
    let included = document["included"].as_array().expect("included records");
    let known: HashSet<(&str, &str)> =
        included.iter().map(|it| (it["type"].as_str().expect("a type"), it["id"].as_str().expect("an id"))).collect();
    assert_eq!(known.len(), included.len());
    for campaign in document["data"].as_array().expect("records") {
        for relation in ["campaign-messages", "tags"] {
            for it in campaign["relationships"][relation]["data"].as_array().expect("identities") {
                assert!(known.contains(&(it["type"].as_str().expect("a type"), it["id"].as_str().expect("an id"))));
            }
        }
    }
}

#[test]
fn sparse_fieldsets_are_honoured() {
    let fake = start();
    let query = [
        ("fields[event]", "datetime"),
        ("fields[metric]", "id"),
        ("include", "metric"),
        ("filter", "and(has(profile),has(metric))"),
    ];
    let document = get(&fake, "/api/events", &query).json();
    let event = &document["data"][0];
    assert_eq!(event["attributes"].as_object().expect("attributes").keys().collect::<Vec<_>>(), ["datetime"]);
    assert!(event["relationships"]["metric"]["data"]["id"].is_string());
    assert!(document["included"][0]["attributes"].as_object().expect("attributes").is_empty());
    let profiles = get(&fake, "/api/profiles", &[]).json();
    assert!(profiles["data"][0]["attributes"]["subscriptions"].is_null());
    let profiles = get(&fake, "/api/profiles", &[("additional-fields[profile]", "subscriptions")]).json();
    assert!(profiles["data"][0]["attributes"]["subscriptions"]["email"]["marketing"]["consent"].is_string());
    let list = all(&fake, "/api/lists", &[])[0]["id"].as_str().expect("an id").to_owned();
    let list = get(&fake, &format!("/api/lists/{list}"), &[("additional-fields[list]", "profile_count")]).json();
    assert!(list["data"]["attributes"]["profile_count"].is_u64());
}

#[test]
fn pages_of_events_add_up_to_the_truth() {
    let fake = start();
    let truth = fake.truth();
    let query =
        [("fields[event]", "timestamp"), ("include", "metric"), ("fields[metric]", "id"), ("page[size]", "1000")];
    let events = all(&fake, "/api/events", &query);
    let mut counted: BTreeMap<(String, chrono::NaiveDate), u64> = BTreeMap::new();
    for event in &events {
        let metric = event["relationships"]["metric"]["data"]["id"].as_str().unwrap_or_default().to_owned();
        *counted.entry((metric, local_day(event))).or_default() += 1;
    }
    assert_eq!(counted, truth.events);
    assert_eq!(events.len() as u64, truth.records["events"]);
    let unique: HashSet<&str> = ids(&events).into_iter().collect();
    assert_eq!(unique.len(), events.len());
}

fn local_day(event: &Value) -> chrono::NaiveDate {
    let seconds = event["attributes"]["timestamp"].as_i64().expect("a Unix time");
    let time = DateTime::from_timestamp(seconds, 0).expect("a time");
    time.with_timezone(&chrono_tz::America::New_York).date_naive()
}

#[test]
fn orders_add_up_to_the_cent() {
    let fake = start();
    let truth = fake.truth();
    let revenue = all(&fake, "/api/mapped-metrics", &[])
        .into_iter()
        .find(|it| it["id"] == "revenue")
        .and_then(|it| it["relationships"]["metric"]["data"]["id"].as_str().map(str::to_owned))
        .expect("the metric of revenue");
    let filter = format!("equals(metric_id,'{revenue}')");
    let query = [("filter", filter.as_str()), ("include", "attributions"), ("page[size]", "1000")];
    let (mut by_day, mut attributed, mut texts) = (BTreeMap::new(), 0, 0);
    for event in all(&fake, "/api/events", &query) {
        let properties = &event["attributes"]["event_properties"];
        if properties["$value_currency"].as_str().unwrap_or("USD") != "USD" {
            continue;
        }
        texts += u64::from(properties["$value"].is_string());
        let cents = cents(&properties["$value"]);
        *by_day.entry(local_day(&event)).or_insert(0) += cents;
        let is_attributed = event["relationships"]["attributions"]["data"].as_array().is_some_and(|it| !it.is_empty());
        attributed += if is_attributed { cents } else { 0 };
    }
    assert_eq!(by_day, truth.revenue_cents);
    assert_eq!(attributed, truth.attributed_cents);
    assert!(texts > 0);
}

fn cents(value: &Value) -> i64 {
    let text = value.as_str().map_or_else(|| format!("{:.2}", value.as_f64().expect("a number")), str::to_owned);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().expect("digits")
}

#[test]
fn odd_events_come_as_they_are() {
    let fake = start();
    let query = [("page[size]", "1000"), ("filter", "has(profile)")];
    let mut reply = get(&fake, "/api/events", &query);
    let mut text = String::new();
    loop {
        text.push_str(&reply.body);
        let next = reply.body.rsplit_once("\"next\":\"").and_then(|it| it.1.split_once('"')).map(|it| it.0.to_owned());
        let Some(next) = next else { break };
        reply = try_get(&fake, &next, &[]).expect("an answer");
    }
    assert!(text.contains("broken \\ud83d emoji"));
    assert!(text.contains("123456789012345678901234567890"));
    assert!(text.contains(".482913+00:00"));
    assert!(text.contains(&"{\"child\":".repeat(200)));
    assert!(text.contains("\"$value\":\"$1,"));
    assert!(text.contains("\"metric\":{\"links\""));
}

#[test]
fn cursors_belong_to_their_question() {
    let fake = start();
    let first = get(&fake, "/api/profiles", &[("sort", "updated")]).json();
    let next = first["links"]["next"].as_str().expect("a next page");
    let cursor = next.split_once("cursor%5D=").expect("a cursor").1;
    let other = get(&fake, "/api/profiles", &[("sort", "-updated"), ("page[cursor]", cursor)]);
    assert_eq!((other.status, other.detail().as_str()), (400, "Invalid cursor provided."));
    let same = get(&fake, "/api/profiles", &[("sort", "updated"), ("page[cursor]", cursor), ("page[size]", "100")]);
    assert_eq!(same.status, 200);
}

#[test]
fn archived_campaigns_come_when_asked_for_and_unsorted() {
    let fake = Fake::start(Plan { shop: ShopPlan::until(now()), ..small() }).expect("a fake");
    let updated = |archived: &str| -> Vec<String> {
        let filter = format!("equals(messages.channel,'email'){archived}");
        all(&fake, "/api/campaigns", &[("filter", &filter), ("sort", "updated_at")])
            .iter()
            .map(|it| it["attributes"]["updated_at"].as_str().expect("a time").to_owned())
            .collect()
    };
    assert!(updated("").is_sorted());
    let archived = updated(",equals(archived,true)");
    assert!(archived.len() > 5 && !archived.is_sorted());
}

#[test]
fn limits_are_klaviyos() {
    let fake = Fake::start(Plan { limits: Limits::Klaviyo { share: 1.0 }, ..small() }).expect("a fake");
    let replies: Vec<Reply> = (0..4).map(|_| get(&fake, "/api/accounts", &[])).collect();
    assert_eq!(replies[0].header("RateLimit-Limit"), Some("1, 1;w=1, 15;w=60"));
    let refused = replies.iter().find(|it| it.status == 429).expect("more than one a second is too many");
    assert!(refused.header("Retry-After").is_some_and(|it| it.parse::<u64>().is_ok()));
    let error = &refused.json()["errors"][0];
    assert_eq!(error["detail"], "Request was throttled. Expected available in 1 second.");
    assert_eq!((error["code"].as_str(), error["status"].as_u64()), (Some("throttled"), Some(429)));
}

#[test]
fn moods_show() {
    let fake = start();
    let status = |mood, count| -> Vec<u16> {
        fake.set_mood(mood);
        (0..count).map(|_| get(&fake, "/api/metrics", &[]).status).collect()
    };
    assert_eq!(status(Mood::BusyEvery(2), 4), [200, 429, 200, 429]);
    assert_eq!(status(Mood::FailsEvery(2, 503), 2), [200, 503]);
    assert_eq!(status(Mood::RefusesTheKey, 1), [401]);
    assert_eq!(status(Mood::LacksScope("metrics:read"), 1), [403]);
    assert_eq!(status(Mood::LacksScope("events:read"), 1), [200]);
    assert_eq!(status(Mood::At("/api/events", Box::new(Mood::RefusesTheKey)), 1), [200]);
    assert_eq!(status(Mood::Well, 1), [200]);
    fake.set_mood(Mood::BusyEvery(1));
    assert_eq!(get(&fake, "/api/metrics", &[]).header("Retry-After"), Some("1"));
    fake.set_mood(Mood::BusyWithoutWord(1));
    assert_eq!(get(&fake, "/api/metrics", &[]).header("Retry-After"), None);
    fake.set_mood(Mood::DailyQuota);
    assert_eq!(get(&fake, "/api/metrics", &[]).header("Retry-After"), Some("73473"));
    fake.set_mood(Mood::HtmlForbidden(1));
    let page = get(&fake, "/api/metrics", &[]);
    assert!(
        page.status == 403
            && page.body.contains("Cloudflare")
            && page.header("Content-Type").is_some_and(|it| it.contains("html"))
    );
    fake.set_mood(Mood::OtherRevision);
    assert_eq!(get(&fake, "/api/metrics", &[]).header("X-Klaviyo-API-Revision"), Some("2025-01-15"));
    fake.set_mood(Mood::Truncates(1));
    assert!(try_get(&fake, &format!("{}/api/metrics", fake.url()), &[]).is_err());
    fake.set_mood(Mood::Hangs(1, Duration::from_millis(80)));
    let before = Instant::now();
    get(&fake, "/api/metrics", &[]);
    assert!(before.elapsed() >= Duration::from_millis(80));
}

#[test]
fn moods_of_paging_show() {
    let fake = start();
    let page = |query: &[(&str, &str)]| get(&fake, "/api/events", query);
    let query = [("page[size]", "5"), ("fields[event]", "datetime")];
    fake.set_mood(Mood::ForeignNext);
    assert!(
        page(&query).json()["links"]["next"]
            .as_str()
            .expect("a next page")
            .starts_with("http://klaviyo.invalid/api/events?")
    );
    fake.set_mood(Mood::DuplicatesAcrossPages);
    let first = page(&query).json();
    let second = try_get(&fake, first["links"]["next"].as_str().expect("a next page"), &[]).expect("an answer").json();
    assert_eq!(first["data"][4]["id"], second["data"][0]["id"]);
    fake.set_mood(Mood::ExpiresCursors(1));
    let late = try_get(&fake, second["links"]["next"].as_str().expect("a next page"), &[]).expect("an answer");
    assert_eq!((late.status, late.detail().as_str()), (400, "Invalid cursor provided."));
    assert_eq!(page(&query).status, 200);
}

#[test]
fn what_happens_later_is_seen_later() {
    let plan = small();
    let clock = plan.clock.clone();
    let fake = Fake::start(plan).expect("a fake");
    let before = fake.truth();
    clock.advance(TimeDelta::minutes(10));
    let after = fake.truth();
    assert!(after.records["events"] > before.records["events"] + 100);
    assert!(after.revenue() > before.revenue());
    let filter = "greater-than(datetime,2026-11-21T15:00:00Z),less-or-equal(datetime,2026-11-21T15:10:00Z)";
    let new = all(&fake, "/api/events", &[("filter", filter), ("fields[event]", "datetime")]);
    assert_eq!(new.len() as u64, after.records["events"] - before.records["events"]);
    let changed = all(&fake, "/api/profiles", &[("filter", "greater-than(updated,2026-11-21T15:00:00Z)")]);
    assert!(changed.len() > 20);
}

#[test]
fn edits_are_served() {
    let fake = start();
    let before = fake.truth();
    let at = now() - TimeDelta::days(100);
    let id = fake.edit(|shop| shop.add_event(LateEvent { kind: Kind::PlacedOrder, at, profile: 3 }));
    let event = get(&fake, &format!("/api/events/{id}"), &[("fields[event]", "timestamp")]).json();
    assert_eq!(event["data"]["attributes"]["timestamp"].as_i64(), Some(at.timestamp()));
    assert!(fake.truth().revenue() > before.revenue());
    let (order, touch) = fake.edit(Shop::attribute_late).expect("an order that nothing led to");
    let document = get(&fake, &format!("/api/events/{order}"), &[("include", "attributions")]).json();
    assert_eq!(
        document["included"][0]["relationships"]["attributed-event"]["data"]["id"].as_str(),
        Some(touch.as_str())
    );
    let later = now() - TimeDelta::hours(2);
    let moved =
        fake.edit(|shop| shop.latest(Kind::ViewedProduct).map(|it| shop.move_event(it, later))).expect("a view");
    let event = get(&fake, &format!("/api/events/{moved}"), &[("fields[event]", "timestamp")]).json();
    assert_eq!(event["data"]["attributes"]["timestamp"].as_i64(), Some(later.timestamp()));
    let revenue = fake.truth().revenue();
    let by = fake.edit(|shop| {
        let mut orders = (0..9).filter_map(|it| shop.place_of(Kind::PlacedOrder, it));
        let place = orders.find(|it| shop.order_cents(*it).is_some()).expect("an order of our currency");
        let cents = shop.order_cents(place).expect("an amount");
        shop.correct_value(place, cents + 1_234).expect("an order");
        1_234
    });
    assert_eq!(fake.truth().revenue(), revenue + by);
    let gone = fake.edit(|shop| shop.delete_profile(5));
    assert_eq!(get(&fake, &format!("/api/profiles/{gone}"), &[]).status, 404);
    let gone = fake.edit(|shop| shop.latest(Kind::ClickedEmail).map(|it| shop.delete_event(it))).expect("a click");
    assert_eq!(get(&fake, &format!("/api/events/{gone}"), &[]).status, 404);
    let gone = fake.edit(|shop| shop.delete_list(0));
    assert_eq!(get(&fake, &format!("/api/lists/{gone}"), &[]).status, 404);
    let gone = fake.edit(|shop| shop.delete_campaign(0));
    assert_eq!(get(&fake, &format!("/api/campaigns/{gone}"), &[]).status, 404);
    fake.edit(|shop| shop.merge_profiles(7, 8, now()));
    fake.edit(|shop| shop.rename_metric(Kind::ReceivedText, "Received SMS"));
    fake.edit(|shop| shop.rename_campaign(1, "Another name", now()));
    assert!(get(&fake, "/api/metrics", &[]).body.contains("Received SMS"));
    assert_eq!(all(&fake, "/api/profiles", &[]).len() as u64, before.records["profiles"] - 2);
}

#[test]
fn whoever_started_it_may_ask_and_stir_it() {
    let fake = start();
    let before = fake.truth();
    assert_eq!(ask(&format!("{}/bustle?40", fake.url()), &[], &[]).expect("an answer").status, 200);
    assert_eq!(ask(&format!("{}/bustle?many", fake.url()), &[], &[]).expect("an answer").status, 400);
    let after = fake.truth();
    assert_eq!(after.records["events"], before.records["events"] + 40);
    assert!(after.revenue() > before.revenue());
    // On one connection: on another the second could come before the fake is done with the first.
    let (agent, authorization) = (agent(), format!("Klaviyo-API-Key {}", fake.key()));
    for path in ["/api/metrics", "/api/nothing"] {
        let asked = agent.get(format!("{}{path}", fake.url())).header("revision", "2026-07-15");
        let mut reply = asked.header("Authorization", &authorization).call().expect("an answer");
        reply.body_mut().read_to_string().expect("a body");
    }
    let told = ask(&format!("{}/traffic", fake.url()), &[], &[]).expect("an answer").json();
    assert_eq!((told["requests"].as_u64(), told["in_flight_max"].as_u64()), (Some(2), Some(1)));
    assert_eq!((told["statuses"]["200"].as_u64(), told["statuses"]["404"].as_u64()), (Some(1), Some(1)));
    assert_eq!(fake.traffic().requests, 2);
}

#[test]
fn compresses_for_those_who_take_it() {
    let fake = Fake::start(Plan { gzip: true, ..small() }).expect("a fake");
    let plain = start();
    let query = [("fields[event]", "datetime"), ("page[size]", "50")];
    let strip = |fake: &Fake, text: &str| text.replace(&fake.url(), "");
    assert_eq!(
        strip(&fake, &get(&fake, "/api/events", &query).body),
        strip(&plain, &get(&plain, "/api/events", &query).body)
    );
}

#[test]
fn a_port_that_is_taken_is_an_error_and_a_dropped_fake_is_gone() {
    let fake = start();
    let url = fake.url();
    let port = url.rsplit(':').next().and_then(|it| it.parse().ok()).expect("a port");
    assert!(matches!(Fake::start(Plan { port, ..small() }), Err(Error::Port { .. })));
    drop(fake);
    assert!(ask(&format!("{url}/api/accounts"), &[], &[]).is_err());
}
