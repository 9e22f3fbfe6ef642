//! A row as JSON: ids are texts, numbers numbers, money a number, times RFC 3339 in UTC, lists arrays, unknown is null.

use chrono::{NaiveDate, NaiveDateTime, SecondsFormat};
use serde_json::{Map, Value};

use crate::catalog::{Column, Entity, Kind};
use crate::store::{Row, RowResult};

/// A row by its columns, in camelCase.
pub type Document = Map<String, Value>;

/// How JSON spells a column: `updated_at` is `updatedAt`.
#[must_use]
pub fn field(column: &str) -> String {
    let mut words = column.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut text, word| {
        let mut letters = word.chars();
        text.extend(letters.next().map(|it| it.to_ascii_uppercase()));
        text.extend(letters);
        text
    })
}

/// Without the document column.
pub(super) fn brief(entity: &Entity, row: &Row<'_>) -> RowResult<Document> {
    let mut document = Document::new();
    document.insert("id".to_owned(), row.get::<String>("id")?.into());
    for column in entity.columns {
        document.insert(field(column.name), value(row, column)?);
    }
    document.insert("syncedAt".to_owned(), time(row, "synced_at")?);
    if !entity.is_log() {
        document.insert("deletedAt".to_owned(), time(row, "deleted_at")?);
    }
    Ok(document)
}

/// With the document column.
pub(super) fn whole(entity: &Entity, row: &Row<'_>) -> RowResult<Document> {
    let mut document = brief(entity, row)?;
    document.insert(field(entity.rest.column), json(row, entity.rest.column)?);
    Ok(document)
}

fn value(row: &Row<'_>, column: &Column) -> RowResult<Value> {
    Ok(match column.kind {
        Kind::Text => row.get::<Option<String>>(column.name)?.into(),
        Kind::Count => row.get::<Option<i64>>(column.name)?.into(),
        Kind::Number | Kind::Money => row.get::<Option<f64>>(column.name)?.into(),
        Kind::Flag => row.get::<Option<bool>>(column.name)?.into(),
        Kind::Time => time(row, column.name)?,
        Kind::Day => row.get::<Option<NaiveDate>>(column.name)?.map(|it| it.to_string()).into(),
        // A wall clock has no offset.
        Kind::LocalTime => {
            let time = row.get::<Option<NaiveDateTime>>(column.name)?;
            time.map(|it| it.format("%Y-%m-%dT%H:%M:%S%.f").to_string()).into()
        }
        Kind::Texts | Kind::Document => json(row, column.name)?,
    })
}

fn time(row: &Row<'_>, column: &str) -> RowResult<Value> {
    let time = row.get::<Option<NaiveDateTime>>(column)?;
    Ok(time.map(|it| it.and_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true)).into())
}

/// What was written as JSON by us or by the database; anything else would be a text.
fn json(row: &Row<'_>, column: &str) -> RowResult<Value> {
    let text = row.get::<Option<String>>(column)?;
    Ok(text.map_or(Value::Null, |it| serde_json::from_str(&it).unwrap_or(Value::String(it))))
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn columns_are_spelt_as_json_does() {
        for (column, name) in
            [("id", "id"), ("updated_at", "updatedAt"), ("attributed_flow_message_id", "attributedFlowMessageId")]
        {
            assert_eq!(field(column), name);
        }
    }
}
