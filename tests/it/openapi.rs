//! `/api/openapi.json` says how the API answers; here the API is asked everything that it says, and has to keep its word.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use rocket::http::{Header, Method, Status};
use serde_json::{Map, Value};

use crate::support::{Mirror, Reading, Served, at_rest, ended_well, everything, serve, serve_with, shop, value};
use klytics::demo::Mood;
use klytics::store::Store;

fn document(served: &Served) -> Value {
    served.client.get("/api/openapi.json").dispatch().into_json().expect("JSON")
}

/// Every operation: method, path and description.
fn operations(document: &Value) -> Vec<(Method, String, Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let of = |(path, item): (&String, &Value)| {
        let item = item.as_object().expect("a path");
        let method = |name: &str| if name == "get" { Method::Get } else { Method::Post };
        item.iter().map(|(name, it)| (method(name), path.clone(), it.clone())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

/// What keeps `value` from being what `schema` says. Stricter than JSON Schema: an object has the members that are named,
/// all of them and no others.
fn check(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        return check(document, resolve(document, name), value, at);
    }
    if let Some(choices) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        let failures: Vec<_> = choices.iter().map(|it| check(document, it, value, at)).collect();
        return if failures.iter().any(Result::is_ok) { Ok(()) } else { Err(format!("{at}: {failures:?}")) };
    }
    if let Some(kinds) = kinds(schema)
        && !kinds.iter().any(|it| is(it, value))
    {
        return Err(format!("{at}: {value} is none of {kinds:?}"));
    }
    if let Some(values) = schema["enum"].as_array()
        && !values.contains(value)
    {
        return Err(format!("{at}: {value} is none of {values:?}"));
    }
    if let Some(text) = value.as_str() {
        let well = match schema["format"].as_str() {
            Some("date-time") => DateTime::parse_from_rfc3339(text).is_ok(),
            Some("date") => text.parse::<NaiveDate>().is_ok(),
            _ => true,
        };
        return if well { Ok(()) } else { Err(format!("{at}: {text} is no {}", schema["format"])) };
    }
    if let Some(items) = value.as_array() {
        return items
            .iter()
            .enumerate()
            .try_for_each(|(n, it)| check(document, &schema["items"], it, &format!("{at}[{n}]")));
    }
    let (members, Some(object)) = (members(document, schema), value.as_object()) else { return Ok(()) };
    if schema["propertyNames"].is_object() {
        object.keys().try_for_each(|it| {
            check(document, &schema["propertyNames"], &Value::String(it.clone()), &format!("{at}: the name"))
        })?;
    }
    if members.is_empty() {
        return Ok(());
    }
    for (name, value) in object {
        let schema = members.get(name).ok_or_else(|| format!("{at}.{name} is not described"))?;
        check(document, schema, value, &format!("{at}.{name}"))?;
    }
    match members.keys().find(|it| !object.contains_key(*it)) {
        Some(missing) => Err(format!("{at}.{missing} is missing")),
        None => Ok(()),
    }
}

fn resolve<'a>(document: &'a Value, name: &str) -> &'a Value {
    let found = document.pointer(name.trim_start_matches('#')).unwrap_or(&Value::Null);
    assert!(!found.is_null(), "{name} leads nowhere");
    found
}

fn kinds(schema: &Value) -> Option<Vec<&str>> {
    match &schema["type"] {
        Value::String(one) => Some(vec![one]),
        Value::Array(many) => Some(many.iter().filter_map(Value::as_str).collect()),
        _ => None,
    }
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("there is no type {other}"),
    }
}

/// The members of an object, those of all its parts.
fn members(document: &Value, schema: &Value) -> Map<String, Value> {
    let mut all = schema["properties"].as_object().cloned().unwrap_or_default();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let part = part["$ref"].as_str().map_or(part, |it| resolve(document, it));
        all.extend(members(document, part));
    }
    all
}

/// Asks, and checks that the answer is one of those that are described; gives its status and what it says.
#[track_caller]
fn ask(served: &Served, document: &Value, method: Method, path: &str, operation: &Value) -> (Status, Value) {
    let request = served.client.req(method, path.to_owned()).header(Header::new("Sec-Fetch-Site", "same-origin"));
    let answer = request.dispatch();
    let status = answer.status();
    let described = &operation["responses"][status.code.to_string()];
    assert!(described.is_object(), "{method} {path} answers {status}, which is not described");
    // A complete copy reaches as far back as any answer.
    let headers = described["headers"].as_object().into_iter().flatten().filter(|it| it.0 != "X-Complete-From");
    for (name, _) in headers {
        assert!(answer.headers().contains(name), "{method} {path} lacks {name}");
    }
    let kind = answer.content_type().map(|it| it.to_string().split(';').next().unwrap_or_default().to_owned());
    let schema = kind.as_ref().map_or(&Value::Null, |it| &described["content"][it.as_str()]["schema"]);
    let text = answer.into_string().unwrap_or_default();
    let body = match kind.as_deref() {
        Some("application/json") => serde_json::from_str(&text).expect("JSON"),
        _ => Value::String(text),
    };
    assert!(schema.is_object(), "{method} {path}: {status} has no schema");
    check(document, schema, &body, "").unwrap_or_else(|why| panic!("{method} {path}: {why}\n{body}"));
    (status, body)
}

/// Copied, with the application's own threads, so that what is posted is done.
fn copied() -> (Mirror, Served) {
    let mut mirror = Mirror::of(shop());
    ended_well(&mirror.run(everything()));
    mirror.stop();
    mirror.handle = at_rest(&mirror.fake, &mirror.store, &mirror.clock(), &Reading::default());
    let served = serve_with(mirror.store.clone(), mirror.handle.clone());
    (mirror, served)
}

/// A path with ids of things that there are.
fn filled(mirror: &Mirror, path: &str) -> String {
    // A page about one thing is named as its entity is.
    let entity = path.trim_start_matches("/api/pages").trim_start_matches("/api").split('/').nth(1).unwrap_or_default();
    if path.starts_with("/api/sync/") {
        return path.replace("{id}", &value(&mirror.store, "select max(id) from sync_runs"));
    }
    if path == "/api/pages/benchmarks/{id}" {
        return path.replace("{id}", "bounces");
    }
    // A page about one thing is named after its listing.
    let entity = match path.strip_prefix("/api/pages/").and_then(|it| it.split('/').next()) {
        Some("audience") => "profiles",
        Some(listing) => listing,
        None => entity,
    };
    if path.contains("{id}") {
        let alive = if entity == "events" { "" } else { "where deleted_at is null" };
        let id = value(&mirror.store, &format!("select coalesce(min(id), 'nobody') from klaviyo_{entity} {alive}"));
        return path.replace("{id}", &id);
    }
    path.replace("{entity}", "tags")
}

#[test]
fn every_answer_is_what_the_description_says() {
    let (mirror, served) = copied();
    let document = document(&served);
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    // What is posted begins a run, and so comes last.
    let mut all = operations(&document);
    all.sort_by_key(|it| it.0 == Method::Post);
    for (method, path, operation) in &all {
        let (status, _) = ask(&served, &document, *method, &filled(&mirror, path), operation);
        *statuses.entry(status.code).or_default() += 1;
    }
    assert!(statuses[&200] > 50 && statuses[&202] >= 2, "{statuses:?}");
    // Whatever the shop has, each of it can be asked for; only a delivery has to be signed.
    assert!(statuses.keys().all(|it| [200, 202, 401, 404].contains(it)) && statuses[&401] == 1, "{statuses:?}");
}

#[test]
fn every_listing_sorts_by_every_field_that_it_names() {
    let (mirror, served) = copied();
    let document = document(&served);
    let mut sorted = 0;
    for (method, path, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let sorts = parameters.iter().find(|it| it["name"] == "sort").map(|it| it["schema"]["enum"].clone());
        for sort in sorts.iter().flat_map(|it| it.as_array().expect("fields")) {
            let sort = sort.as_str().expect("a field");
            let (status, rows) = ask(&served, &document, method, &format!("{path}?sort={sort}&limit=1000"), &operation);
            assert_eq!(status, Status::Ok, "{path} by {sort}: {rows}");
            in_order(rows.as_array().expect("rows"), sort, &path);
            sorted += 1;
        }
    }
    assert!(sorted > 200, "{sorted}");
    drop(mirror);
}

/// Numbers go up or down, and what is unknown comes last. Texts are for the database to order.
fn in_order(rows: &[Value], sort: &str, path: &str) {
    let (field, falls) = sort.strip_prefix('-').map_or((sort, false), |it| (it, true));
    let values: Vec<_> = rows.iter().map(|it| &it[field]).collect();
    let unknown = values.iter().position(|it| it.is_null()).unwrap_or(values.len());
    assert!(values[unknown..].iter().all(|it| it.is_null()), "{path} by {sort}: the unknown comes last");
    let numbers: Vec<_> = values.iter().filter_map(|it| it.as_f64()).collect();
    assert!(
        numbers.windows(2).all(|it| if falls { it[0] >= it[1] } else { it[0] <= it[1] }),
        "{path} by {sort}: {numbers:?}"
    );
}

#[test]
fn every_way_to_fail_is_described() {
    let (_mirror, served) = copied();
    let document = document(&served);
    for (method, path, operation) in operations(&document).into_iter().filter(|it| it.0 == Method::Get) {
        // Handlers that say nothing of 304 read no query at all.
        if operation["responses"]["304"].is_object() {
            let (status, body) = ask(&served, &document, method, &format!("{path}?colour=red"), &operation);
            assert_eq!(status, Status::BadRequest, "{path}: {body}");
        }
        if path.contains("{id}") {
            let (status, _) = ask(&served, &document, method, &path.replace("{id}", "nobody"), &operation);
            assert_eq!(status, Status::NotFound, "{path}");
        }
    }
    // Nothing copied, and no key, or one that Klaviyo refuses: still nothing but what is described.
    let mirror = Mirror::of(shop());
    mirror.fake.set_mood(Mood::RefusesTheKey);
    mirror.run(everything());
    let refused = serve_with(mirror.store.clone(), mirror.handle.clone());
    let bare = serve(Store::in_memory().expect("a database"));
    for (served, reads) in [(&bare, Status::Accepted), (&refused, Status::BadGateway)] {
        for (method, path, operation) in operations(&document) {
            let path = path.replace("{id}", "nobody").replace("{entity}", "tags");
            let (status, body) = ask(served, &document, method, &path, &operation);
            assert!(path != "/api/events" || status == reads, "{status}: {body}");
        }
    }
}

#[test]
fn every_route_is_described() {
    let served = serve(Store::in_memory().expect("a database"));
    let document = document(&served);
    let described: Vec<_> =
        operations(&document).into_iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    let is_for_programs =
        |path: &str| path.starts_with("/api/") || path.starts_with("/webhooks/") || path == "/metrics";
    let routes = served.client.rocket().routes().filter(|it| is_for_programs(it.uri.path()));
    // Where the guard leads what it refuses; nobody can ask it.
    let mut routes: Vec<_> = routes
        .filter(|it| !it.uri.path().starts_with("/api/-/"))
        .map(|it| format!("{} {}", it.method, it.uri.path().replace('<', "{").replace('>', "}")))
        .collect();
    routes.sort();
    let mut described = described;
    described.sort();
    assert_eq!(routes, described);
}

#[test]
fn every_parameter_is_told_with_its_meaning() {
    let served = serve(Store::in_memory().expect("a database"));
    let document = document(&served);
    assert_eq!(document["openapi"].as_str().map(|it| &it[..3]), Some("3.1"));
    let mut names = std::collections::BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let id = operation["operationId"].as_str().expect("a name").to_owned();
        assert!(names.insert(id), "{method} {path}: a name twice");
        assert!(operation["summary"].is_string() || operation["description"].is_string(), "{method} {path}");
        for it in operation["parameters"].as_array().into_iter().flatten() {
            assert!(it["description"].as_str().is_some_and(|it| it.len() > 5), "{method} {path}: {it}");
        }
    }
}
