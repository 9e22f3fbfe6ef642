//! The document that answers a question: data, what is included, links.

use super::address::address;
use super::cursor::{Cursor, Ends, Key};
use super::event_json::EventWriter;
use super::events;
use super::listing::Choice;
use super::record::Record;
use super::refusal::Refusal;
use super::{people, records};
use crate::demo::endpoints::{Endpoint, Resource, Serves};
use crate::demo::shop::{Event, NO_MESSAGE, Oddity};
use std::collections::HashSet;

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

/// Answers for an endpoint and the id in its path, into `out`.
pub(super) fn document(
    endpoint: &Endpoint,
    id: Option<&str>,
    choice: Choice<'_>,
    place: &Place<'_>,
    out: &mut String,
) -> Result<(), Refusal> {
    let mut document = Document { out, choice, base: place.base };
    document.out.push_str("{\"data\":");
    let ends = match (endpoint.serves, id) {
        (Serves::All(Resource::Event), _) => document.events()?,
        (Serves::One(resource), id) => {
            document.single(resource, id.unwrap_or_default())?;
            Ends::default()
        }
        (Serves::Of(parent, _), Some(id)) if !choice.has(parent, id) => {
            return Err(Refusal::not_found("The parent resource"));
        }
        // What is computed has an answer of its own.
        (Serves::Report(_) | Serves::Aggregates | Serves::Webhooks, _) => {
            return Err(Refusal::not_found("The resource"));
        }
        (Serves::All(resource) | Serves::Of(_, resource), id) => {
            let (page, ends) = choice.page(resource, id);
            document.records(&page);
            document.included(&page);
            ends
        }
    };
    document.links(matches!(endpoint.serves, Serves::One(_)), place, ends);
    Ok(())
}

/// A document on its way.
struct Document<'a> {
    out: &'a mut String,
    choice: Choice<'a>,
    base: &'a str,
}

/// Bytes of an event with everything, so that a page of them is not moved while it grows.
const EVENT_BYTES: usize = 2_000;

impl<'a> Document<'a> {
    fn single(&mut self, resource: Resource, id: &str) -> Result<(), Refusal> {
        let missing = || Refusal::not_found("A resource with that id");
        if resource == Resource::Event {
            let event = events::one(self.choice.shop, id).ok_or_else(missing)?;
            let writer = self.writer();
            writer.write(self.out, &event);
            self.included_with_events(&[event]);
        } else {
            let record = self.choice.single(resource, id).ok_or_else(missing)?;
            record.write(self.out, self.choice.question, self.base);
            self.included(&[record]);
        }
        Ok(())
    }

    fn writer(&self) -> EventWriter<'a> {
        EventWriter::new(self.choice.shop, self.choice.question, self.base)
    }

    fn events(&mut self) -> Result<Ends, Refusal> {
        let Choice { shop, question, repeat, .. } = self.choice;
        let page = events::page(shop, question, repeat)?;
        self.out.reserve(page.events.len() * EVENT_BYTES);
        let writer = self.writer();
        self.out.push('[');
        for event in &page.events {
            writer.write(self.out, event);
            self.out.push(',');
        }
        self.close_list();
        self.included_with_events(&page.events);
        Ok(page.ends)
    }

    fn included_with_events(&mut self, events: &[Event]) {
        let Choice { shop, question, .. } = self.choice;
        if question.include.is_empty() {
            return;
        }
        let writer = self.writer();
        self.out.push_str(",\"included\":[");
        if question.includes("attributions") {
            for event in events.iter().filter(|it| it.attributed_message != NO_MESSAGE) {
                writer.write_attribution(self.out, event);
                self.out.push(',');
            }
        }
        if question.includes("metric") {
            let resolved = events.iter().filter(|it| it.oddity != Oddity::NoMetric);
            let seen: HashSet<&str> = resolved.map(|it| shop.metric_id(it.kind)).collect();
            let metrics = records::records(shop, Resource::Metric, None);
            for record in metrics.iter().filter(|it| seen.contains(it.id.as_str())) {
                record.write(self.out, question, self.base);
                self.out.push(',');
            }
        }
        if question.includes("profile") {
            let bare = question.fields_of("profile").is_some_and(|it| it.iter().all(|it| it == "id"));
            let mut seen = HashSet::new();
            let first = events.iter().filter(|it| seen.insert(it.profile));
            for profile in first.filter_map(|it| shop.profiles.get(it.profile as usize)) {
                if bare {
                    writer.write_bare_profile(self.out, profile);
                } else {
                    people::record(shop, profile, question, self.choice.time).write(self.out, question, self.base);
                }
                self.out.push(',');
            }
        }
        self.close_list();
    }

    fn records(&mut self, records: &[Record]) {
        self.out.push('[');
        for record in records {
            record.write(self.out, self.choice.question, self.base);
            self.out.push(',');
        }
        self.close_list();
    }

    /// Ends a list after whose items there is a comma each.
    fn close_list(&mut self) {
        if self.out.ends_with(',') {
            self.out.pop();
        }
        self.out.push(']');
    }

    fn included(&mut self, page: &[Record]) {
        let include = &self.choice.question.include;
        if include.is_empty() {
            return;
        }
        let mut written = HashSet::new();
        let mut included = Vec::new();
        for include in include {
            let known = self.choice.related(include);
            let ids = page.iter().flat_map(|it| it.related_ids(include));
            included.extend(ids.filter(|it| written.insert(it.clone())).filter_map(|it| known.get(&it).cloned()));
        }
        self.out.push_str(",\"included\":");
        self.records(&included);
    }

    fn links(&mut self, single: bool, place: &Place<'_>, ends: Ends) {
        let json = |url: String| serde_json::Value::from(url).to_string();
        self.out.push_str(",\"links\":{\"self\":");
        self.out.push_str(&json(address(place.base, place.path, place.query, None)));
        if !single {
            let question = self.choice.question.digest;
            let link = |key: Option<Key>, base: &str, back: bool| {
                let cursor = key.map(|key| Cursor { question, key, back }.text());
                cursor.map_or("null".to_owned(), |it| json(address(base, place.path, place.query, Some(&it))))
            };
            self.out.push_str(",\"next\":");
            self.out.push_str(&link(ends.next, place.next_base, false));
            self.out.push_str(",\"prev\":");
            self.out.push_str(&link(ends.prev, place.base, true));
        }
        self.out.push_str("}}");
    }
}
