//! A posted document as Klaviyo understands it: its type, and attributes of which none is unknown.

use super::refusal::{Refusal, Source};
use chrono::NaiveDateTime;
use serde_json::{Map, Value};

/// The attributes of a posted resource.
#[derive(Debug)]
pub(super) struct Posted(Map<String, Value>);

/// A refusal that points into the document.
pub(super) fn wrong(pointer: &'static str, detail: impl Into<String>) -> Refusal {
    Refusal { source: Source::Pointer(pointer), ..Refusal::of(400, "invalid", "Invalid input.", detail) }
}

impl Posted {
    /// Reads a document of that type, which may have these attributes.
    pub(super) fn parse(body: &[u8], kind: &str, known: &[&str]) -> Result<Posted, Refusal> {
        let mut document: Value = serde_json::from_slice(body)
            .map_err(|error| wrong("/data", format!("The payload provided in the request is invalid: {error}")))?;
        let data = document.get_mut("data").filter(|it| it.is_object());
        let data = data.ok_or_else(|| wrong("/data", "'data' is a required field for this resource."))?;
        if data.get("type").and_then(Value::as_str) != Some(kind) {
            return Err(wrong("/data/type", format!("The type of the resource has to be '{kind}'.")));
        }
        let Some(Value::Object(attributes)) = data.get_mut("attributes").map(Value::take) else {
            return Err(wrong("/data/attributes", "'attributes' is a required field for this resource."));
        };
        match attributes.keys().find(|it| !known.contains(&it.as_str())) {
            Some(other) => {
                Err(wrong("/data/attributes", format!("'{other}' is not a valid field for the resource '{kind}'.")))
            }
            None => Ok(Posted(attributes)),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|it| !it.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let text = |it: &'_ Value| it.is_string();
        match self.get(name) {
            None => Ok(None),
            Some(value) if text(value) => Ok(value.as_str()),
            Some(_) => Err(wrong("/data/attributes", format!("'{name}' must be a string."))),
        }
    }

    /// The texts of a list, each of which has to be one of `known`.
    pub(super) fn words(&self, name: &str, known: &[&'static str]) -> Result<Option<Vec<&'static str>>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let list = value.as_array().ok_or_else(|| wrong("/data/attributes", format!("'{name}' must be a list.")))?;
        let word = |it: &Value| {
            let found = it.as_str().and_then(|it| known.iter().find(|known| **known == it));
            let unknown = || wrong("/data/attributes", format!("{it} is not a valid choice for '{name}'."));
            found.copied().ok_or_else(unknown)
        };
        list.iter().map(word).collect::<Result<Vec<_>, _>>().map(Some)
    }
}

/// A wall clock; an offset is read over, as Klaviyo does.
pub(super) fn wall_clock(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim().replacen(' ', "T", 1);
    let end = text.find('T').map(|it| it + 1)?;
    let offset = text[end..].find(['+', '-', 'Z']).map_or(text.len(), |it| end + it);
    text[..offset].parse().ok()
}
