use crate::range::{Ask, Sort, Unclear};
use std::cmp::Ordering;

/// A row of a listing that can be searched by name and sorted by its fields.
pub(super) trait Listed {
    /// The fields that it can be sorted by, as the answer spells them.
    const FIELDS: &'static [&'static str];

    fn name(&self) -> &str;

    /// The value of one of [`Listed::FIELDS`].
    fn key(&self, field: &str) -> Key;
}

/// What rows are sorted by; unknown values come last, whichever way.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Key {
    Text(String),
    Number(f64),
    Unknown,
}

/// The part of `rows` that was asked for, and how many there are in all. Without an order of the request's they stay in
/// the one they came in.
pub(super) fn select<T: Listed>(mut rows: Vec<T>, ask: &Ask) -> Result<(Vec<T>, usize), Unclear> {
    let sort = ask.sort(T::FIELDS)?;
    if let Some(text) = &ask.search {
        let text = text.to_lowercase();
        rows.retain(|it| it.name().to_lowercase().contains(&text));
    }
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

impl From<chrono::DateTime<chrono::Utc>> for Key {
    fn from(time: chrono::DateTime<chrono::Utc>) -> Key {
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
        let (rows, total) = select(rows, &Ask::parse(query.iter().copied())?)?;
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
