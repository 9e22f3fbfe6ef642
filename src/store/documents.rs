//! Rows of any query as JSON, by the names of its columns: for tables, charts and files that know them by description.

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta};
use duckdb::ToSql;
use duckdb::arrow::datatypes::DataType;
use duckdb::types::{TimeUnit, ValueRef};
use serde_json::{Map, Value};

use super::repository::{Document, field};
use super::{Db, Error, Query, Store};

/// What a query's answer is written into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
    Parquet,
}

impl Format {
    /// `csv`, `json` or `parquet`, as the name of a file ends.
    #[must_use]
    pub fn named(extension: &str) -> Option<Format> {
        match extension {
            "csv" => Some(Format::Csv),
            "json" => Some(Format::Json),
            "parquet" => Some(Format::Parquet),
            _ => None,
        }
    }

    /// SQL for a text, given as SQL. In CSV it is one that no spreadsheet takes for a formula, for names and addresses are other
    /// people's: a quote stands before it. What only is a number, such as that of a phone, stays (OWASP, "CSV Injection").
    #[must_use]
    pub fn text(self, text: &str) -> String {
        match self {
            Format::Csv => format!(
                r"case
                    when regexp_matches({text}, '^[=+@\t\r\n＝＋－＠-]') and not regexp_full_match({text}, '[+-]?[0-9 ().-]+')
                        then '''' || {text}
                    else {text}
                end"
            ),
            Format::Json | Format::Parquet => text.to_owned(),
        }
    }

    /// The name of a column that a person gave, by the same rule.
    pub(super) fn name(self, name: &str) -> String {
        let begins = name.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
        let is_number = name.chars().all(|it| it.is_ascii_digit() || " ().+-".contains(it));
        if self == Format::Csv && begins && !is_number { format!("'{name}") } else { name.to_owned() }
    }

    pub(super) fn options(self) -> &'static str {
        match self {
            // The file is there already; what is written beside it would be left by a crash.
            Format::Csv => "format csv, header, use_tmp_file false",
            Format::Json => "format json, array, use_tmp_file false",
            Format::Parquet => "format parquet, compression zstd, use_tmp_file false",
        }
    }
}

/// Below the data directory, where alone the database may write.
const EXPORTS: &str = "exports";

impl Db<'_> {
    /// Every row of `text`, by its columns in camelCase: counts and amounts are numbers, days and wall clocks are texts in
    /// ISO 8601, what is unknown is null. `name` is what the statement is timed and blamed as.
    ///
    /// # Errors
    /// With the query's name.
    pub fn documents(
        &self,
        name: &'static str,
        text: &str,
        params: &[(&str, &dyn ToSql)],
    ) -> Result<Vec<Document>, Error> {
        let rows = || -> duckdb::Result<Vec<Document>> {
            let mut statement = self.0.prepare_cached(text)?;
            let mut rows = statement.query(params)?;
            let mut names: Vec<String> = Vec::new();
            let mut documents = Vec::new();
            while let Some(row) = rows.next()? {
                if names.is_empty() {
                    names = row.as_ref().column_names().iter().map(|it| field(it)).collect();
                }
                let mut document = Map::with_capacity(names.len());
                for (place, name) in names.iter().enumerate() {
                    // The library panics on the value of a column of which only null is known.
                    let is_null = row.as_ref().column_type(place) == DataType::Null;
                    document.insert(name.clone(), if is_null { Value::Null } else { value(row.get_ref(place)?) });
                }
                documents.push(document);
            }
            Ok(documents)
        };
        self.timed(Query { name, text: "" }, rows).map_err(|source| Error::Query { query: name, source: source.into() })
    }

    /// Writes every row of `text` into a file, without holding them in memory.
    ///
    /// # Errors
    /// With the query's name; also when the disk is full.
    pub fn export(
        &self,
        name: &'static str,
        text: &str,
        params: &[(&str, &dyn ToSql)],
        format: Format,
        path: &Path,
    ) -> Result<(), Error> {
        let path = path.display().to_string().replace('\'', "''");
        let copy = format!("copy (\n{text}\n) to '{path}' ({})", format.options());
        let write = || self.0.prepare(&copy)?.execute(params);
        self.timed(Query { name, text: "" }, write)
            .map(drop)
            .map_err(|source| Error::Query { query: name, source: source.into() })
    }
}

impl Store {
    /// The directory for files that are written to be sent, made if it is not there. A database in memory has the
    /// system's.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn exports(&self) -> Result<PathBuf, Error> {
        let Some(path) = self.directory().map(|it| it.join(EXPORTS)) else { return Ok(std::env::temp_dir()) };
        super::private_directory(&path).map_err(|source| Error::Directory { path: path.clone(), source })?;
        Ok(path)
    }
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Boolean(it) => it.into(),
        ValueRef::TinyInt(it) => it.into(),
        ValueRef::SmallInt(it) => it.into(),
        ValueRef::Int(it) => it.into(),
        ValueRef::BigInt(it) => it.into(),
        ValueRef::UTinyInt(it) => it.into(),
        ValueRef::USmallInt(it) => it.into(),
        ValueRef::UInt(it) => it.into(),
        ValueRef::UBigInt(it) => it.into(),
        ValueRef::HugeInt(it) => i64::try_from(it).map_or_else(|_| (it as f64).into(), Value::from),
        ValueRef::UHugeInt(it) => u64::try_from(it).map_or_else(|_| (it as f64).into(), Value::from),
        ValueRef::Float(it) => f64::from(it).into(),
        ValueRef::Double(it) => it.into(),
        ValueRef::Decimal(it) => it.to_string().parse::<f64>().map_or(Value::Null, Value::from),
        ValueRef::Text(it) => String::from_utf8_lossy(it).into(),
        ValueRef::Date32(days) => day(days).map_or(Value::Null, |it| it.to_string().into()),
        ValueRef::Timestamp(unit, count) => time(unit, count).unwrap_or(Value::Null),
        // No query of ours answers with anything else; it would show as unknown.
        _ => Value::Null,
    }
}

fn day(days: i32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(1970, 1, 1)?.checked_add_signed(TimeDelta::days(days.into()))
}

/// Without an offset: whether it is UTC or a wall clock is the query's to say.
fn time(unit: TimeUnit, count: i64) -> Option<Value> {
    let time = DateTime::from_timestamp_micros(unit.to_micros(count))?;
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true).trim_end_matches('Z').into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params;
    use crate::store::Options;
    use serde_json::json;

    #[test]
    fn every_kind_of_value_becomes_json() {
        let store = Store::in_memory().expect("a store");
        let text = "select 'a' as some_text, 7 as n, 1.5::decimal(18,4) as amount, 0.25::double as share,
            date '2026-11-21' as day, timestamp '2026-11-21 10:00:00' as at_time, null as nothing, sum(x) as total
            from range($top) as t(x)";
        let rows = store.read(|db| db.documents("test", text, params! { "top": 4 })).expect("rows");
        let expected = json!({
            "someText": "a", "n": 7, "amount": 1.5, "share": 0.25, "day": "2026-11-21", "atTime": "2026-11-21T10:00:00",
            "nothing": null, "total": 6
        });
        assert_eq!(Value::Object(rows[0].clone()), expected);
    }

    #[test]
    fn an_answer_is_written_into_a_file_of_each_format() {
        let directory = tempfile::tempdir().expect("a directory");
        let store = Store::open(directory.path(), &Options { memory_limit: 256 << 20, threads: 1 }).expect("a store");
        let exports = store.exports().expect("a directory");
        for extension in ["csv", "json", "parquet"] {
            let path = exports.join(format!("it's.{extension}"));
            let format = Format::named(extension).expect("a format");
            let text = "select x, 'a,b' as t from range(3) as t(x) where x < $top order by x -- the end";
            store.read(|db| db.export("test", text, params! { "top": 2 }, format, &path)).expect("a file");
            let bytes = std::fs::read(&path).expect("a file");
            match extension {
                "csv" => assert_eq!(bytes, b"x,t\n0,\"a,b\"\n1,\"a,b\"\n"),
                "json" => assert_eq!(
                    serde_json::from_slice::<Value>(&bytes).expect("json"),
                    json!([{ "x": 0, "t": "a,b" }, { "x": 1, "t": "a,b" }])
                ),
                _ => assert_eq!(&bytes[..4], b"PAR1"),
            }
        }
    }
}
