//! Turns what Klaviyo sent into rows, as the catalog describes them.

mod shape;

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use serde_json::value::RawValue;

use self::shape::{Found, Shape};
use super::values;
use crate::catalog::{Entity, Follow, From, Kind, Source};
use crate::klaviyo::Batch;
use crate::store::{Cell, Record, document, zone};

/// A response that is not what the API promises.
#[derive(Debug, thiserror::Error)]
#[error("what Klaviyo sent of {entity} cannot be read: {reason}")]
pub struct Malformed {
    entity: &'static str,
    reason: String,
}

impl Malformed {
    pub(super) fn new(entity: &Entity, reason: String) -> Malformed {
        Malformed { entity: entity.name, reason }
    }
}

/// One response as rows.
#[derive(Debug, Default)]
pub struct Page {
    pub records: Vec<Record>,
    /// For each record the time that the entity is followed by.
    pub followed: Vec<Option<DateTime<Utc>>>,
    /// Rows of the entities that came along.
    pub companions: Vec<(&'static Entity, Vec<Record>)>,
    /// Records without an id, which are none: of the entity, or among what came along.
    pub left_out: usize,
}

/// What the rows of a response are made with, beside the response.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The account's, for local times.
    pub zone: Tz,
    /// The row that the response was asked for, where the entity is read per parent.
    pub parent: Option<&'a str>,
}

/// Reads a response of `entity`. A record without an id is left out, and the others are kept.
///
/// # Errors
/// When it holds records, and none of them has an id.
pub fn read(entity: &'static Entity, batch: &Batch, context: Context<'_>) -> Result<Page, Malformed> {
    let reader = Reader::of(entity);
    let included = Included::of(&batch.included);
    let companions: Vec<_> = entity.companions().collect();
    let mut parents: Vec<HashMap<String, String>> = vec![HashMap::new(); companions.len()];
    let mut page = Page { left_out: included.left_out, ..Page::default() };
    for raw in &batch.data {
        let document = Document::find(&reader.shape, raw.get());
        let Some(id) = document.id(reader.id) else {
            page.left_out += 1;
            continue;
        };
        for (relationship, parents) in reader.companions.iter().zip(&mut parents) {
            for (_, child) in document.related(*relationship) {
                parents.insert(child, id.clone());
            }
        }
        page.followed.push(reader.followed.and_then(|it| values::time(document.json(it)?)));
        page.records.push(reader.record(id, &document, &included, context));
    }
    if page.records.is_empty() && !batch.data.is_empty() {
        return Err(Malformed::new(entity, format!("no record of a page of {} has an id", batch.data.len())));
    }
    for ((companion, _), parents) in companions.into_iter().zip(parents) {
        page.companions.push((companion, included.records(companion, &parents, context)));
    }
    Ok(page)
}

/// How the records of an entity are read: every place that the catalog names, as a slot of one shape.
struct Reader {
    entity: &'static Entity,
    shape: Shape,
    id: usize,
    /// What the next pass starts from.
    followed: Option<usize>,
    columns: Vec<Place>,
    rest: usize,
    /// The relationships that columns look through, each with the shape of what it leads to.
    via: Vec<(usize, Shape)>,
    /// The relationships that name the entities which come along.
    companions: Vec<usize>,
}

/// Where a column's value is found.
enum Place {
    Own(Vec<usize>),
    Any(Vec<usize>),
    /// A slot of what the relationship of that number leads to.
    Via(usize, usize),
    Parent,
}

impl Reader {
    fn of(entity: &'static Entity) -> Reader {
        let mut reader = Reader {
            entity,
            shape: Shape::default(),
            id: 0,
            followed: None,
            columns: Vec::with_capacity(entity.columns.len()),
            rest: 0,
            via: Vec::new(),
            companions: Vec::new(),
        };
        reader.id = reader.shape.slot(&["id"]);
        reader.rest = reader.shape.slot_at(entity.rest.pointer);
        if let Follow::Since { attribute, .. } | Follow::Windows { attribute } = entity.follow {
            reader.followed = Some(reader.shape.slot(&["attributes", attribute]));
        }
        reader.companions =
            entity.companions().map(|(_, it)| reader.shape.slot(&["relationships", it, "data"])).collect();
        for column in entity.columns {
            let place = reader.place(column.from);
            reader.columns.push(place);
        }
        reader
    }

    fn place(&mut self, from: From) -> Place {
        let mut slots = |pointers: &[&'static str]| pointers.iter().map(|it| self.shape.slot_at(it)).collect();
        match from {
            From::Own(pointers) => Place::Own(slots(pointers)),
            From::Any(pointers) => Place::Any(slots(pointers)),
            From::Parent => Place::Parent,
            From::Via { relationship, pointer } => {
                let slot = self.shape.slot(&["relationships", relationship, "data"]);
                let number = self.via.iter().position(|(it, _)| *it == slot).unwrap_or_else(|| {
                    self.via.push((slot, Shape::default()));
                    self.via.len() - 1
                });
                Place::Via(number, self.via[number].1.slot_at(pointer))
            }
        }
    }

    fn record(&self, id: String, document: &Document<'_>, included: &Included<'_>, context: Context<'_>) -> Record {
        let others: Vec<_> = self.via.iter().map(|it| included.follow(document, it)).collect();
        let columns = self.entity.columns.iter().zip(&self.columns);
        let cells = columns.map(|(column, place)| match place {
            Place::Own(slots) => cell(column.kind, slots.iter().find_map(|it| document.json(*it)), context.zone),
            Place::Any(slots) => any(slots.iter().filter_map(|it| values::flag(document.json(*it)?))),
            Place::Parent => context.parent.map_or(Cell::Null, |it| Cell::Text(it.to_owned())),
            Place::Via(number, slot) => {
                cell(column.kind, others[*number].as_ref().and_then(|it| it.json(*slot)), context.zone)
            }
        });
        let id = match (self.entity.source, context.parent) {
            (Source::PerParent { key, .. }, Some(parent)) => key.of(parent, &id),
            _ => id,
        };
        Record {
            id,
            cells: cells.collect(),
            rest: document.json(self.rest).map(ToOwned::to_owned),
            raw: document.sent.map(ToOwned::to_owned),
        }
    }
}

/// True when one of them is, unknown when there is none.
fn any(flags: impl Iterator<Item = bool>) -> Cell {
    flags.reduce(|a, b| a || b).map_or(Cell::Null, Cell::Flag)
}

/// A value as the kind of its column; what does not fit is unknown, never an error: properties are the shop's.
fn cell(kind: Kind, json: Option<&str>, zone: Tz) -> Cell {
    let Some(json) = json else { return Cell::Null };
    let known = match kind {
        Kind::Text => Some(Cell::Text(values::text(json).into_owned())),
        Kind::Count => values::count(json).map(Cell::Count),
        Kind::Number => values::number(json).map(Cell::Number),
        Kind::Money => values::money(json).map(Cell::Money),
        Kind::Flag => values::flag(json).map(Cell::Flag),
        Kind::Time => values::time(json).map(|it| Cell::Time(it.naive_utc())),
        Kind::LocalTime => values::time(json).map(|it| Cell::Time(zone::local(it, zone))),
        Kind::Document => values::document(json).map(|it| Cell::Text(it.to_owned())),
        Kind::Day => values::day(json).map(Cell::Day),
        Kind::Texts => values::texts(json).map(Cell::Texts),
    };
    known.unwrap_or(Cell::Null)
}

/// One record, harmless, with the places of a shape found in it.
struct Document<'t> {
    text: Cow<'t, str>,
    found: Found,
    /// What was sent, where it had to be changed.
    sent: Option<&'t str>,
}

impl<'t> Document<'t> {
    fn find(shape: &Shape, text: &'t str) -> Document<'t> {
        let found = shape.find(text);
        let mended = if found.is_doubtful { document::mend(text) } else { None };
        match mended {
            None => Document { text: Cow::Borrowed(text), found, sent: None },
            Some(mended) => Document { found: shape.find(&mended), text: Cow::Owned(mended), sent: Some(text) },
        }
    }

    /// What is there, as it is written, unless it is null.
    fn json(&self, slot: usize) -> Option<&str> {
        self.found.json(&self.text, slot)
    }

    fn id(&self, slot: usize) -> Option<String> {
        self.json(slot).map(|it| values::text(it).into_owned()).filter(|it| !it.is_empty())
    }

    /// Type and id of the items of a relationship, one or many.
    fn related(&self, slot: usize) -> Vec<(String, String)> {
        let Some(json) = self.json(slot).filter(|it| *it != "[]") else { return Vec::new() };
        let items = match serde_json::from_str(json) {
            Ok(Value::Array(items)) => items,
            Ok(one) => vec![one],
            Err(_) => Vec::new(),
        };
        let name = |it: &Value| Some((it.get("type")?.as_str()?.to_owned(), it.get("id")?.as_str()?.to_owned()));
        items.iter().filter_map(name).collect()
    }
}

/// The `included` records of a response, by type and id.
struct Included<'a> {
    by_name: HashMap<(Cow<'a, str>, Cow<'a, str>), &'a str>,
    left_out: usize,
}

impl<'a> Included<'a> {
    fn of(raws: &'a [Box<RawValue>]) -> Included<'a> {
        let mut shape = Shape::default();
        let (resource, id) = (shape.slot(&["type"]), shape.slot(&["id"]));
        let mut by_name = HashMap::with_capacity(raws.len());
        let mut left_out = 0;
        for text in raws.iter().map(|it| it.get()) {
            let found = shape.find(text);
            match (found.json(text, resource), found.json(text, id).filter(|it| *it != "\"\"")) {
                (Some(resource), Some(id)) => {
                    by_name.insert((values::text(resource), values::text(id)), text);
                }
                _ => left_out += 1,
            }
        }
        Included { by_name, left_out }
    }

    /// The record that the first item of a relationship leads to.
    fn follow(&self, from: &Document<'_>, (slot, shape): &(usize, Shape)) -> Option<Document<'a>> {
        let (resource, id) = from.related(*slot).into_iter().next()?;
        let text = self.by_name.get(&(Cow::Owned(resource), Cow::Owned(id)))?;
        Some(Document::find(shape, text))
    }

    /// The rows of an entity that came along, each with its parent.
    fn records(&self, entity: &'static Entity, parents: &HashMap<String, String>, context: Context<'_>) -> Vec<Record> {
        let reader = Reader::of(entity);
        let own = self.by_name.iter().filter(|((resource, _), _)| *resource == entity.resource);
        own.map(|((_, id), text)| {
            let context = Context { parent: parents.get(&**id).map(String::as_str), ..context };
            reader.record(id.to_string(), &Document::find(&reader.shape, text), self, context)
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{EVENTS, find};
    use proptest::prelude::{Just, Strategy, any as any_of, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
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
    fn a_record_without_an_id_is_left_out_and_the_others_are_kept() {
        let data = json!([{"type": "event"}, {"type": "event", "id": "e1"}, {"id": ""}, [], 7, {"id": null}]);
        let included = json!([{"type": "attribution"}, {"id": "a1"}, null, {"type": "attribution", "id": "a1"}]);
        let page = read(&EVENTS, &batch(data, included), context()).expect("readable");
        let ids: Vec<_> = page.records.iter().map(|it| it.id.as_str()).collect();
        assert_eq!((ids, page.followed.len(), page.left_out), (vec!["e1"], 1, 8));
    }

    #[test]
    fn a_page_without_any_id_is_refused() {
        let error = read(&EVENTS, &batch(json!([{"type": "event"}, {}]), json!([])), context()).expect_err("no id");
        let said = "what Klaviyo sent of events cannot be read: no record of a page of 2 has an id";
        assert_eq!(error.to_string(), said);
        // One is none, too: an answer without anything in it must not pass for an empty page, which would delete.
        read(&EVENTS, &batch(json!([{}]), json!([])), context()).expect_err("no id");
    }

    /// The same as [`read`], slowly: every record as a tree, every place by its pointer.
    fn plainly(entity: &'static Entity, value: &Value, included: &[Value]) -> (Vec<Cell>, Option<String>) {
        let own = |pointer: &&str| value.pointer(pointer).filter(|it| !it.is_null()).map(Value::to_string);
        let read = |kind, json: Option<String>| cell(kind, json.as_deref(), context().zone);
        let cells = entity.columns.iter().map(|it| match it.from {
            From::Own(pointers) => read(it.kind, pointers.iter().find_map(own)),
            From::Any(pointers) => any(pointers.iter().filter_map(own).filter_map(|it| values::flag(&it))),
            From::Parent => Cell::Null,
            From::Via { relationship, pointer } => {
                let data = value.pointer(&format!("/relationships/{relationship}/data"));
                let first = data.and_then(|it| it.get(0).or(Some(it))).filter(|it| it.get("id").is_some());
                let other = first.and_then(|it| included.iter().rfind(|other| other["id"] == it["id"]));
                let found = other.and_then(|it| it.pointer(pointer)).filter(|it| !it.is_null());
                read(it.kind, found.map(Value::to_string))
            }
        });
        (cells.collect(), own(&entity.rest.pointer))
    }

    /// Names that the catalog asks for below `/attributes/event_properties`, and others.
    const NAMES: &[&str] = &[
        "$value",
        "$value_currency",
        "$message",
        "$flow",
        "$variation",
        "form_id",
        "machine_open",
        "Bot Click",
        "Apple Privacy Open",
        "a\"b\\c",
        "ü\n",
        "0",
        "data",
        "attributes",
    ];

    fn scalar() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any_of::<bool>().prop_map(Value::from),
            any_of::<i64>().prop_map(Value::from),
            (-1_000_000_000.0..1_000_000_000.0).prop_map(Value::from),
            "[ -~]{0,12}".prop_map(Value::from),
            any_of::<String>().prop_map(Value::from),
            Just(json!("2026-07-01T03:30:00+00:00")),
            Just(json!("$1,234.50")),
        ]
    }

    fn anything() -> impl Strategy<Value = Value> {
        scalar().prop_recursive(4, 40, 6, |inner| {
            let name = || prop::sample::select(NAMES).prop_map(str::to_owned);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((name(), inner), 0..6).prop_map(|it| Value::Object(it.into_iter().collect())),
            ]
        })
    }

    /// A record that is mostly what Klaviyo sends, with anything in every place.
    fn record() -> impl Strategy<Value = Value> {
        let link = |id: &'static str| {
            prop_oneof![
                Just(json!({"data": {"type": "attribution", "id": id}})),
                Just(json!({"data": [{"type": "attribution", "id": id}, {"type": "attribution", "id": "a2"}]})),
                Just(json!({"data": []})),
                Just(json!({"data": null})),
                Just(json!({})),
            ]
        };
        (anything(), anything(), scalar(), link("a1"), link("m1")).prop_map(|(properties, time, extra, via, metric)| {
            json!({
                "type": "event", "id": "e1", "extra": extra,
                "attributes": {"timestamp": 1_700_000_000, "event_properties": properties, "datetime": time},
                "relationships": {"attributions": via, "metric": metric, "profile": extra},
            })
        })
    }

    proptest! {
        #[test]
        fn the_one_walk_finds_what_the_tree_holds(
            value in record(), campaign in anything(), anything in anything(), pretty in any_of::<bool>()
        ) {
            let included = json!([
                {"type": "attribution", "id": "a1", "relationships": {"campaign": {"data": campaign}, "flow": anything}},
                {"type": "attribution", "id": "a2", "relationships": {"flow": {"data": {"id": "f2"}}}},
            ]);
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let mut batch = batch(json!([]), included.clone());
            batch.data = vec![RawValue::from_string(text.expect("JSON")).expect("JSON")];
            let record = read(&EVENTS, &batch, context()).expect("readable").records.remove(0);
            let (cells, rest) = plainly(&EVENTS, &value, included.as_array().expect("a list"));
            let is_text = |it: &Cell| matches!(it, Cell::Text(text) if text.starts_with(['{', '[']));
            for ((got, want), column) in record.cells.iter().zip(&cells).zip(EVENTS.columns) {
                // White space in a document is kept as it was sent.
                prop_assert!(got == want || (pretty && is_text(got)), "{}: {:?} is not {:?}", column.name, got, want);
            }
            let tree = |it: &Option<String>| it.as_deref().map(serde_json::from_str::<Value>).map(|it| it.expect("JSON"));
            prop_assert_eq!(tree(&record.rest), tree(&rest));
            prop_assert_eq!(record.raw, None);
        }
    }

    #[test]
    fn a_member_that_comes_twice_is_what_it_was_last() {
        let text = r#"{"id":"e0","attributes":{"datetime":"2026-01-01T00:00:00Z","event_properties":{"$flow":"f"}},
            "attributes" : {"event_properties" : {"\u0024message":"m1", "$message" : "m2" , "$value":1,"$value":null}},
            "id":"e1"}"#;
        let raw = RawValue::from_string(text.to_owned()).expect("JSON");
        let batch = Batch { data: vec![raw], included: vec![], next: None, bytes: 0 };
        let record = read(&EVENTS, &batch, context()).expect("readable").records.remove(0);
        assert_eq!(record.id, "e1");
        for (column, want) in [("message_id", Cell::Text("m2".into())), ("flow_id", Cell::Null), ("value", Cell::Null)]
        {
            assert_eq!(value_of(&record, &EVENTS, column), want, "{column}");
        }
        assert_eq!(value_of(&record, &EVENTS, "timestamp"), Cell::Null);
    }
}
