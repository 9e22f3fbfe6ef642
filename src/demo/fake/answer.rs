//! From a request to its answer: the one place that decides what the fake says, and in which order it refuses.

use super::cursor::{Cursor, Key};
use super::event_json::EventWriter;
use super::question::{Question, bad_cursor};
use super::record::Record;
use super::refusal::Refusal;
use super::{events, people, records};
use crate::demo::endpoints::{Endpoint, Resource, Serves};
use crate::demo::shop::{Event, NO_MESSAGE, Shop};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// Where the links of an answer point.
pub(super) struct Place<'a> {
    /// Scheme, host and port.
    pub(super) base: &'a str,
    /// The host that the next page is said to be on, which may be a lie.
    pub(super) next_base: &'a str,
    pub(super) path: &'a str,
    /// Decoded.
    pub(super) query: &'a [(String, String)],
}

/// The document that answers a question.
pub(super) fn document(
    shop: &Shop,
    endpoint: &Endpoint,
    id: Option<&str>,
    question: &Question,
    place: &Place<'_>,
    time: i64,
    repeat: bool,
) -> Result<String, Refusal> {
    let mut out = String::with_capacity(1 << 16);
    out.push_str("{\"data\":");
    let last = match (endpoint.serves, id) {
        (Serves::All(Resource::Event), _) => write_events(&mut out, shop, question, place, repeat),
        (Serves::One(Resource::Event), Some(id)) => {
            let event = events::one(shop, id).ok_or_else(|| Refusal::not_found("An event with that id"))?;
            let writer = EventWriter { shop, question, base: place.base };
            writer.write(&mut out, &event);
            write_event_included(&mut out, &writer, &[event]);
            None
        }
        (Serves::One(_), Some(id)) => {
            let record = single(shop, endpoint.serves, id, question, time);
            let record = record.ok_or_else(|| Refusal::not_found("A resource with that id"))?;
            record.write(&mut out, question, place.base);
            write_included(&mut out, shop, &[record], question, place.base, time);
            None
        }
        (Serves::Of(parent, _), Some(id)) if single(shop, Serves::One(parent), id, question, time).is_none() => {
            return Err(Refusal::not_found("The parent resource"));
        }
        (Serves::All(resource) | Serves::Of(_, resource), id) => {
            let (page, last) = listing(shop, resource, id, question, time, repeat);
            write_page(&mut out, &page, question, place.base);
            write_included(&mut out, shop, &page, question, place.base, time);
            last
        }
        (Serves::One(_), None) => return Err(Refusal::not_found("A resource without an id")),
    };
    write_links(&mut out, matches!(endpoint.serves, Serves::One(_)), question, place, last);
    Ok(out)
}

fn write_events(out: &mut String, shop: &Shop, question: &Question, place: &Place<'_>, repeat: bool) -> Option<Key> {
    let page = events::page(shop, question, repeat);
    out.reserve(page.events.len() * 2_000);
    let writer = EventWriter { shop, question, base: place.base };
    out.push('[');
    for (index, event) in page.events.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { "," });
        writer.write(out, event);
    }
    out.push(']');
    write_event_included(out, &writer, &page.events);
    page.last
}

fn write_event_included(out: &mut String, writer: &EventWriter<'_>, events: &[Event]) {
    let EventWriter { shop, question, base } = *writer;
    if question.include.is_empty() {
        return;
    }
    out.push_str(",\"included\":[");
    let start = out.len();
    if question.includes("attributions") {
        for event in events.iter().filter(|it| it.attributed_message != NO_MESSAGE) {
            writer.write_attribution(out, event);
            out.push(',');
        }
    }
    if question.includes("metric") {
        let seen: HashSet<&str> = events.iter().map(|it| shop.metric_id(it.kind)).collect();
        for record in
            records::records(shop, Resource::Metric, None, 0).iter().filter(|it| seen.contains(it.id.as_str()))
        {
            record.write(out, question, base);
            out.push(',');
        }
    }
    if question.includes("profile") {
        let mut seen = HashSet::new();
        let profiles =
            events.iter().filter(|it| seen.insert(it.profile)).filter_map(|it| shop.profiles.get(it.profile as usize));
        for profile in profiles {
            people::record(shop, profile, question).write(out, question, base);
            out.push(',');
        }
    }
    if out.len() > start {
        out.pop();
    }
    out.push(']');
}

/// The record of an id, whatever its kind.
fn single(shop: &Shop, serves: Serves, id: &str, question: &Question, time: i64) -> Option<Record> {
    let Serves::One(resource) = serves else { return None };
    if resource == Resource::Profile {
        let (_, profile) = shop.people(time).find(|(_, it)| it.id() == id)?;
        return Some(people::record(shop, profile, question));
    }
    let mut record = records::records(shop, resource, None, time).into_iter().find(|it| it.id == id)?;
    if resource == Resource::Form {
        // Alone it tells its definition and no relations, in a list the other way round.
        record.relations.clear();
    } else {
        withhold(&mut record, question);
    }
    Some(record)
}

/// Takes out what comes only when it is asked for.
fn withhold(record: &mut Record, question: &Question) {
    let extra = match record.kind {
        "flow" | "template" | "form" => "definition",
        "segment" | "list" => "profile_count",
        _ => return,
    };
    if !question.adds(extra) {
        record.attributes.remove(extra);
    }
}

type Page = (Vec<Record>, Option<Key>);

fn listing(
    shop: &Shop,
    resource: Resource,
    parent: Option<&str>,
    question: &Question,
    time: i64,
    repeat: bool,
) -> Page {
    if resource == Resource::Profile {
        return profiles(shop, question, time, repeat);
    }
    let mut all = records::records(shop, resource, parent, time);
    for condition in &question.conditions {
        all.retain(|it| it.meets(condition));
    }
    // Archived campaigns and flows come only when they are asked for.
    if matches!(resource, Resource::Campaign | Resource::Flow)
        && !question.conditions.iter().any(|it| it.field == "archived")
    {
        all.retain(|it| it.field("archived").as_bool() != Some(true));
    }
    let field = question.sort.as_ref().map_or("id", |it| it.0.as_str());
    let keyed = all.into_iter().map(|it| (order_key(&it, field), it)).collect();
    cut(keyed, question, repeat, |mut record| {
        withhold(&mut record, question);
        record
    })
}

/// Archived e-mail campaigns have been seen to come back in no order, whatever was asked for.
fn order_key(record: &Record, field: &str) -> Key {
    let archived = record.kind == "campaign" && record.field("archived").as_bool() == Some(true);
    if archived && record.field("messages.channel").as_str() == Some("email") {
        return Key { text: String::new(), ..record.key("id") };
    }
    record.key(field)
}

fn profiles(shop: &Shop, question: &Question, time: i64, repeat: bool) -> Page {
    let field = question.sort.as_ref().map_or("created", |it| it.0.as_str());
    let fits = |it: &(usize, &crate::demo::shop::Profile)| {
        question.conditions.iter().all(|condition| people::meets(it.1, condition))
    };
    let keyed = shop.people(time).filter(fits).map(|(index, it)| (people::key(it, index, field), it)).collect();
    cut(keyed, question, repeat, |profile| people::record(shop, profile, question))
}

/// The records of one page in their order, and where it ends if more follow.
fn cut<T>(mut keyed: Vec<(Key, T)>, question: &Question, repeat: bool, finish: impl Fn(T) -> Record) -> Page {
    let descending = question.sort.as_ref().is_some_and(|it| it.1);
    if let Some(cursor) = &question.cursor {
        keyed.retain(|(key, _)| {
            let beyond = if descending { key < &cursor.key } else { key > &cursor.key };
            beyond || (repeat && key == &cursor.key)
        });
    }
    let compare = |a: &(Key, T), b: &(Key, T)| if descending { b.0.cmp(&a.0) } else { a.0.cmp(&b.0) };
    let more = keyed.len() > question.size;
    if more {
        // Only the records of this page need an order among themselves.
        keyed.select_nth_unstable_by(question.size, compare);
        keyed.truncate(question.size);
    }
    keyed.sort_unstable_by(compare);
    let last = keyed.last().filter(|_| more).map(|it| it.0.clone());
    (keyed.into_iter().map(|it| finish(it.1)).collect(), last)
}

fn write_page(out: &mut String, page: &[Record], question: &Question, base: &str) {
    out.push('[');
    for (index, record) in page.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { "," });
        record.write(out, question, base);
    }
    out.push(']');
}

fn write_included(out: &mut String, shop: &Shop, page: &[Record], question: &Question, base: &str, time: i64) {
    if question.include.is_empty() {
        return;
    }
    let mut written = HashSet::new();
    let mut included = Vec::new();
    for include in &question.include {
        let known = related(shop, include, time);
        let ids = page.iter().flat_map(|it| it.related_ids(include));
        included.extend(ids.filter(|it| written.insert(it.clone())).filter_map(|it| known.get(&it).cloned()));
    }
    for record in &mut included {
        withhold(record, question);
    }
    out.push_str(",\"included\":");
    write_page(out, &included, question, base);
}

/// Records that an include may bring in, by id.
fn related(shop: &Shop, include: &str, time: i64) -> HashMap<String, Record> {
    let records = match records::included_kind(include) {
        Some(resource) => records::records(shop, resource, None, time),
        None if include == "tag-group" => vec![records::tag_group(shop)],
        None => Vec::new(),
    };
    records.into_iter().map(|it| (it.id.clone(), it)).collect()
}

fn write_links(out: &mut String, single: bool, question: &Question, place: &Place<'_>, last: Option<Key>) {
    let next = last.map(|key| Cursor { question: question.digest, key }.text());
    let this = url(place.base, place, None);
    let json = |url: String| serde_json::Value::from(url).to_string();
    out.push_str(",\"links\":{\"self\":");
    out.push_str(&json(this));
    if !single {
        out.push_str(",\"next\":");
        out.push_str(&next.map_or_else(|| "null".to_owned(), |it| json(url(place.next_base, place, Some(&it)))));
        out.push_str(",\"prev\":null");
    }
    out.push_str("}}");
}

/// The address of this request, or of the same with another cursor.
fn url(base: &str, place: &Place<'_>, cursor: Option<&str>) -> String {
    let mut url = format!("{base}{}", place.path);
    let kept = place.query.iter().filter(|it| cursor.is_none() || it.0 != "page[cursor]");
    let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
    for (index, (name, value)) in kept.chain(cursor.map(|it| ("page[cursor]", it))).enumerate() {
        url.push(if index == 0 { '?' } else { '&' });
        encode(&mut url, name);
        url.push('=');
        encode(&mut url, value);
    }
    url
}

fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a text takes everything");
        }
    }
}

/// The decoded parameters of a query; `None` if it is not one.
pub(super) fn parameters(query: &str) -> Option<Vec<(String, String)>> {
    let parts = query.split('&').filter(|it| !it.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}

/// Undoes the encoding of a query; a plus sign is a space.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            b'+' => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Refuses a cursor that has expired.
pub(super) fn expired() -> Refusal {
    bad_cursor()
}
