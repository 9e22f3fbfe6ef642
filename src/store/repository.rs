//! The rows of any entity, as the catalog describes them: found, listed, counted, kept and deleted one way for all.
//!
//! A row comes out as a JSON object by column, in camelCase. What a number *is* stands in a view and not here.

mod batch;
mod row;
mod statements;

pub use row::{Document, field};

use std::collections::HashSet;

use chrono::{DateTime, NaiveDateTime, Utc};
use duckdb::ToSql;

use super::staging::append;
use super::{Changes, Db, Error, Record, aggregates, schema, utc};
use crate::catalog::{Column, Entity, Kind};
use crate::params;

/// Which rows of an entity are meant. Everything that is not said does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// What the name contains, whatever the case; `%` and `_` mean themselves.
    pub name: Option<&'a str>,
    /// Whatever the case.
    pub status: Option<&'a str>,
    /// Columns that name something else, with what they have to name: the events of one metric, of one person.
    pub of: &'a [(&'a Column, &'a str)],
    /// Changed (or, of a log, happened) at or after this; UTC.
    pub since: Option<NaiveDateTime>,
    /// Changed before this; UTC.
    pub before: Option<NaiveDateTime>,
    /// Those that Klaviyo deleted, too.
    pub with_deleted: bool,
}

/// Which part of the rows, and in which order.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    pub order: Order<'a>,
    pub limit: usize,
    pub offset: usize,
}

/// An order of rows; unknown values come last, and the id decides between equals.
#[derive(Debug, Clone, Copy)]
pub enum Order<'a> {
    /// What changed last comes first; without a time of change by id.
    Newest,
    By {
        column: &'a Column,
        descending: bool,
    },
    Id {
        descending: bool,
    },
}

/// A part of a listing, and how many rows the whole of it has.
#[derive(Debug)]
pub struct Listing {
    pub rows: Vec<Document>,
    pub total: usize,
}

impl Db<'_> {
    /// The row of that id with its document column, if there is one; a deleted one only if asked for.
    ///
    /// # Errors
    /// When the query fails.
    pub fn find(&self, entity: &Entity, id: &str, with_deleted: bool) -> Result<Option<Document>, Error> {
        let sql = statements::find(entity, with_deleted);
        let rows = self.generated_rows("find a row", &sql, params! { "id": id }, |it| row::whole(entity, it))?;
        Ok(rows.into_iter().next())
    }

    /// The rows that `filter` leaves, in parts; without their document column, which may be large.
    ///
    /// # Errors
    /// When a query fails.
    pub fn list(&self, entity: &Entity, filter: &Filter<'_>, part: Part<'_>) -> Result<Listing, Error> {
        let (limit, offset) = (whole(part.limit), whole(part.offset));
        let mut values = filter.values(entity);
        values.extend([("limit", &limit as &dyn ToSql), ("offset", &offset as &dyn ToSql)]);
        let sql = statements::list(entity, filter, part.order);
        let rows = self.generated_rows("list rows", &sql, &values, |it| row::brief(entity, it))?;
        Ok(Listing { rows, total: self.count_of(entity, filter)? })
    }

    /// How many rows `filter` leaves.
    ///
    /// # Errors
    /// When the query fails.
    pub fn count_of(&self, entity: &Entity, filter: &Filter<'_>) -> Result<usize, Error> {
        let sql = statements::count(entity, filter);
        let counts = self.generated_rows("count rows", &sql, &filter.values(entity), |it| it.get::<i64>("rows"))?;
        Ok(counts.first().and_then(|it| usize::try_from(*it).ok()).unwrap_or_default())
    }

    /// When a row last changed at Klaviyo (or, of a log, happened); `None` of an empty table, and of an entity that does
    /// not tell.
    ///
    /// # Errors
    /// When the query fails.
    pub fn latest_update(&self, entity: &Entity) -> Result<Option<DateTime<Utc>>, Error> {
        let Some(sql) = statements::latest(entity) else { return Ok(None) };
        let read = |it: &super::Row<'_>| it.get::<Option<NaiveDateTime>>("latest");
        let times = self.generated_rows("find the latest change", &sql, &[], read)?;
        Ok(times.into_iter().next().flatten().map(|it| it.and_utc()))
    }

    /// Keeps the rows: adds new ones, replaces those that differ and leaves the rest alone. All of them are looked at
    /// before the first is written.
    ///
    /// # Errors
    /// [`Error::BadRow`] names the first row that its table cannot hold; then, as when a statement fails, the
    /// transaction keeps nothing.
    pub fn upsert(&self, entity: &Entity, rows: &[Record], now: DateTime<Utc>) -> Result<Changes, Error> {
        batch::check(entity, rows)?;
        if entity.is_log() { self.rewrite(entity, rows, now) } else { self.merge(entity, rows, now) }
    }

    /// Of what happened there is no row to mark: those of the same ids give way.
    fn rewrite(&self, entity: &Entity, rows: &[Record], now: DateTime<Utc>) -> Result<Changes, Error> {
        let stage = format!("{}_kept", schema::stage_table(entity));
        self.generated("stage records", &schema::create_stage(entity, &stage), &[])?;
        append(self.0, [&stage, "temp"], rows, &mut HashSet::new())?;
        self.generated("look at a stage", &schema::look_at(entity, &stage), &[])?;
        aggregates::about_to_change(self, rows.iter().map(|it| it.id.as_str()))?;
        let changed = self.generated("keep rows", &statements::clear_staged(entity), &[])? as u64;
        let all = self.generated("keep rows", &schema::fill_window(entity, false), params! { "now": utc(now) })? as u64;
        aggregates::changed(self)?;
        Ok(Changes { new: all.saturating_sub(changed), changed, deleted: 0 })
    }

    /// Marks the row as deleted; what happened is removed instead. Tells whether there was such a row.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn delete(&self, entity: &Entity, id: &str, now: DateTime<Utc>) -> Result<bool, Error> {
        let sql = statements::delete(entity);
        let count = if entity.is_log() {
            aggregates::about_to_change(self, [id].into_iter())?;
            let count = self.generated("delete a row", &sql, params! { "id": id })?;
            aggregates::changed(self)?;
            count
        } else {
            self.generated("delete a row", &sql, params! { "id": id, "now": utc(now) })?
        };
        Ok(count > 0)
    }
}

/// The parameters of [`Filter::of`]; no row names more than that.
const OF: [&str; 6] = ["of_1", "of_2", "of_3", "of_4", "of_5", "of_6"];

/// The columns that a listing can be sorted by.
pub fn sortable(entity: &Entity) -> impl Iterator<Item = &'static Column> + use<> {
    entity.columns.iter().filter(|it| !matches!(it.kind, Kind::Texts | Kind::Document))
}

impl Filter<'_> {
    /// The values that the statements of this filter name.
    fn values(&self, entity: &Entity) -> Vec<(&'static str, &dyn ToSql)> {
        let mut values: Vec<(&'static str, &dyn ToSql)> = Vec::new();
        if let (Some(text), Some(_)) = (&self.name, entity.name_column()) {
            values.push(("name", text));
        }
        if let (Some(text), Some(_)) = (&self.status, entity.status_column()) {
            values.push(("status", text));
        }
        values.extend(OF.into_iter().zip(self.of).map(|(name, (_, id))| (name, id as &dyn ToSql)));
        if entity.dated_column().is_some() {
            values.extend(self.since.as_ref().map(|it| ("since", it as &dyn ToSql)));
            values.extend(self.before.as_ref().map(|it| ("before", it as &dyn ToSql)));
        }
        values
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
