//! Turns what Klaviyo sent into rows, as the catalog describes them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::values;
use crate::catalog::{Column, Entity, Follow, From, Kind, Source};
use crate::klaviyo::Batch;
use crate::store::{Cell, Record, document, zone};

/// A record of Klaviyo's that is not what the API promises.
#[derive(Debug, thiserror::Error)]
#[error("Klaviyo sent a record of {entity} that cannot be read: {reason}")]
pub struct Malformed {
    entity: &'static str,
    reason: String,
}

/// One response as rows.
#[derive(Debug, Default)]
pub struct Page {
    pub records: Vec<Record>,
    /// For each record the time that the entity is followed by.
    pub followed: Vec<Option<DateTime<Utc>>>,
    /// Rows of the entities that came along.
    pub companions: Vec<(&'static Entity, Vec<Record>)>,
}

/// What the rows of a response are made with, beside the response.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The account's, for local times.
    pub zone: Tz,
    /// The row that the response was asked for, where the entity is read per parent.
    pub parent: Option<&'a str>,
}

/// Reads a response of `entity`.
///
/// # Errors
/// When a record is no record: not JSON, or without an id.
pub fn read(entity: &'static Entity, batch: &Batch, context: Context<'_>) -> Result<Page, Malformed> {
    let included = Included::of(entity, &batch.included)?;
    let companions: Vec<_> = entity.companions().collect();
    let mut parents: Vec<HashMap<String, String>> = vec![HashMap::new(); companions.len()];
    let mut page = Page::default();
    for raw in &batch.data {
        let document = Document::parse(entity, raw)?;
        for ((_, relationship), parents) in companions.iter().zip(&mut parents) {
            for child in related(&document.value, relationship) {
                parents.insert(child.1, document.id.clone());
            }
        }
        page.followed.push(followed(entity, &document.value));
        page.records.push(document.record(entity, &included, context)?);
    }
    for ((companion, _), parents) in companions.into_iter().zip(parents) {
        page.companions.push((companion, included.records(companion, &parents, context)?));
    }
    Ok(page)
}

/// The time that the next pass starts from.
fn followed(entity: &Entity, value: &Value) -> Option<DateTime<Utc>> {
    match entity.follow {
        Follow::Since { attribute, .. } | Follow::Windows { attribute } => {
            values::time(value.get("attributes")?.get(attribute)?)
        }
        Follow::Everything | Follow::Parent => None,
    }
}

/// Type and id of the items of a relationship, one or many.
fn related(value: &Value, relationship: &str) -> Vec<(String, String)> {
    let data = value.get("relationships").and_then(|it| it.get(relationship)).and_then(|it| it.get("data"));
    let items = match data {
        Some(Value::Array(items)) => items.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    };
    let name = |it: &Value| Some((it.get("type")?.as_str()?.to_owned(), it.get("id")?.as_str()?.to_owned()));
    items.iter().filter_map(name).collect()
}

/// One record, harmless and parsed.
struct Document {
    id: String,
    value: Value,
    /// What was sent, where it had to be changed.
    raw: Option<String>,
}

impl Document {
    fn parse(entity: &Entity, raw: &RawValue) -> Result<Document, Malformed> {
        let malformed = |reason: String| Malformed { entity: entity.name, reason };
        let mended = document::mend(raw.get());
        let text = mended.as_deref().unwrap_or(raw.get());
        let value: Value = serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
        let id = value.get("id").map(values::text).filter(|it| !it.is_empty());
        let id = id.ok_or_else(|| malformed("it has no id".to_owned()))?;
        Ok(Document { id, value, raw: mended.map(|_| raw.get().to_owned()) })
    }

    fn record(self, entity: &Entity, included: &Included<'_>, context: Context<'_>) -> Result<Record, Malformed> {
        let cells = entity.columns.iter().map(|it| self.cell(entity, it, included, context));
        let cells = cells.collect::<Result<_, _>>()?;
        let rest = at(&self.value, entity.rest.pointer).filter(|it| !it.is_null()).map(Value::to_string);
        let id = match (entity.source, context.parent) {
            (Source::PerParent { key, .. }, Some(parent)) => key.of(parent, &self.id),
            _ => self.id,
        };
        Ok(Record { id, cells, rest, raw: self.raw })
    }

    fn cell(
        &self,
        entity: &Entity,
        column: &Column,
        included: &Included<'_>,
        context: Context<'_>,
    ) -> Result<Cell, Malformed> {
        Ok(match column.from {
            From::Own(pointers) => {
                let found = pointers.iter().filter_map(|it| at(&self.value, it)).find(|it| !it.is_null());
                found.map_or(Cell::Null, |it| cell(column.kind, it, context.zone))
            }
            From::Any(pointers) => {
                let mut flags = pointers.iter().filter_map(|it| values::flag(at(&self.value, it)?)).peekable();
                if flags.peek().is_none() { Cell::Null } else { Cell::Flag(flags.any(|it| it)) }
            }
            From::Parent => context.parent.map_or(Cell::Null, |it| Cell::Text(it.to_owned())),
            From::Via { relationship, pointer } => {
                let item = related(&self.value, relationship).into_iter().next();
                let other = item.map(|it| included.find(entity, &it)).transpose()?.flatten();
                let found = other.as_ref().and_then(|it| at(it, pointer)).filter(|it| !it.is_null());
                found.map_or(Cell::Null, |it| cell(column.kind, it, context.zone))
            }
        })
    }
}

/// What a pointer of the catalog points at. None of them has an escape, whose replacement is what most of the time of
/// [`Value::pointer`] goes into, eighteen times an event.
fn at<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    pointer.split('/').skip(1).try_fold(value, |value, name| match value {
        Value::Object(members) => members.get(name),
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => None,
    })
}

/// A value as the kind of its column; what does not fit is unknown, never an error: properties are the shop's.
fn cell(kind: Kind, value: &Value, zone: Tz) -> Cell {
    let known = match kind {
        Kind::Text => Some(Cell::Text(values::text(value))),
        Kind::Count => values::count(value).map(Cell::Count),
        Kind::Number => value.as_f64().map(Cell::Number),
        Kind::Money => values::money(value).map(Cell::Money),
        Kind::Flag => values::flag(value).map(Cell::Flag),
        Kind::Time => values::time(value).map(|it| Cell::Time(it.naive_utc())),
        Kind::LocalTime => values::time(value).map(|it| Cell::Time(zone::local(it, zone))),
        Kind::Texts => values::texts(value).map(Cell::Texts),
        Kind::Document => values::document(value).map(Cell::Text),
    };
    known.unwrap_or(Cell::Null)
}

/// The `included` records of a response, by type and id; parsed only when asked for.
struct Included<'a> {
    by_name: HashMap<(&'a str, &'a str), &'a RawValue>,
}

#[derive(Deserialize)]
struct Name<'a> {
    #[serde(rename = "type")]
    resource: &'a str,
    id: &'a str,
}

impl<'a> Included<'a> {
    fn of(entity: &Entity, raws: &'a [Box<RawValue>]) -> Result<Included<'a>, Malformed> {
        let mut by_name = HashMap::with_capacity(raws.len());
        for raw in raws {
            let name: Name<'a> = serde_json::from_str(raw.get())
                .map_err(|error| Malformed { entity: entity.name, reason: format!("what came along: {error}") })?;
            by_name.insert((name.resource, name.id), &**raw);
        }
        Ok(Included { by_name })
    }

    fn find(&self, entity: &Entity, (resource, id): &(String, String)) -> Result<Option<Value>, Malformed> {
        let Some(raw) = self.by_name.get(&(resource.as_str(), id.as_str())) else { return Ok(None) };
        Ok(Some(Document::parse(entity, raw)?.value))
    }

    /// The rows of an entity that came along, each with its parent.
    fn records(
        &self,
        entity: &Entity,
        parents: &HashMap<String, String>,
        context: Context<'_>,
    ) -> Result<Vec<Record>, Malformed> {
        let own = self.by_name.iter().filter(|((resource, _), _)| *resource == entity.resource);
        own.map(|((_, id), raw)| {
            let context = Context { parent: parents.get(*id).map(String::as_str), ..context };
            Document::parse(entity, raw)?.record(entity, self, context)
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{EVENTS, find};
    use serde_json::json;

    fn batch(data: Value, included: Value) -> Batch {
        let raws = |it: Value| serde_json::from_value::<Vec<Value>>(it).expect("a list");
        let raw = |it: Value| RawValue::from_string(it.to_string()).expect("JSON");
        Batch {
            data: raws(data).into_iter().map(raw).collect(),
            included: raws(included).into_iter().map(raw).collect(),
            next: None,
            bytes: 0,
        }
    }

    fn context() -> Context<'static> {
        Context { zone: Tz::America__New_York, parent: None }
    }

    fn value_of(record: &Record, entity: &Entity, column: &str) -> Cell {
        let at = entity.columns.iter().position(|it| it.name == column).expect("a column");
        record.cells[at].clone()
    }

    #[test]
    fn an_order_knows_the_message_that_earned_it() {
        let order = json!([{
            "type": "event", "id": "e1",
            "attributes": {
                "datetime": "2026-07-01 03:30:00+00:00",
                "event_properties": {"$value": "$1,234.50", "$value_currency": "USD", "Apple Privacy Open": false, "machine_open": "true"}
            },
            "relationships": {
                "metric": {"data": {"type": "metric", "id": "m1"}},
                "profile": {"data": null},
                "attributions": {"data": [{"type": "attribution", "id": "a1"}]}
            }
        }]);
        let included = json!([
            {"type": "metric", "id": "m1"},
            {"type": "attribution", "id": "a1", "relationships": {
                "attributed-event": {"data": {"type": "event", "id": "e0"}},
                "campaign": {"data": {"type": "campaign", "id": "c1"}},
                "flow": {"data": null}
            }}
        ]);
        let page = read(&EVENTS, &batch(order, included), context()).expect("readable");
        let record = &page.records[0];
        for (column, want) in [
            ("metric_id", Cell::Text("m1".into())),
            ("profile_id", Cell::Null),
            ("value", Cell::Money("1234.5000".into())),
            ("timestamp", Cell::Time("2026-07-01T03:30:00".parse().expect("a time"))),
            ("local_datetime", Cell::Time("2026-06-30T23:30:00".parse().expect("a time"))),
            ("is_machine_open", Cell::Flag(true)),
            ("is_bot_click", Cell::Null),
            ("attributed_event_id", Cell::Text("e0".into())),
            ("attributed_campaign_id", Cell::Text("c1".into())),
            ("attributed_flow_id", Cell::Null),
        ] {
            assert_eq!(value_of(record, &EVENTS, column), want, "{column}");
        }
        assert_eq!(record.raw, None);
    }

    #[test]
    fn a_message_belongs_to_the_campaign_that_it_came_along_with() {
        let campaigns = find("campaigns").expect("an entity");
        let messages = find("campaign_messages").expect("an entity");
        let data = json!([{
            "type": "campaign", "id": "c1",
            "attributes": {"name": "Sale", "updated_at": "2026-01-02T00:00:00+00:00"},
            "relationships": {
                "campaign-messages": {"data": [{"type": "campaign-message", "id": "m1"}]},
                "tags": {"data": [{"type": "tag", "id": "t1"}]}
            }
        }]);
        let included = json!([
            {"type": "campaign-message", "id": "m1", "attributes": {"definition": {"channel": "email", "content": {"subject": "Hi"}}}},
            {"type": "tag", "id": "t1", "attributes": {"name": "VIP"}}
        ]);
        let page = read(campaigns, &batch(data, included), context()).expect("readable");
        assert_eq!(page.followed, ["2026-01-02T00:00:00Z".parse().ok()]);
        assert_eq!(value_of(&page.records[0], campaigns, "tag_ids"), Cell::Texts(vec!["t1".into()]));
        let (companion, records) = &page.companions[0];
        assert_eq!((companion.name, records.len()), ("campaign_messages", 1));
        assert_eq!(value_of(&records[0], messages, "campaign_id"), Cell::Text("c1".into()));
        assert_eq!(value_of(&records[0], messages, "subject"), Cell::Text("Hi".into()));
    }

    #[test]
    fn a_record_that_had_to_be_mended_keeps_what_was_sent() {
        let text =
            r#"{"type":"event","id":"e1","attributes":{"event_properties":{"n":18446744073709551616,"s":"\ud83d"}}}"#;
        let raw = RawValue::from_string(text.to_owned()).expect("JSON");
        let batch = Batch { data: vec![raw], included: vec![], next: None, bytes: 0 };
        let record = read(&EVENTS, &batch, context()).expect("readable").records.remove(0);
        assert_eq!(record.raw.as_deref(), Some(text));
        assert_eq!(record.rest.as_deref(), Some("{\"n\":\"18446744073709551616\",\"s\":\"\u{fffd}\"}"));
    }

    #[test]
    fn a_record_without_an_id_is_refused() {
        let error = read(&EVENTS, &batch(json!([{"type": "event"}]), json!([])), context()).expect_err("no id");
        assert_eq!(error.to_string(), "Klaviyo sent a record of events that cannot be read: it has no id");
    }
}
