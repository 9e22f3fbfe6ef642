//! Records on their way into a table: appended to a temporary stage, then taken over by one statement.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::ToSql;
use duckdb::types::{TimeUnit, ToSqlOutput, Value, ValueRef};

use super::query::Db;
use super::{Error, Store, schema, utc};
use crate::catalog::Entity;
use crate::params;

/// One record as the table will hold it: a cell for each column of the catalog, and the document.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub id: String,
    pub cells: Vec<Cell>,
    /// The document column, as harmless JSON; see [`super::document`].
    pub rest: Option<String>,
    /// What Klaviyo sent, where the document had to be changed.
    pub raw: Option<String>,
}

/// One value of one column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Text(String),
    Count(i64),
    Number(f64),
    /// A decimal with at most four places, as text; money is never a float.
    Money(String),
    Flag(bool),
    Time(NaiveDateTime),
    Texts(Vec<String>),
}

impl ToSql for Cell {
    fn to_sql(&self) -> duckdb::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Cell::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Cell::Text(it) | Cell::Money(it) => ToSqlOutput::Borrowed(ValueRef::Text(it.as_bytes())),
            Cell::Count(it) => ToSqlOutput::Borrowed(ValueRef::BigInt(*it)),
            Cell::Number(it) => ToSqlOutput::Borrowed(ValueRef::Double(*it)),
            Cell::Flag(it) => ToSqlOutput::Borrowed(ValueRef::Boolean(*it)),
            Cell::Time(it) => {
                let micros = it.and_utc().timestamp_micros();
                ToSqlOutput::Borrowed(ValueRef::Timestamp(TimeUnit::Microsecond, micros))
            }
            Cell::Texts(it) => ToSqlOutput::Owned(Value::Text(serde_json::Value::from(it.clone()).to_string())),
        })
    }
}

/// What a write did to a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    pub new: u64,
    pub changed: u64,
    pub deleted: u64,
}

impl std::ops::AddAssign for Changes {
    fn add_assign(&mut self, other: Changes) {
        self.new += other.new;
        self.changed += other.changed;
        self.deleted += other.deleted;
    }
}

impl Db<'_> {
    /// Takes `records` over: adds new ones, replaces those that differ, leaves the rest alone. Of two records with one
    /// id the later is kept.
    ///
    /// # Errors
    /// When a statement fails; the transaction is then lost as a whole.
    pub fn merge(&self, entity: &Entity, records: &[Record], now: DateTime<Utc>) -> Result<Changes, Error> {
        if records.is_empty() {
            return Ok(Changes::default());
        }
        self.generated("stage records", &schema::create_stage(entity), &[])?;
        self.stage(entity, records, &mut HashSet::new())?;
        let failed = |source| Error::Statement { doing: "take over staged records", source };
        let mut statement = self.0.prepare(&schema::merge(entity)).map_err(failed)?;
        let actions = statement
            .query_map(params! { "now": utc(now) }, |row| row.get::<_, String>(0))
            .and_then(Iterator::collect::<duckdb::Result<Vec<String>>>)
            .map_err(failed)?;
        let new = actions.iter().filter(|it| *it == "INSERT").count() as u64;
        Ok(Changes { new, changed: actions.len() as u64 - new, deleted: 0 })
    }

    /// Marks rows as deleted that a whole listing did not hold; `seen` are the ids that it did.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn sweep(&self, entity: &Entity, seen: &HashSet<String>, now: DateTime<Utc>) -> Result<u64, Error> {
        self.generated("mark deleted rows", "create or replace temp table seen (id varchar)", &[])?;
        let failed = |source| Error::Statement { doing: "mark deleted rows", source };
        let mut appender = self.0.appender_to_catalog_and_db("seen", "temp", "main").map_err(failed)?;
        appender.append_rows(seen.iter().map(|id| [id])).and_then(|()| appender.flush()).map_err(failed)?;
        drop(appender);
        let sql = format!(
            "update {} set deleted_at = $now, synced_at = $now \
             where deleted_at is null and id not in (select id from seen)",
            entity.table()
        );
        self.generated("mark deleted rows", &sql, params! { "now": utc(now) }).map(|it| it as u64)
    }

    /// Appends to the stage, the later record of one id first: a record whose id is in `known` is passed over.
    pub(super) fn stage(&self, entity: &Entity, records: &[Record], known: &mut HashSet<String>) -> Result<u64, Error> {
        let failed = |source| Error::Statement { doing: "stage records", source };
        let table = schema::stage_table(entity);
        let mut appender = self.0.appender_to_catalog_and_db(&table, "temp", "main").map_err(failed)?;
        let mut count = 0;
        for record in records.iter().rev().filter(|it| known.insert(it.id.clone())) {
            let mut row: Vec<&dyn ToSql> = Vec::with_capacity(record.cells.len() + 3);
            row.push(&record.id);
            row.extend(record.cells.iter().map(|it| it as &dyn ToSql));
            row.extend([&record.rest as &dyn ToSql, &record.raw]);
            appender.append_row(row.as_slice()).map_err(failed)?;
            count += 1;
        }
        appender.flush().map_err(failed)?;
        Ok(count)
    }
}

/// The records of one window, gathered on the writing connection over many pages, bounded by what spills to disk.
pub struct Staged {
    entity: &'static Entity,
    known: HashSet<String>,
}

impl Store {
    /// Starts an empty stage.
    ///
    /// # Errors
    /// When the temporary table cannot be made.
    pub fn stage(&self, entity: &'static Entity) -> Result<Staged, Error> {
        self.db(&self.writer()).generated("stage records", &schema::create_stage(entity), &[])?;
        Ok(Staged { entity, known: HashSet::new() })
    }
}

impl Staged {
    pub(super) fn entity(&self) -> &'static Entity {
        self.entity
    }

    /// Adds a page of records. An id that is staged already is passed over: pages overlap when data shifts under them.
    ///
    /// # Errors
    /// When the disk for spilling is full.
    pub fn add(&mut self, store: &Store, records: &[Record]) -> Result<(), Error> {
        store.db(&store.writer()).stage(self.entity, records, &mut self.known)?;
        Ok(())
    }

    /// Records staged so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}
