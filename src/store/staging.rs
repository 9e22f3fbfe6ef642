//! Records on their way into a table: appended to a temporary stage, then taken over by one statement.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use duckdb::types::{TimeUnit, ToSqlOutput, Value, ValueRef};
use duckdb::{Connection, ToSql, appender_params_from_iter};

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
    Day(NaiveDate),
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
            Cell::Day(it) => it.to_sql()?,
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
        self.stage_batch(entity, records)?;
        let failed =
            |source: duckdb::Error| Error::Statement { doing: "take over staged records", source: source.into() };
        let mut statement = self.0.prepare(&schema::merge(entity)).map_err(failed)?;
        let actions = statement
            .query_map(params! { "now": utc(now) }, |row| row.get::<_, String>(0))
            .and_then(Iterator::collect::<duckdb::Result<Vec<String>>>)
            .map_err(failed)?;
        let new = actions.iter().filter(|it| *it == "INSERT").count() as u64;
        if !actions.is_empty() {
            self.follow_consent(entity, now)?;
        }
        Ok(Changes { new, changed: actions.len() as u64 - new, deleted: 0 })
    }

    /// A fresh stage that holds `records`.
    pub(super) fn stage_batch(&self, entity: &Entity, records: &[Record]) -> Result<(), Error> {
        let stage = schema::stage_table(entity);
        self.generated("stage records", &schema::create_stage(entity, &stage), &[])?;
        append(self.0, [&stage, "temp"], records, &mut HashSet::new())
    }
}

/// Appends to a table of a database, the later record of one id first: a record whose id is in `known` is passed over.
pub(super) fn append(
    connection: &Connection,
    [table, database]: [&str; 2],
    records: &[Record],
    known: &mut HashSet<String>,
) -> Result<(), Error> {
    let mut append = || -> duckdb::Result<()> {
        let mut appender = connection.appender_to_catalog_and_db(table, database, "main")?;
        for record in records.iter().rev() {
            if known.insert(record.id.clone()) {
                appender.append_row(appender_params_from_iter(Field::all(record)))?;
            }
        }
        appender.flush()
    };
    append().map_err(|source| Error::Statement { doing: "stage records", source: source.into() })
}

/// What goes into one column of a stage.
enum Field<'a> {
    Text(Option<&'a str>),
    Cell(&'a Cell),
}

impl Field<'_> {
    /// A record as the row of a stage.
    fn all(record: &Record) -> impl Iterator<Item = Field<'_>> {
        let document = [&record.rest, &record.raw].map(|it| Field::Text(it.as_deref()));
        std::iter::once(Field::Text(Some(&record.id))).chain(record.cells.iter().map(Field::Cell)).chain(document)
    }
}

impl ToSql for Field<'_> {
    fn to_sql(&self) -> duckdb::Result<ToSqlOutput<'_>> {
        match self {
            Field::Text(text) => {
                Ok(ToSqlOutput::Borrowed(text.map_or(ValueRef::Null, |it| ValueRef::Text(it.as_bytes()))))
            }
            Field::Cell(cell) => cell.to_sql(),
        }
    }
}

/// The records of one window, gathered over many pages in a database of their own in memory, bounded by what spills to
/// disk. It goes with this. A temporary table would belong to the connection that writes, and every page would wait until a
/// write has ended; in one database for all, every page would wait whenever DuckDB tidies it up after a table was dropped.
pub struct Staged {
    connection: Connection,
    store: Store,
    entity: &'static Entity,
    database: String,
    known: HashSet<String>,
}

impl Store {
    /// Starts an empty stage; several may be open at a time.
    ///
    /// # Errors
    /// When the table cannot be made.
    pub fn stage(&self, entity: &'static Entity) -> Result<Staged, Error> {
        let number = self.0.stages.fetch_add(1, Ordering::Relaxed);
        let connection = self.connect()?;
        let database = format!("stage_{number}");
        self.db(&connection).generated("make a stage", &format!("attach ':memory:' as {database}"), &[])?;
        // From here on it goes away again.
        let staged = Staged { connection, store: self.clone(), entity, database, known: HashSet::new() };
        let create = schema::create_shared_stage(entity, &staged.table());
        self.db(&staged.connection).generated("make a stage", &create, &[])?;
        Ok(staged)
    }
}

impl Staged {
    pub(super) fn entity(&self) -> &'static Entity {
        self.entity
    }

    /// As statements name it.
    pub(super) fn table(&self) -> String {
        format!("{}.main.{}", self.database, schema::stage_table(self.entity))
    }

    /// Adds a page of records. An id that is staged already is passed over: pages overlap when data shifts under them.
    ///
    /// # Errors
    /// When the disk for spilling is full.
    pub fn add(&mut self, records: &[Record]) -> Result<(), Error> {
        let table = schema::stage_table(self.entity);
        append(&self.connection, [&table, &self.database], records, &mut self.known)
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

impl Drop for Staged {
    /// What was staged and not taken over is read again; a stage that could not be dropped goes with the process.
    fn drop(&mut self) {
        let detach = format!("detach {}", self.database);
        if let Err(error) = self.store.db(&self.connection).generated("drop a stage", &detach, &[]) {
            log::warn!("{}", crate::causes::causes(&error));
        }
    }
}
