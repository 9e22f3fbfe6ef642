//! What is asked of Klaviyo: a URL that follows from the catalog, and the budget it counts against.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::Batch;
use crate::catalog::{Entity, Follow, Operator, Source, Tier};

/// One request. It is good for as long as the cursor in it, if it has one.
#[derive(Debug, Clone)]
pub struct Request {
    endpoint: &'static str,
    tier: Tier,
    scopes: &'static [&'static str],
    address: Address,
    method: Method,
    /// What is posted.
    body: Option<Arc<str>>,
}

/// What a request does with its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    /// Asks a question that does not fit a URL, or makes something.
    Post,
    Delete,
}

#[derive(Debug, Clone)]
enum Address {
    /// Path and query, spelt here.
    Ours(String),
    /// A whole link, spelt by Klaviyo and never taken apart.
    Link(String),
}

/// The part of time that is asked for, in the time that the entity is followed by. Klaviyo counts in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounds {
    /// This time and everything later.
    Since(DateTime<Utc>),
    /// `start <= time < end`. It is widened to whole seconds, and to one second at least: Klaviyo refuses less.
    Between { start: DateTime<Utc>, end: DateTime<Utc> },
}

impl Request {
    /// The request that a series begins with: all of the entity, or of the partition, the bounds and the parent given.
    ///
    /// An entity that cannot be followed by time is asked for as a whole, whatever the bounds.
    ///
    /// # Panics
    /// When the entity has no requests of its own, or is read per parent and none is given: the caller would copy
    /// something else than it believes.
    #[must_use]
    pub fn first(entity: &Entity, partition: Option<&str>, bounds: Option<Bounds>, parent_id: Option<&str>) -> Request {
        Request::sized(entity, partition, bounds, parent_id, entity.page_size())
    }

    /// Like [`Request::first`], with pages of another size than the largest: what answers too slowly is asked for less.
    ///
    /// # Panics
    /// As [`Request::first`] does.
    #[must_use]
    pub fn sized(
        entity: &Entity,
        partition: Option<&str>,
        bounds: Option<Bounds>,
        parent_id: Option<&str>,
        page_size: Option<u16>,
    ) -> Request {
        let endpoint = entity.path().expect("an included entity is read in the pages of its parent");
        let path = match (entity.source, parent_id) {
            (Source::PerParent { .. }, id) => {
                endpoint.replace("{id}", &encoded(id.expect("an entity read per parent is asked for by its id")))
            }
            _ => endpoint.to_owned(),
        };
        let address = Address::Ours(path + query(entity, partition, bounds, page_size).as_str());
        Request { endpoint, tier: entity.tier, scopes: entity.scopes, address, method: Method::Get, body: None }
    }

    /// A request that sends a document: a report, an aggregate, a webhook to be made. `endpoint` is its whole path.
    #[must_use]
    pub fn post(
        endpoint: &'static str,
        tier: Tier,
        scopes: &'static [&'static str],
        document: &serde_json::Value,
    ) -> Request {
        let body = Some(Arc::from(document.to_string()));
        Request { endpoint, tier, scopes, address: Address::Ours(endpoint.to_owned()), method: Method::Post, body }
    }

    /// A request for what no entity describes: `parameters` are spelt out here.
    #[must_use]
    pub fn listing(
        endpoint: &'static str,
        tier: Tier,
        scopes: &'static [&'static str],
        parameters: &[(&str, &str)],
    ) -> Request {
        let pairs: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let mark = if pairs.is_empty() { "" } else { "?" };
        let address = Address::Ours(format!("{endpoint}{mark}{}", pairs.join("&")));
        Request { endpoint, tier, scopes, address, method: Method::Get, body: None }
    }

    /// A request without a document to one thing, whose id takes the place of `{id}` in `endpoint`.
    #[must_use]
    pub fn of_one(
        method: Method,
        endpoint: &'static str,
        tier: Tier,
        scopes: &'static [&'static str],
        id: &str,
    ) -> Request {
        let address = Address::Ours(endpoint.replace("{id}", &encoded(id)));
        Request { endpoint, tier, scopes, address, method, body: None }
    }

    /// The request that goes on where `batch`, the answer to this one, ends; what was posted is posted again.
    #[must_use]
    pub fn following(&self, batch: &Batch) -> Option<Request> {
        let address = Address::Link(batch.next.clone()?);
        Some(Request { address, ..self.clone() })
    }

    /// The path as the documentation spells it, `{id}` and all: what a budget belongs to.
    #[must_use]
    pub fn endpoint(&self) -> &'static str {
        self.endpoint
    }

    /// Path and query, or the whole link where Klaviyo gave one.
    #[must_use]
    pub fn target(&self) -> &str {
        match &self.address {
            Address::Ours(text) | Address::Link(text) => text,
        }
    }

    pub(super) fn link(&self) -> Option<&str> {
        match &self.address {
            Address::Ours(_) => None,
            Address::Link(link) => Some(link),
        }
    }

    pub(super) fn method(&self) -> Method {
        self.method
    }

    pub(super) fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    pub(super) fn tier(&self) -> Tier {
        self.tier
    }

    pub(super) fn scopes(&self) -> &'static [&'static str] {
        self.scopes
    }

    /// Whether it asks for something that belongs to one record, which may have been deleted meanwhile.
    pub(super) fn is_of_one_parent(&self) -> bool {
        self.endpoint.contains("{id}")
    }
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.name(), self.target())
    }
}

impl Bounds {
    /// As a filter on what the entity is followed by, if it is followed by a time.
    fn filter(self, follow: Follow) -> Option<String> {
        let (attribute, operator) = match follow {
            Follow::Since { attribute, operator, .. } => (attribute, operator),
            Follow::Windows { attribute } => (attribute, Operator::GreaterOrEqual),
            Follow::Everything | Follow::Parent | Follow::Report => return None,
        };
        let (start, end) = match self {
            Bounds::Since(start) => (floor(start), None),
            Bounds::Between { start, end } => (floor(start), Some(ceiling(end).max(floor(start) + SECOND))),
        };
        let mut filter = match operator {
            Operator::GreaterOrEqual => format!("greater-or-equal({attribute},{})", spelt(start)),
            Operator::GreaterThan => format!("greater-than({attribute},{})", spelt(start - SECOND)),
        };
        if let Some(end) = end {
            write!(filter, ",less-than({attribute},{})", spelt(end)).expect("a string takes everything");
        }
        Some(filter)
    }
}

const SECOND: TimeDelta = TimeDelta::seconds(1);

fn floor(time: DateTime<Utc>) -> DateTime<Utc> {
    time.duration_trunc(SECOND).expect("a second fits into any time")
}

fn ceiling(time: DateTime<Utc>) -> DateTime<Utc> {
    let floor = floor(time);
    if floor < time { floor + SECOND } else { floor }
}

/// Always with `Z`: an offset's `+` has been read as a space.
fn spelt(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn query(entity: &Entity, partition: Option<&str>, bounds: Option<Bounds>, page_size: Option<u16>) -> String {
    let time = bounds.and_then(|it| it.filter(entity.follow));
    let filters: Vec<&str> = partition.into_iter().chain(time.as_deref()).collect();
    let mut parameters: Vec<(String, String)> = Vec::new();
    let mut add = |name: String, value: String| {
        if !value.is_empty() {
            parameters.push((name, value));
        }
    };
    add("filter".to_owned(), filters.join(","));
    add("sort".to_owned(), entity.sort.unwrap_or_default().to_owned());
    add("include".to_owned(), entity.include.join(","));
    for (resource, fields) in entity.fields {
        add(format!("fields[{resource}]"), fields.join(","));
    }
    for (resource, fields) in entity.additional_fields {
        add(format!("additional-fields[{resource}]"), fields.join(","));
    }
    if let Some(size) = page_size {
        add("page[size]".to_owned(), size.to_string());
    }
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// Percent-encoded but for what RFC 3986 calls unreserved.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => write!(encoded, "%{byte:02X}").expect("a string takes everything"),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{ENTITIES, find};

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    /// What a server reads, checked to be the only thing that it can read.
    fn decoded(target: &str) -> String {
        assert!(target.bytes().all(|it| it.is_ascii_alphanumeric() || b"/-._~%?&=".contains(&it)), "{target}");
        let mut pieces = target.split('%');
        let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
        for piece in pieces {
            bytes.push(u8::from_str_radix(&piece[..2], 16).expect("two hexadecimal digits"));
            bytes.extend_from_slice(&piece.as_bytes()[2..]);
        }
        String::from_utf8(bytes).expect("text")
    }

    fn entity(name: &str) -> &'static Entity {
        find(name).expect("an entity")
    }

    #[test]
    fn every_entity_is_asked_for_in_full() {
        let expected = [
            ("accounts", "/api/accounts"),
            ("metrics", "/api/metrics"),
            (
                "mapped_metrics",
                "/api/mapped-metrics?include=metric,custom-metric&fields[metric]=id&fields[custom-metric]=id",
            ),
            (
                "campaigns",
                "/api/campaigns?filter=equals(messages.channel,'email'),equals(archived,false)\
                 &include=campaign-messages,tags&page[size]=100",
            ),
            ("flows", "/api/flows?filter=equals(archived,false)&include=flow-actions,tags&page[size]=50"),
            ("forms", "/api/forms?page[size]=100"),
            ("segments", "/api/segments?include=tags&page[size]=10"),
            ("lists", "/api/lists?include=tags&page[size]=10"),
            (
                "events",
                "/api/events?sort=-datetime&include=attributions,metric,profile\
                 &fields[metric]=id&fields[profile]=id&page[size]=1000",
            ),
            ("profiles", "/api/profiles?sort=updated&additional-fields[profile]=subscriptions&page[size]=100"),
            ("tags", "/api/tags?include=tag-group&fields[tag-group]=id&page[size]=50"),
            ("templates", "/api/templates?fields[template]=id,name,editor_type,created,updated&page[size]=10"),
            ("catalog_items", "/api/catalog-items?page[size]=100"),
            ("flow_messages", "/api/flow-actions/a b/flow-messages?page[size]=50"),
            ("form_versions", "/api/forms/a b/form-versions?page[size]=100"),
            (
                "segment_counts",
                "/api/segments/a b?fields[segment]=id,profile_count&additional-fields[segment]=profile_count",
            ),
            ("list_counts", "/api/lists/a b?fields[list]=id,profile_count&additional-fields[list]=profile_count"),
            (
                "list_members",
                "/api/lists/a b/profiles?sort=joined_group_at&fields[profile]=id,joined_group_at&page[size]=100",
            ),
            (
                "segment_members",
                "/api/segments/a b/profiles?sort=joined_group_at&fields[profile]=id,joined_group_at&page[size]=100",
            ),
            (
                "profile_predictions",
                "/api/profiles?sort=updated&fields[profile]=id,updated,predictive_analytics\
                 &additional-fields[profile]=predictive_analytics&page[size]=100",
            ),
        ];
        for (name, target) in expected {
            let partition = match entity(name).source {
                Source::List { partitions, .. } => partitions.first().copied(),
                _ => None,
            };
            let request = Request::first(entity(name), partition, None, Some("a b"));
            assert_eq!(decoded(request.target()), target, "{name}");
        }
        let is_listed = |it: &&&Entity| matches!(it.source, Source::List { .. } | Source::PerParent { .. });
        let listed = ENTITIES.iter().filter(is_listed).count();
        assert_eq!(expected.len(), listed, "an entity is missing here");
    }

    #[test]
    fn everything_that_could_be_misread_is_encoded() {
        let bounds = Bounds::Since(time("2026-01-01T00:00:00Z"));
        let request = Request::first(entity("templates"), None, Some(bounds), None);
        assert_eq!(
            request.target(),
            "/api/templates?filter=greater-or-equal%28updated%2C2026-01-01T00%3A00%3A00Z%29\
             &fields%5Btemplate%5D=id%2Cname%2Ceditor_type%2Ccreated%2Cupdated&page%5Bsize%5D=10"
        );
        let request = Request::first(entity("list_counts"), None, None, Some("../$custom:::1/é"));
        assert!(request.target().starts_with("/api/lists/..%2F%24custom%3A%3A%3A1%2F%C3%A9?"), "{request}");
        assert_eq!(request.endpoint(), "/api/lists/{id}");
    }

    #[test]
    fn bounds_are_spelt_as_the_endpoint_takes_them() {
        let since = |text| Bounds::Since(time(text));
        let between = |start, end| Bounds::Between { start: time(start), end: time(end) };
        let cases = [
            // Rows at the bound itself must not be lost; this endpoint takes only greater-than.
            ("profiles", since("2026-01-01T00:00:00Z"), "greater-than(updated,2025-12-31T23:59:59Z)"),
            ("profiles", since("2026-01-01T00:00:00.999Z"), "greater-than(updated,2025-12-31T23:59:59Z)"),
            (
                "profiles",
                between("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
                "greater-than(updated,2025-12-31T23:59:59Z),less-than(updated,2026-02-01T00:00:00Z)",
            ),
            ("templates", since("2026-01-01T00:00:00.5Z"), "greater-or-equal(updated,2026-01-01T00:00:00Z)"),
            ("events", since("2026-01-01T02:00:00+02:00"), "greater-or-equal(datetime,2026-01-01T00:00:00Z)"),
            (
                "events",
                between("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
                "greater-or-equal(datetime,2026-01-01T00:00:00Z),less-than(datetime,2026-01-02T00:00:00Z)",
            ),
            (
                "events",
                between("2026-01-01T00:00:00.1Z", "2026-01-01T23:59:59.1Z"),
                "greater-or-equal(datetime,2026-01-01T00:00:00Z),less-than(datetime,2026-01-02T00:00:00Z)",
            ),
            // Less than a second is refused as an empty window.
            (
                "events",
                between("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
                "greater-or-equal(datetime,2026-01-01T00:00:00Z),less-than(datetime,2026-01-01T00:00:01Z)",
            ),
        ];
        for (name, bounds, filter) in cases {
            assert_eq!(bounds.filter(entity(name).follow).as_deref(), Some(filter), "{name} {bounds:?}");
        }
    }

    #[test]
    fn a_partition_and_bounds_are_one_filter() {
        let bounds = Bounds::Since(time("2026-01-01T00:00:00Z"));
        let request = Request::first(entity("campaigns"), Some("equals(archived,true)"), Some(bounds), None);
        let filter = "?filter=equals(archived,true),greater-or-equal(updated_at,2026-01-01T00:00:00Z)&";
        assert!(decoded(request.target()).contains(filter), "{request}");
    }

    #[test]
    fn what_has_no_time_is_asked_for_as_a_whole() {
        let bounds = Bounds::Since(time("2026-01-01T00:00:00Z"));
        let request = Request::first(entity("metrics"), None, Some(bounds), None);
        assert_eq!(request.target(), "/api/metrics");
    }

    #[test]
    fn the_next_link_is_followed_as_it_is_and_counts_against_the_same_budget() {
        let first = Request::first(entity("metrics"), None, None, None);
        let link = "https://a.klaviyo.com/api/metrics/?page%5Bcursor%5D=bmV4dDo6aWQ6OjAx";
        let batch = |next: Option<&str>| Batch {
            data: Vec::new(),
            included: Vec::new(),
            next: next.map(str::to_owned),
            bytes: 0,
        };
        let second = first.following(&batch(Some(link))).expect("a link");
        assert_eq!(second.link(), Some(link));
        assert_eq!(second.endpoint(), first.endpoint());
        assert!(second.following(&batch(None)).is_none());
    }
}
