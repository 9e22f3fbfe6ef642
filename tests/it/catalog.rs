//! Whether the catalog is true: against facts restated by hand, and every request it can make against Klaviyo's schema.
//!
//! The fake Klaviyo is built from the same catalog, so it would go along with a mistake in it. These tests do not.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use klytics::{
    catalog::{ENTITIES, Entity, Follow, From, Operator, Source, find},
    klaviyo::{Bounds, Request},
};
use serde::Deserialize;
use serde_json::Value;

/// What Klaviyo documents of the endpoint that an entity is read from.
struct Fact {
    entity: &'static str,
    path: &'static str,
    /// Largest `page[size]`, where the parameter is taken.
    page: Option<u16>,
    /// The filters on time that we could use: whether they take `greater-or-equal`.
    times: &'static [(&'static str, bool)],
    /// Requests a second and a minute, asked as we ask.
    rate: (u32, u32),
    /// What can be included.
    include: &'static [&'static str],
}

const FACTS: &[Fact] = &[
    Fact { entity: "accounts", path: "/api/accounts", page: None, times: &[], rate: (1, 15), include: &[] },
    Fact {
        entity: "metrics",
        path: "/api/metrics",
        page: None,
        times: &[],
        rate: (10, 150),
        include: &["flow-triggers"],
    },
    Fact {
        entity: "mapped_metrics",
        path: "/api/mapped-metrics",
        page: None,
        times: &[],
        rate: (3, 60),
        include: &["custom-metric", "metric"],
    },
    Fact {
        entity: "campaigns",
        path: "/api/campaigns",
        page: Some(100),
        times: &[("created_at", true), ("scheduled_at", true), ("updated_at", true)],
        rate: (10, 150),
        include: &["campaign-messages", "tags"],
    },
    Fact {
        entity: "flows",
        path: "/api/flows",
        page: Some(50),
        times: &[("created", true), ("updated", true)],
        rate: (3, 60),
        include: &["flow-actions", "tags"],
    },
    Fact {
        entity: "forms",
        path: "/api/forms",
        page: Some(100),
        times: &[("created_at", true), ("updated_at", true)],
        rate: (3, 60),
        include: &[],
    },
    Fact {
        entity: "segments",
        path: "/api/segments",
        page: Some(10),
        times: &[("created", false), ("updated", false)],
        rate: (75, 750),
        include: &["flow-triggers", "tags"],
    },
    Fact {
        entity: "lists",
        path: "/api/lists",
        page: Some(10),
        times: &[("created", false), ("updated", false)],
        rate: (75, 750),
        include: &["flow-triggers", "tags"],
    },
    Fact {
        entity: "events",
        path: "/api/events",
        page: Some(1000),
        times: &[("datetime", true), ("timestamp", true)],
        rate: (350, 3500),
        include: &["attributions", "metric", "profile"],
    },
    Fact {
        entity: "profiles",
        path: "/api/profiles",
        page: Some(100),
        times: &[("created", false), ("updated", false)],
        rate: (75, 750),
        include: &["conversations", "push-tokens"],
    },
    Fact { entity: "tags", path: "/api/tags", page: Some(50), times: &[], rate: (3, 60), include: &["tag-group"] },
    Fact {
        entity: "templates",
        path: "/api/templates",
        page: Some(10),
        times: &[("created", true), ("updated", true)],
        rate: (75, 750),
        include: &[],
    },
    Fact {
        entity: "catalog_items",
        path: "/api/catalog-items",
        page: Some(100),
        times: &[],
        rate: (350, 3500),
        include: &["variants"],
    },
    Fact {
        entity: "flow_messages",
        path: "/api/flow-actions/{id}/flow-messages",
        page: Some(50),
        times: &[("created", true), ("updated", true)],
        rate: (3, 60),
        include: &[],
    },
    Fact {
        entity: "form_versions",
        path: "/api/forms/{id}/form-versions",
        page: Some(100),
        times: &[("created_at", true), ("updated_at", true)],
        rate: (3, 60),
        include: &[],
    },
    // Counting the profiles costs these two their tier.
    Fact {
        entity: "segment_counts",
        path: "/api/segments/{id}",
        page: None,
        times: &[],
        rate: (1, 15),
        include: &["flow-triggers", "tags"],
    },
    Fact {
        entity: "list_counts",
        path: "/api/lists/{id}",
        page: None,
        times: &[],
        rate: (1, 15),
        include: &["flow-triggers", "tags"],
    },
    Fact {
        entity: "list_members",
        path: "/api/lists/{id}/profiles",
        page: Some(100),
        times: &[("joined_group_at", true)],
        rate: (75, 750),
        include: &[],
    },
    Fact {
        entity: "segment_members",
        path: "/api/segments/{id}/profiles",
        page: Some(100),
        times: &[("joined_group_at", true)],
        rate: (75, 750),
        include: &[],
    },
    // So does asking for predictions.
    Fact {
        entity: "profile_predictions",
        path: "/api/profiles",
        page: Some(100),
        times: &[("created", false), ("updated", false)],
        rate: (10, 150),
        include: &["conversations", "push-tokens"],
    },
];

/// What comes along with something else, and under which relationship.
const COMPANIONS: &[(&str, &str, &str)] =
    &[("campaign_messages", "campaigns", "campaign-messages"), ("flow_actions", "flows", "flow-actions")];

#[test]
fn the_catalog_says_what_klaviyo_documents() {
    for fact in FACTS {
        let entity = find(fact.entity).expect(fact.entity);
        let name = entity.name;
        assert_eq!(entity.path(), Some(fact.path), "{name}");
        assert_eq!(page_size(entity), fact.page, "{name}");
        assert_eq!((entity.tier.burst(), entity.tier.steady()), fact.rate, "{name}");
        assert!(entity.include.iter().all(|it| fact.include.contains(it)), "{name}: {:?}", entity.include);
        let followed = match entity.follow {
            Follow::Since { attribute, operator, .. } => Some((attribute, operator == Operator::GreaterOrEqual)),
            Follow::Windows { attribute } => Some((attribute, true)),
            Follow::Everything | Follow::Parent => None,
        };
        assert!(followed.is_none_or(|it| fact.times.contains(&it)), "{name} is followed by {followed:?}");
    }
}

#[test]
fn nothing_in_the_catalog_goes_without_a_fact() {
    for (name, parent, relationship) in COMPANIONS {
        let parent = find(parent).expect(parent);
        let companions: Vec<_> = parent.companions().map(|(it, relationship)| (it.name, relationship)).collect();
        assert!(companions.contains(&(name, relationship)), "{name} in {companions:?}");
        assert!(parent.include.contains(relationship), "{name} would never come along");
    }
    let known = FACTS.iter().map(|it| it.entity).chain(COMPANIONS.iter().map(|it| it.0));
    let known: BTreeSet<&str> = known.collect();
    let listed: BTreeSet<&str> = ENTITIES.iter().map(|it| it.name).collect();
    assert_eq!(known, listed);
}

/// The listing of campaigns wants one channel, and both listings hide what is archived unless asked.
#[test]
fn partitions_reach_what_a_plain_listing_hides() {
    let mut wanted = BTreeSet::new();
    for channel in ["email", "sms", "mobile_push"] {
        for archived in ["false", "true"] {
            wanted.insert(format!("equals(messages.channel,'{channel}'),equals(archived,{archived})"));
        }
    }
    let of = |name: &str| -> BTreeSet<String> {
        partitions(find(name).expect(name)).iter().flatten().map(|it| (*it).to_owned()).collect()
    };
    assert_eq!(of("campaigns"), wanted);
    assert_eq!(of("flows"), BTreeSet::from(["equals(archived,false)", "equals(archived,true)"].map(str::to_owned)));
}

#[test]
fn every_request_is_one_that_klaviyo_takes() {
    let operations = operations();
    let mut checked = 0;
    for entity in ENTITIES.iter().filter(|it| it.path().is_some()) {
        let operation = &operations[entity.path().expect("it has one")];
        for partition in partitions(entity) {
            for bounds in every_bounds() {
                let request = Request::first(entity, partition, bounds, Some("Y6nRLr"));
                operation.check(&request).unwrap_or_else(|trouble| panic!("{}: {trouble} in {request}", entity.name));
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 3 * (FACTS.len() + 5 + 1), "campaigns have five more partitions and flows one");
}

/// The check above is worth what it refuses.
#[test]
fn the_schema_refuses_what_klaviyo_refuses() {
    let operations = operations();
    let cases = [
        ("/api/events", "page%5Bsize%5D=1001", "page[size]"),
        ("/api/metrics", "page%5Bsize%5D=10", "page[size]"),
        ("/api/profiles", "filter=greater-or-equal%28updated%2C2026-01-01T00%3A00%3A00Z%29", "greater-or-equal"),
        ("/api/events", "filter=greater-or-equal%28datetime%2C2026-01-01T00%3A00%3A00%2B00%3A00%29", "Z"),
        ("/api/events", "filter=greater-or-equal%28datetime%2C%272026-01-01T00%3A00%3A00Z%27%29", "quoted"),
        ("/api/tags", "filter=equals%28id%2C%27a%27%29", "id"),
        ("/api/campaigns", "filter=equals%28messages.channel%2C%27whatsapp%27%29", "whatsapp"),
        ("/api/campaigns", "filter=equals%28messages.channel%2Cemail%29", "quoted"),
        ("/api/campaigns", "filter=equals%28archived%2Cyes%29", "yes"),
        ("/api/flows", "filter=equals%28archived%2Ctrue", "filter"),
        ("/api/events", "include=metrics", "metrics"),
        ("/api/events", "fields%5Bmetric%5D=title", "title"),
        ("/api/events", "sort=-updated", "-updated"),
        ("/api/events", "limit=10", "limit"),
    ];
    for (path, query, named) in cases {
        let trouble = operations[path].check_query(query).expect_err(query);
        assert!(trouble.contains(named), "{query}: {trouble}");
    }
}

#[test]
fn tiers_and_scopes_are_those_of_the_schema() {
    let operations = operations();
    for entity in ENTITIES {
        let operation = operation_of(&operations, entity);
        let dear = ["profile_count", "predictive_analytics"];
        let asks_for_dear = |fields: &[&str]| fields.iter().any(|it| dear.contains(it));
        if !entity.additional_fields.iter().any(|(_, fields)| asks_for_dear(fields)) {
            let (burst, steady) = (entity.tier.burst(), entity.tier.steady());
            assert_eq!(operation.ratelimit.burst, format!("{burst}/s"), "{}", entity.name);
            assert_eq!(operation.ratelimit.steady, format!("{steady}/m"), "{}", entity.name);
        }
        let mut scopes: BTreeSet<&str> = operation.scopes.iter().map(String::as_str).collect();
        // What is included or added belongs to another scope, which the schema does not say.
        scopes.extend(entity.include.contains(&"tags").then_some("tags:read"));
        let consent = entity.additional_fields.iter().any(|(_, fields)| fields.contains(&"subscriptions"));
        scopes.extend(consent.then_some("subscriptions:read"));
        assert_eq!(entity.scopes.iter().copied().collect::<BTreeSet<_>>(), scopes, "{}", entity.name);
    }
}

#[test]
fn columns_and_filters_by_time_point_at_what_klaviyo_sends() {
    let operations = operations();
    for entity in ENTITIES {
        let operation = operation_of(&operations, entity);
        let resource = operation.resources.get(entity.resource).unwrap_or_else(|| panic!("{}", entity.resource));
        for column in entity.columns {
            let found = match column.from {
                // Further pointers are for what was met without being documented.
                From::Own(pointers) | From::Any(pointers) => pointers.iter().any(|it| resource.has(it)),
                From::Via { relationship, pointer } => {
                    resource.relationships.contains(relationship)
                        && operation.resources.values().any(|it| it.has(pointer))
                }
                From::Parent => true,
            };
            assert!(found, "{}.{} is nowhere in {}", entity.name, column.name, entity.resource);
        }
        assert!(resource.has(entity.rest.pointer), "{}.{}", entity.name, entity.rest.column);
        if let Follow::Since { attribute, .. } | Follow::Windows { attribute } = entity.follow {
            assert!(resource.has(&format!("/attributes/{attribute}")), "{} is followed by {attribute}", entity.name);
        }
    }
}

fn page_size(entity: &Entity) -> Option<u16> {
    match entity.source {
        Source::List { page_size, .. } | Source::PerParent { page_size, .. } => page_size,
        Source::Included { .. } => None,
    }
}

/// The filters that an entity is read with, one after another; `None` where there is no need of one.
fn partitions(entity: &Entity) -> Vec<Option<&'static str>> {
    match entity.source {
        Source::List { partitions, .. } if !partitions.is_empty() => partitions.iter().copied().map(Some).collect(),
        _ => vec![None],
    }
}

fn every_bounds() -> [Option<Bounds>; 3] {
    let start: DateTime<Utc> = "2026-03-08T06:59:59.123456Z".parse().expect("a time");
    [None, Some(Bounds::Since(start)), Some(Bounds::Between { start, end: start + TimeDelta::days(1) })]
}

/// What the schema says of one path; see the README beside it.
#[derive(Deserialize)]
struct Operation {
    parameters: BTreeMap<String, Parameter>,
    filters: BTreeMap<String, Filter>,
    ratelimit: Ratelimit,
    scopes: Vec<String>,
    resources: BTreeMap<String, Resource>,
}

#[derive(Deserialize)]
struct Parameter {
    r#in: String,
    /// The permitted values of a parameter that has one.
    r#enum: Option<Vec<String>>,
    /// The permitted values of a parameter that lists several.
    items: Option<Vec<String>>,
    minimum: Option<u64>,
    maximum: Option<u64>,
}

#[derive(Deserialize)]
struct Filter {
    /// Operators by whether they take one value, a list or none.
    operators: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    value: FilterValue,
}

#[derive(Deserialize, Default)]
struct FilterValue {
    r#type: Option<String>,
    format: Option<String>,
    r#enum: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Ratelimit {
    burst: String,
    steady: String,
}

#[derive(Deserialize)]
struct Resource {
    attributes: Value,
    relationships: BTreeSet<String>,
}

fn operations() -> BTreeMap<String, Operation> {
    serde_json::from_str(include_str!("fixtures/klaviyo/operations.json")).expect("the trimmed schema")
}

/// The operation whose answers hold the entity.
fn operation_of<'a>(operations: &'a BTreeMap<String, Operation>, entity: &Entity) -> &'a Operation {
    let path = entity.path().or_else(|| entity.parent()?.path()).expect("a path of its own or of its parent");
    &operations[path]
}

impl Operation {
    fn check(&self, request: &Request) -> Result<(), String> {
        let target = request.target();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let expected = request.endpoint().replace("{id}", "Y6nRLr");
        ensure(path == expected, || format!("the path is {path}"))?;
        self.check_query(query)
    }

    fn check_query(&self, query: &str) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for pair in query.split('&').filter(|it| !it.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or("a parameter has no value")?;
            let (name, value) = (decoded(name), decoded(value));
            let parameter = self.parameters.get(&name).filter(|it| it.r#in == "query");
            parameter.ok_or_else(|| format!("there is no parameter {name}"))?.check(&name, &value)?;
            if name == "filter" {
                self.check_filter(&value)?;
            }
            ensure(seen.insert(name.clone()), || format!("{name} is there twice"))?;
        }
        Ok(())
    }

    fn check_filter(&self, filter: &str) -> Result<(), String> {
        for term in terms(filter)? {
            let (operator, arguments) = term.strip_suffix(')').and_then(|it| it.split_once('(')).ok_or("no filter")?;
            let (field, value) = arguments.split_once(',').unwrap_or((arguments, ""));
            let known = self.filters.get(field).ok_or_else(|| format!("no filter takes {field}"))?;
            known.check(operator, value).map_err(|trouble| format!("{term}: {trouble}"))?;
        }
        Ok(())
    }
}

impl Parameter {
    fn check(&self, name: &str, value: &str) -> Result<(), String> {
        if let Some(permitted) = &self.r#enum {
            ensure(permitted.iter().any(|it| it == value), || format!("{name} cannot be {value}"))?;
        }
        if let Some(permitted) = &self.items {
            for item in value.split(',') {
                ensure(permitted.iter().any(|it| it == item), || format!("{name} cannot hold {item}"))?;
            }
        }
        if self.minimum.is_some() || self.maximum.is_some() {
            let number: u64 = value.parse().map_err(|_| format!("{name} is no number"))?;
            let range = self.minimum.unwrap_or(0)..=self.maximum.unwrap_or(u64::MAX);
            ensure(range.contains(&number), || format!("{name} is out of {range:?}"))?;
        }
        Ok(())
    }
}

impl Filter {
    fn check(&self, operator: &str, value: &str) -> Result<(), String> {
        let form = match value.chars().next() {
            None => "none",
            Some('[') => "list",
            Some(_) => "single",
        };
        let permitted = self.operators.get(form).is_some_and(|it| it.iter().any(|it| it == operator));
        ensure(permitted, || format!("{operator} is no operator for that"))?;
        if form == "single" { self.value.check(value) } else { Ok(()) }
    }
}

impl FilterValue {
    /// Texts are quoted; times, flags and numbers are not.
    fn check(&self, value: &str) -> Result<(), String> {
        let text = value.strip_prefix('\'').and_then(|it| it.strip_suffix('\''));
        match (self.r#type.as_deref(), self.format.as_deref(), text) {
            (Some("string"), Some("date-time"), None) => {
                ensure(value.ends_with('Z'), || format!("{value} does not end in Z"))?;
                value.parse::<DateTime<Utc>>().map(drop).map_err(|_| format!("{value} is no time"))
            }
            (Some("string"), None, Some(text)) => {
                let permitted = self.r#enum.as_ref().is_none_or(|it| it.iter().any(|it| it == text));
                ensure(permitted, || format!("it cannot be {text}"))
            }
            (Some("boolean"), _, None) => ensure(["true", "false"].contains(&value), || format!("{value} is no flag")),
            (kind, _, _) => Err(format!("{value} is quoted, or not quoted, unlike a {}", kind.unwrap_or("nothing"))),
        }
    }
}

impl Resource {
    /// Whether a record of it may have something there. Where the schema says no more, anything may be.
    fn has(&self, pointer: &str) -> bool {
        let mut segments = pointer.trim_start_matches('/').split('/');
        match (segments.next(), segments.next()) {
            (Some("attributes"), None) => true,
            (Some("attributes"), Some(first)) => {
                let mut place = self.attributes.get(first);
                for segment in segments {
                    place = match place {
                        Some(Value::Object(names)) => names.get(segment),
                        open => open,
                    };
                }
                place.is_some()
            }
            (Some("id"), None) => true,
            (Some("relationships"), Some(name)) => self.relationships.contains(name),
            _ => false,
        }
    }
}

/// The terms of a filter, which commas join outside of parentheses and quotes.
fn terms(filter: &str) -> Result<Vec<&str>, String> {
    let (mut terms, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_i32, false);
    for (index, byte) in filter.bytes().enumerate() {
        match byte {
            b'\'' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth -= 1,
            b',' if !quoted && depth == 0 => {
                terms.push(&filter[start..index]);
                start = index + 1;
            }
            _ => (),
        }
    }
    terms.push(&filter[start..]);
    ensure(depth == 0 && !quoted, || format!("the filter {filter} does not end"))?;
    Ok(terms)
}

fn decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).expect("two hexadecimal digits"));
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).expect("text")
}

fn ensure(holds: bool, trouble: impl Fn() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(trouble()) }
}
