use std::cmp::Ordering;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::question::Question;
use crate::range::{Ask, Sort, Unclear};
use crate::store::Db;
use crate::web::Error;
use crate::web::cache::Answered;

/// A row of a listing that can be searched by name and sorted by its fields.
pub(super) trait Listed {
    /// The fields that it can be sorted by, as the answer spells them.
    const FIELDS: &'static [&'static str];

    fn id(&self) -> &str;

    fn name(&self) -> &str;

    fn status(&self) -> Option<&str> {
        None
    }

    fn updated_at(&self) -> Option<DateTime<Utc>> {
        None
    }

    /// The value of one of [`Listed::FIELDS`].
    fn key(&self, field: &str) -> Key;
}

/// The fields of a listing, as its description names them.
pub(super) fn fields<T: Listed>() -> Vec<String> {
    T::FIELDS.iter().map(|it| (*it).to_owned()).collect()
}

/// The part of `rows` that was asked for. Without an order of the request's they stay in the one they came in.
pub(super) fn part<T: Listed + Serialize>(rows: Vec<T>, it: &Question) -> Result<Answered, Error> {
    // Rows that know when they were updated were not chosen by that yet.
    let (rows, total) = select(rows, &it.ask, it.ask.updated_since.and_then(|_| it.updated().since))?;
    Answered::part(&rows, total)
}

/// What the entity's own row says of one thing, and what one of `rows` adds to it.
pub(super) fn record<T: Listed + Serialize + Default>(
    db: &Db<'_>,
    it: &Question,
    rows: Vec<T>,
) -> Result<Answered, Error> {
    let id = it.id.as_deref().unwrap_or_default();
    let mut record = db.find(it.entity, id, it.ask.with_deleted)?.ok_or(Error::NotFound(it.entity.resource))?;
    let row = rows.into_iter().find(|it| it.id() == id).unwrap_or_default();
    if let Value::Object(numbers) = serde_json::to_value(row).map_err(Error::Template)? {
        for (name, value) in numbers {
            record.entry(name).or_insert(value);
        }
    }
    Answered::of(&record)
}

/// What rows are sorted by; unknown values come last, whichever way.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Key {
    Text(String),
    Number(f64),
    Unknown,
}

/// The rows that were asked for, and how many there are in all.
fn select<T: Listed>(mut rows: Vec<T>, ask: &Ask, since: Option<NaiveDateTime>) -> Result<(Vec<T>, usize), Unclear> {
    let sort = ask.sort(T::FIELDS)?;
    let search = ask.search.as_ref().map(|it| it.to_lowercase());
    let status = ask.status.as_ref().map(|it| it.to_lowercase());
    rows.retain(|it| {
        search.as_ref().is_none_or(|text| it.name().to_lowercase().contains(text))
            && status.as_ref().is_none_or(|status| it.status().is_some_and(|it| it.to_lowercase() == *status))
            && since.is_none_or(|since| it.updated_at().is_some_and(|it| it.naive_utc() >= since))
    });
    if let Some(Sort { field, descending }) = sort {
        rows.sort_by(|a, b| compare(&a.key(field), &b.key(field), *descending));
    }
    let total = rows.len();
    Ok((rows.into_iter().skip(ask.offset).take(ask.limit).collect(), total))
}

fn compare(a: &Key, b: &Key, descending: bool) -> Ordering {
    let order = match (a, b) {
        (Key::Unknown, Key::Unknown) => return Ordering::Equal,
        (Key::Unknown, _) => return Ordering::Greater,
        (_, Key::Unknown) => return Ordering::Less,
        (Key::Number(a), Key::Number(b)) => a.total_cmp(b),
        (Key::Text(a), Key::Text(b)) => a.cmp(b),
        // One field has one kind of value.
        (Key::Number(_), Key::Text(_)) => Ordering::Less,
        (Key::Text(_), Key::Number(_)) => Ordering::Greater,
    };
    if descending { order.reverse() } else { order }
}

impl From<&str> for Key {
    /// Case does not matter to an order of names.
    fn from(text: &str) -> Key {
        Key::Text(text.to_lowercase())
    }
}

impl From<i64> for Key {
    #[expect(clippy::cast_precision_loss, reason = "no account counts to 2^53")]
    fn from(count: i64) -> Key {
        Key::Number(count as f64)
    }
}

impl From<f64> for Key {
    fn from(number: f64) -> Key {
        Key::Number(number)
    }
}

impl From<DateTime<Utc>> for Key {
    fn from(time: DateTime<Utc>) -> Key {
        Key::from(time.timestamp_millis())
    }
}

impl<T> From<Option<T>> for Key
where
    Key: From<T>,
{
    fn from(value: Option<T>) -> Key {
        value.map_or(Key::Unknown, Key::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row(&'static str, Option<f64>);

    impl Listed for Row {
        const FIELDS: &'static [&'static str] = &["name", "rate"];

        fn id(&self) -> &str {
            self.0
        }

        fn name(&self) -> &str {
            self.0
        }

        fn key(&self, field: &str) -> Key {
            match field {
                "rate" => self.1.into(),
                _ => self.0.into(),
            }
        }
    }

    fn names(query: &[(&'static str, &'static str)]) -> Result<(Vec<&'static str>, usize), Unclear> {
        let rows = vec![Row("Café", Some(0.2)), Row("apple", None), Row("Banana", Some(0.1)), Row("cafe", Some(0.3))];
        let (rows, total) = select(rows, &Ask::parse(query.iter().copied())?, None)?;
        Ok((rows.iter().map(|it| it.0).collect(), total))
    }

    #[test]
    fn unknown_values_come_last_whichever_way() {
        assert_eq!(names(&[("sort", "rate")]), Ok((vec!["Banana", "Café", "cafe", "apple"], 4)));
        assert_eq!(names(&[("sort", "-rate")]), Ok((vec!["cafe", "Café", "Banana", "apple"], 4)));
    }

    #[test]
    fn a_part_says_of_how_many_it_is() {
        assert_eq!(names(&[("limit", "2"), ("offset", "1"), ("sort", "name")]), Ok((vec!["Banana", "cafe"], 4)));
        assert_eq!(names(&[("q", "CAF")]), Ok((vec!["Café", "cafe"], 2)));
        assert_eq!(names(&[("offset", "9")]), Ok((vec![], 4)));
    }

    #[test]
    fn an_unknown_field_is_refused() {
        assert_eq!(names(&[("sort", "colour")]).expect_err("no such field").parameter, "sort");
    }
}
