//! A record of any kind but events, as JSON:API has it: attributes, relationships, links.

use super::cursor::{Key, digest};
use super::question::{Condition, Question, Wanted};
use chrono::DateTime;
use serde_json::{Map, Value};

#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) attributes: Map<String, Value>,
    pub(super) relations: Vec<Relation>,
    /// What can be filtered by but does not show.
    pub(super) hidden: Vec<(&'static str, Value)>,
}

#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) name: &'static str,
    pub(super) data: Related,
}

/// What a relation points at.
#[derive(Debug, Clone)]
pub(super) enum Related {
    /// Always shown.
    One(&'static str, String),
    /// Shown only when it is included.
    Many(&'static str, Vec<String>),
    /// Not known, or not told: links alone.
    Untold,
}

impl Relation {
    pub(super) fn new(name: &'static str, data: Related) -> Relation {
        Relation { name, data }
    }
}

impl Record {
    /// The value of a field that a filter or an order names.
    pub(super) fn field(&self, name: &str) -> Value {
        if name == "id" || name == "ids" {
            return Value::from(self.id.as_str());
        }
        if let Some((_, value)) = self.hidden.iter().find(|it| it.0 == name) {
            return value.clone();
        }
        let mut parts = name.split('.');
        let first = parts.next().and_then(|it| self.attributes.get(it));
        parts.try_fold(first, |value, part| value.map(|it| it.get(part))).flatten().cloned().unwrap_or(Value::Null)
    }

    /// The ids that a relation of that name points at.
    pub(super) fn related_ids(&self, name: &str) -> Vec<String> {
        match self.relations.iter().find(|it| it.name == name).map(|it| &it.data) {
            Some(Related::One(_, id)) => vec![id.clone()],
            Some(Related::Many(_, ids)) => ids.clone(),
            Some(Related::Untold) | None => Vec::new(),
        }
    }

    pub(super) fn meets(&self, condition: &Condition) -> bool {
        let field = self.field(condition.field);
        match &condition.value {
            Wanted::Nothing => !field.is_null(),
            Wanted::Flag(flag) => field.as_bool() == Some(*flag),
            Wanted::Texts(texts) => field.as_str().is_some_and(|it| is_text(it, &condition.operator, texts)),
            Wanted::Time(time) => {
                field.as_str().and_then(micros).is_some_and(|it| is_time(it, &condition.operator, *time))
            }
        }
    }

    /// Where the record stands in an order by that field.
    pub(super) fn key(&self, field: &str) -> Key {
        let value = self.field(field);
        Key { number: 0, text: value.as_str().unwrap_or_default().to_owned(), tie: digest(&self.id) }
    }

    /// Writes the record with the attributes that are asked for.
    pub(super) fn write(&self, out: &mut String, question: &Question, base: &str) {
        let Record { kind, id, .. } = self;
        out.push_str("{\"type\":\"");
        out.push_str(kind);
        out.push_str("\",\"id\":\"");
        out.push_str(id);
        out.push_str("\",\"attributes\":");
        match question.fields_of(kind) {
            None => write_json(out, &self.attributes),
            Some(wanted) => write_json(out, &chosen(&self.attributes, wanted)),
        }
        if !self.relations.is_empty() {
            out.push_str(",\"relationships\":{");
            for (index, relation) in self.relations.iter().enumerate() {
                out.push_str(if index == 0 { "\"" } else { ",\"" });
                write_relation(out, relation, question, base, kind, id);
            }
            out.push('}');
        }
        write_self_link(out, base, kind, id);
        out.push('}');
    }
}

pub(super) fn is_text(text: &str, operator: &str, wanted: &[String]) -> bool {
    wanted.iter().any(|it| match operator {
        "contains" => text.to_lowercase().contains(&it.to_lowercase()),
        "starts-with" => text.starts_with(it.as_str()),
        "ends-with" => text.ends_with(it.as_str()),
        _ => text == it,
    })
}

pub(super) fn is_time(time: i64, operator: &str, wanted: i64) -> bool {
    match operator {
        "greater-or-equal" => time >= wanted,
        "greater-than" => time > wanted,
        "less-or-equal" => time <= wanted,
        "less-than" => time < wanted,
        _ => time == wanted,
    }
}

fn micros(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|it| it.timestamp_micros())
}

/// The attributes, and the parts of attributes, of those names.
fn chosen(attributes: &Map<String, Value>, wanted: &[String]) -> Map<String, Value> {
    let mut kept = Map::new();
    for path in wanted {
        keep(attributes, path, &mut kept);
    }
    kept
}

fn keep(from: &Map<String, Value>, path: &str, into: &mut Map<String, Value>) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let Some(value) = from.get(first) else { return };
    match (rest, value) {
        (Some(rest), Value::Object(inner)) => {
            if let Value::Object(kept) = into.entry(first).or_insert_with(|| Value::Object(Map::new())) {
                keep(inner, rest, kept);
            }
        }
        _ => {
            into.insert(first.to_owned(), value.clone());
        }
    }
}

fn write_json(out: &mut String, attributes: &Map<String, Value>) {
    out.push_str(&serde_json::to_string(attributes).expect("a map with text for keys"));
}

fn write_relation(out: &mut String, relation: &Relation, question: &Question, base: &str, kind: &str, id: &str) {
    out.push_str(relation.name);
    out.push_str("\":{");
    match &relation.data {
        Related::One(kind, id) => {
            out.push_str("\"data\":");
            write_identity(out, kind, id);
            out.push(',');
        }
        Related::Many(kind, ids) if question.includes(relation.name) => {
            out.push_str("\"data\":[");
            for (index, id) in ids.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                write_identity(out, kind, id);
            }
            out.push_str("],");
        }
        Related::Many(..) | Related::Untold => {}
    }
    Links::new(base, kind, relation.name).write(out, id);
    out.push('}');
}

pub(super) fn write_identity(out: &mut String, kind: &str, id: &str) {
    for part in ["{\"type\":\"", kind, "\",\"id\":\"", id, "\"}"] {
        out.push_str(part);
    }
}

/// The links of one relation of one kind of record, ready but for the id.
pub(super) struct Links {
    before: String,
    between: String,
    after: String,
}

impl Links {
    pub(super) fn new(base: &str, kind: &str, relation: &str) -> Links {
        Links {
            before: format!("\"links\":{{\"self\":\"{base}/api/{kind}s/"),
            between: format!("/relationships/{relation}/\",\"related\":\"{base}/api/{kind}s/"),
            after: format!("/{relation}/\"}}"),
        }
    }

    pub(super) fn write(&self, out: &mut String, id: &str) {
        for part in [&self.before, id, &self.between, id, &self.after] {
            out.push_str(part);
        }
    }
}

pub(super) fn write_self_link(out: &mut String, base: &str, kind: &str, id: &str) {
    for part in [",\"links\":{\"self\":\"", base, "/api/", kind, "s/", id, "/\"}"] {
        out.push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_sparse_field_may_name_what_is_inside() {
        let Value::Object(attributes) = json!({"name": "n", "location": {"city": "c", "zip": "z"}}) else {
            panic!("an object")
        };
        let kept = chosen(&attributes, &["location.city".to_owned(), "id".to_owned()]);
        assert_eq!(Value::Object(kept), json!({"location": {"city": "c"}}));
    }
}
