//! How the server tells of itself: whether it is well, what it was asked, what failed, and figures for Prometheus.

use std::collections::{BTreeMap, BTreeSet};

use klytics::demo::Mood;
use klytics::store::Store;
use rocket::http::{ContentType, Header, Status};
use serde_json::{Value, json};

use crate::support::{Mirror, Served, account, everything, seed, serve, serve_with, shop};

fn get(served: &Served, path: &str) -> (Status, Value) {
    let answer = served.client.get(path.to_owned()).dispatch();
    assert_eq!(answer.content_type(), Some(ContentType::JSON), "{path}");
    (answer.status(), answer.into_json().expect("JSON"))
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn a_well_server_says_so_check_by_check() {
    let served = serve(account());
    let (status, health) = get(&served, "/api/monitoring/health?refresh=true");
    // Without a key nothing is kept current, which is a worry and no failure.
    assert_eq!((status, &health["status"]), (Status::Ok, &json!("degraded")));
    assert_eq!(keys(&health), ["checks", "status", "timestamp", "uptime", "version"]);
    let checks = health["checks"].as_object().expect("checks");
    let names = ["apiResponseTime", "cpu", "database", "disk", "errorRate", "memory", "sync"];
    assert_eq!(keys(&health["checks"]), names);
    for (name, check) in checks {
        let expected = if name == "sync" { "warn" } else { "pass" };
        // A machine that is busy with tests may be a worry; it is never a failure.
        assert!(check["status"] == expected || name == "cpu", "{name}: {check}");
        assert!(check["message"].as_str().is_some_and(|it| !it.is_empty()), "{name}");
    }
    assert!(checks["memory"]["details"]["resident"].as_u64().expect("bytes") > 1 << 20);
    assert_eq!(checks["disk"]["message"], "the database is in memory");
}

#[test]
fn the_disk_is_really_looked_at() {
    let directory = tempfile::tempdir().expect("a directory");
    let options = klytics::store::Options { memory_limit: 1 << 28, threads: 1 };
    let store = Store::open(directory.path(), &options).expect("a database");
    let (_, health) = get(&serve(store), "/api/monitoring/health");
    let details = &health["checks"]["disk"]["details"];
    let (total, free) = (details["total"].as_u64().expect("bytes"), details["free"].as_u64().expect("bytes"));
    assert!(free > 0 && free < total, "{details}");
    assert!(details["database"].as_u64().expect("bytes") > 0);
}

#[test]
fn a_server_whose_database_is_broken_is_not_well_and_not_ready() {
    let store = account();
    let served = serve(store.clone());
    let (status, ready) = get(&served, "/api/health/ready");
    assert_eq!((status, &ready["status"]), (Status::Ok, &json!("ready")));
    assert!(ready["schema"].as_i64().expect("a number") >= 1);
    seed(&store, "drop table schema_migrations");
    let (status, health) = get(&served, "/api/monitoring/health");
    assert_eq!((status, &health["status"]), (Status::ServiceUnavailable, &json!("unhealthy")));
    assert_eq!(
        health["checks"]["database"],
        json!({ "status": "fail", "message": "the database does not answer", "details": null })
    );
    assert_eq!(get(&served, "/api/health/ready").0, Status::ServiceUnavailable);
    assert_eq!(get(&served, "/api/monitoring/status").1["services"]["database"], "critical");
    // Alive it is.
    assert_eq!(get(&served, "/api/health").0, Status::Ok);
}

#[test]
fn requests_are_told_by_route_and_without_who_asked() {
    let served = serve(account());
    let ask = |path: &'static str| {
        let secret = Header::new("User-Agent", "the-agent-of-somebody");
        served.client.get(path).header(secret).remote("203.0.113.7:4711".parse().expect("an address")).dispatch();
    };
    for path in ["/api/templates/Tpl-one", "/api/templates/Tpl-two?token=hush", "/api/health", "/nowhere"] {
        ask(path);
    }
    let answer = served.client.get("/api/monitoring/api-metrics").dispatch().into_string().expect("a body");
    for private in ["the-agent-of-somebody", "203.0.113.7", "hush", "Tpl", "nowhere"] {
        assert!(!answer.contains(private), "{private} in {answer}");
    }
    let all: Value = serde_json::from_str(&answer).expect("JSON");
    let endpoints: Vec<_> = all["metrics"].as_array().expect("a list").iter().map(|it| &it["endpoint"]).collect();
    assert_eq!(endpoints, ["(none)", "/api/health", "/api/templates/<id>", "/api/templates/<id>"]);
    assert_eq!(keys(&all["metrics"][0]), ["endpoint", "method", "responseTime", "statusCode", "timestamp"]);
    let (_, some) = get(&served, "/api/monitoring/api-metrics?endpoint=templates");
    assert_eq!(some["summary"]["count"], 2);
    let (_, some) = get(&served, "/api/monitoring/api-metrics?endpoint=/api/health");
    assert_eq!((&some["summary"]["count"], &some["summary"]["statusCodes"]), (&json!(1), &json!({ "200": 1 })));
    assert!(some["summary"]["avgResponseTime"].as_f64().expect("milliseconds") > 0.0);
    let (_, none) = get(&served, "/api/monitoring/api-metrics?endpoint=elsewhere");
    assert_eq!(none["summary"], json!({ "count": 0, "avgResponseTime": null, "statusCodes": {} }));
}

#[test]
fn failures_are_grouped_and_show_nothing_of_their_inside() {
    let store = account();
    let served = serve(store.clone());
    assert_eq!(
        get(&served, "/api/monitoring/errors").1,
        json!({ "errors": [], "summary": { "count": 0, "groups": [] } })
    );
    seed(
        &store,
        "insert into klaviyo_sync_status (entity_type, status, last_sync_time, success)
         select unnest(['segments', 'lists']), 'completed', timestamp '2026-03-10 10:00', true;
         drop view segments",
    );
    for path in ["/api/segments", "/api/segments", "/api/lists"] {
        served.client.get(path).dispatch();
    }
    let (_, errors) = get(&served, "/api/monitoring/errors");
    assert_eq!(errors["summary"]["count"], 2, "{errors}");
    assert_eq!(errors["summary"]["groups"][0]["message"], "the database did not answer");
    assert_eq!(errors["summary"]["groups"][0]["count"], 2);
    let fault = &errors["errors"][0];
    assert_eq!(fault["context"], json!({ "method": "GET", "endpoint": "/api/segments", "statusCode": 500 }));
    assert_eq!(keys(fault), ["context", "message", "timestamp"]);
    assert!(!errors.to_string().contains("Catalog Error"), "{errors}");
}

#[test]
fn the_machine_is_measured() {
    let served = serve(account());
    let (_, metrics) = get(&served, "/api/monitoring/metrics");
    assert_eq!(keys(&metrics), ["cache", "system"]);
    let memory = &metrics["system"]["memory"];
    let usage = memory["usage"].as_f64().expect("a share");
    assert!(usage > 0.0 && usage < 1.0, "{memory}");
    assert_eq!(metrics["system"]["cpu"]["loadAvg"].as_array().map(Vec::len), Some(3));
    let (_, status) = get(&served, "/api/monitoring/status");
    assert_eq!(keys(&status), ["cache", "resources", "services", "status", "timestamp", "uptime", "version"]);
    assert_eq!(status["services"], json!({ "api": "healthy", "database": "healthy", "sync": "warning" }));
}

#[test]
fn the_cache_is_told_of() {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_campaigns (id, name) values ('C', 'Sale');
         insert into klaviyo_sync_status (entity_type, status, last_sync_time, record_count)
         values ('campaigns', 'completed', timestamp '2026-11-01 00:00:00', 1)",
    );
    let served = serve(store);
    let json = |path: &'static str| served.client.get(path).dispatch().into_json::<Value>().expect("JSON");
    let cache = &json("/api/monitoring/metrics")["cache"];
    assert_eq!((&cache["hits"], &cache["ratio"], &cache["size"]), (&json!(0), &json!(null), &json!(0)));
    for _ in 0..4 {
        json("/api/campaigns");
    }
    let cache = &json("/api/monitoring/metrics")["cache"];
    assert_eq!((&cache["hits"], &cache["misses"], &cache["ratio"]), (&json!(3), &json!(1), &json!(0.75)));
    assert_eq!(json("/api/monitoring/status")["cache"], json!({ "hitRatio": 0.75, "status": "unknown" }));
    let text = served.client.get("/metrics").dispatch().into_string().expect("text");
    assert!(text.contains("\nklytics_cache_hits_total 3\n"), "{text}");
}

#[test]
fn an_address_says_what_it_takes() {
    let served = serve(account());
    for (method, path, status, allow) in [
        (rocket::http::Method::Put, "/", 405, "GET, HEAD"),
        (rocket::http::Method::Delete, "/api/campaigns", 405, "GET, HEAD"),
        (rocket::http::Method::Patch, "/sync", 405, "GET, HEAD, POST"),
        (rocket::http::Method::Post, "/api/overview", 405, "GET, HEAD"),
        (rocket::http::Method::Get, "/sync/cancel", 405, "POST"),
        (rocket::http::Method::Put, "/api/events/sync", 405, "GET, HEAD, POST"),
        (rocket::http::Method::Get, "/webhooks/klaviyo", 405, "POST"),
        (rocket::http::Method::Put, "/nowhere", 404, ""),
        (rocket::http::Method::Delete, "/api/nowhere/at/all", 404, ""),
        (rocket::http::Method::Head, "/api/health", 200, ""),
    ] {
        let answer = served.client.req(method, path).dispatch();
        assert_eq!(answer.status().code, status, "{method} {path}");
        assert_eq!(answer.headers().get_one("Allow").unwrap_or_default(), allow, "{method} {path}");
    }
    // What is taken is still taken from our own pages only.
    let elsewhere = served.client.post("/sync").header(Header::new("Origin", "https://evil.example")).dispatch();
    assert_eq!(elsewhere.status(), Status::Forbidden);
    let answer = served.client.put("/api/overview").dispatch().into_json::<Value>().expect("JSON");
    assert_eq!(answer["error"], "method_not_allowed");
}

/// A scrape, taken apart: every series by its name and labels.
struct Scrape {
    types: BTreeMap<String, String>,
    series: BTreeMap<String, f64>,
}

impl Scrape {
    /// Reads every line as the format (version 0.0.4) says; what does not fit fails the test.
    fn of(text: &str) -> Scrape {
        assert!(text.ends_with('\n'), "the last line ends too");
        let (mut types, mut helped, mut series) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        let mut family = String::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("a name and its help");
                assert!(!help.is_empty() && helped.insert(name.to_owned()), "{line}");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a name and its type");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert!(helped.contains(name), "{name} has no help");
                assert_eq!(types.insert(name.to_owned(), kind.to_owned()), None, "{name} comes twice");
                name.clone_into(&mut family);
            } else {
                let (id, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
                let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
                let name = id.split('{').next().expect("a name");
                let suffixes: &[&str] =
                    if types[&family] == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
                assert!(suffixes.iter().any(|it| name == format!("{family}{it}")), "{name} among {family}");
                assert!(types[&family] != "counter" || name.ends_with("_total"), "{name} is a counter");
                if let Some(labels) = id.strip_prefix(name).filter(|it| !it.is_empty()) {
                    labels_are_sound(labels);
                }
                assert!(types[&family] == "gauge" || value >= 0.0, "{line}");
                assert_eq!(series.insert(id.to_owned(), value), None, "{id} comes twice");
            }
        }
        Scrape { types, series }
    }

    fn value(&self, series: &str) -> f64 {
        *self.series.get(series).unwrap_or_else(|| panic!("no {series} in {:#?}", self.series.keys()))
    }
}

/// `{name="value",…}` with quotes, backslashes and line ends escaped.
fn labels_are_sound(labels: &str) {
    let mut rest = labels.strip_prefix('{').and_then(|it| it.strip_suffix('}')).expect("braces");
    loop {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("{labels}"));
        assert!(name.bytes().all(|it| it.is_ascii_lowercase() || it == b'_'), "{labels}");
        let mut letters = after.char_indices();
        let end = loop {
            match letters.next().unwrap_or_else(|| panic!("no end in {labels}")) {
                (_, '\\') => {
                    let escaped = letters.next().map(|it| it.1);
                    assert!(matches!(escaped, Some('\\' | '"' | 'n')), "{labels}");
                }
                (at, '"') => break at,
                _ => {}
            }
        };
        let Some(more) = after[end + 1..].strip_prefix(',') else {
            assert_eq!(&after[end + 1..], "", "{labels}");
            return;
        };
        rest = more;
    }
}

fn scrape(served: &Served) -> Scrape {
    let answer = served.client.get("/metrics").dispatch();
    assert_eq!(answer.status(), Status::Ok);
    let kind = answer.headers().get_one("Content-Type").map(ToOwned::to_owned);
    assert_eq!(kind.as_deref(), Some("text/plain; version=0.0.4; charset=utf-8"));
    Scrape::of(&answer.into_string().expect("text"))
}

#[test]
fn prometheus_reads_what_happened() {
    let mirror = Mirror::of(shop());
    let served = serve_with(mirror.store.clone(), mirror.handle.clone());
    let before = scrape(&served);
    assert!(!before.types.contains_key("klytics_sync_runs_total"), "nothing ran yet");
    mirror.sync();
    mirror.fake.set_mood(Mood::LacksScope("forms:read"));
    mirror.run(everything());
    served.client.get("/api/templates/<one>\"two\\three").dispatch();
    served.client.get("/api/campaigns").dispatch();
    // Nobody works this one out ahead.
    served.client.get("/api/lists").dispatch();
    let after = scrape(&served);
    let events = mirror.store.read(|db| db.count(&klytics::catalog::EVENTS)).expect("a count") as f64;
    for (series, want) in [
        (r#"klytics_sync_runs_total{status="completed"}"#, 2.0),
        (r#"klytics_sync_rows_total{entity="events",change="new"}"#, events),
        (r#"klytics_entity_rows{entity="events"}"#, events),
        (r#"klytics_sync_passes_total{entity="forms",status="completed"}"#, 1.0),
        (r#"klytics_sync_passes_total{entity="forms",status="disabled"}"#, 1.0),
        (r#"klytics_sync_errors_total{entity="forms"}"#, 1.0),
        (r#"klytics_sync_errors_total{entity="events"}"#, 0.0),
        (r#"klytics_sync_pass_duration_seconds_count{entity="events"}"#, 2.0),
        (r#"klytics_http_requests_total{method="GET",endpoint="/api/campaigns",status="200"}"#, 1.0),
        (r#"klytics_http_request_duration_seconds_count{method="GET",endpoint="/api/campaigns"}"#, 1.0),
        (r#"klytics_query_duration_seconds_count{query="lists"}"#, 1.0),
        ("klytics_webhook_waiting", 0.0),
    ] {
        assert!((after.value(series) - want).abs() < 1e-9, "{series} is {}", after.value(series));
    }
    for series in [
        r#"klytics_sync_requests_total{entity="events"}"#,
        r#"klytics_sync_received_bytes_total{entity="profiles"}"#,
        r#"klytics_sync_last_success_timestamp_seconds{entity="events"}"#,
        r#"klytics_budget_limit{endpoint="/api/events",span="minute"}"#,
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
    ] {
        assert!(after.value(series) > 0.0, "{series}");
    }
    // Buckets only grow, up to the count.
    let of =
        |bound: &str| after.value(&format!("klytics_query_duration_seconds_bucket{{query=\"lists\",le=\"{bound}\"}}"));
    assert!(of("0.001") <= of("1") && (of("+Inf") - 1.0).abs() < 1e-9);
    for (series, value) in before.series.iter().filter(|it| it.0.contains("_total")) {
        assert!(after.value(series) >= *value, "{series} went back");
    }
}
