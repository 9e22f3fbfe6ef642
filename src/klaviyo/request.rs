//! What is asked of Klaviyo: a URL that follows from the catalog, and the budget it counts against.

use std::fmt::{self, Write as _};

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
        let endpoint = entity.path().expect("an included entity is read in the pages of its parent");
        let path = match (entity.source, parent_id) {
            (Source::PerParent { .. }, id) => {
                endpoint.replace("{id}", &encoded(id.expect("an entity read per parent is asked for by its id")))
            }
            _ => endpoint.to_owned(),
        };
        let address = Address::Ours(path + &query(entity, partition, bounds));
        Request { endpoint, tier: entity.tier, scopes: entity.scopes, address }
    }

    /// The request that goes on where `batch`, the answer to this one, ends.
    #[must_use]
    pub fn following(&self, batch: &Batch) -> Option<Request> {
        let address = Address::Link(batch.next.clone()?);
        Some(Request { address, ..*self })
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

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GET {}", self.target())
    }
}

impl Bounds {
    /// As a filter on what the entity is followed by, if it is followed by a time.
    fn filter(self, follow: Follow) -> Option<String> {
        let (attribute, operator) = match follow {
            Follow::Since { attribute, operator } => (attribute, operator),
            Follow::Windows { attribute } => (attribute, Operator::GreaterOrEqual),
            Follow::Everything | Follow::Parent => return None,
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

fn query(entity: &Entity, partition: Option<&str>, bounds: Option<Bounds>) -> String {
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
    if let Source::List { page_size: Some(size), .. } | Source::PerParent { page_size: Some(size), .. } = entity.source
    {
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
