//! How far whole listings are: of an entity, and of each parent of an entity that is read per parent.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::{Db, Error, FromRow, Query, Row, RowResult, schema, utc};
use crate::catalog::Entity;
use crate::{params, query};

const WHOLE_AT: Query = query!("progress/whole_at");
const SET_WHOLE_AT: Query = query!("progress/set_whole_at");
const PARENTS: Query = query!("progress/parents");
const SET_PARENT: Query = query!("progress/set_parent");
const FORGET_PARENT: Query = query!("progress/forget_parent");

/// Every query of this file; a test prepares them all.
pub(super) const QUERIES: &[Query] = &[WHOLE_AT, SET_WHOLE_AT, PARENTS, SET_PARENT, FORGET_PARENT];

/// How far the listing of one parent is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParentProgress {
    pub parent: String,
    /// Up to here changes were followed; nothing before the first page.
    pub watermark: Option<DateTime<Utc>>,
    /// When all of it was last read; nothing while a first reading goes on.
    pub whole_at: Option<DateTime<Utc>>,
}

impl ParentProgress {
    /// Of a parent that was never read.
    #[must_use]
    pub fn none(parent: &str) -> ParentProgress {
        ParentProgress { parent: parent.to_owned(), watermark: None, whole_at: None }
    }
}

impl Db<'_> {
    /// When a whole listing of the entity last ended; nothing before the first.
    ///
    /// # Errors
    /// When the query fails.
    pub fn whole_at(&self, entity: &Entity) -> Result<Option<DateTime<Utc>>, Error> {
        let row: Option<WholeAt> = self.maybe(WHOLE_AT, params! { "entity": entity.name })?;
        Ok(row.and_then(|it| it.0).map(|it| it.and_utc()))
    }

    /// Writes down that a whole listing ended, in the transaction that holds its sweep.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn set_whole_at(&self, entity: &Entity, now: DateTime<Utc>) -> Result<(), Error> {
        self.execute(SET_WHOLE_AT, params! { "entity": entity.name, "now": utc(now) }).map(drop)
    }

    /// Every parent that was read for the entity, and how far.
    ///
    /// # Errors
    /// When the query fails.
    pub fn parents(&self, entity: &Entity) -> Result<Vec<ParentProgress>, Error> {
        self.rows(PARENTS, params! { "entity": entity.name })
    }

    /// Id and name of each row of an entity that is not deleted, in the order of the ids.
    ///
    /// # Errors
    /// When the query fails.
    pub fn named(&self, entity: &Entity) -> Result<Vec<(String, Option<String>)>, Error> {
        let sql = format!("select id, name from {} where deleted_at is null order by id", entity.table());
        let named = || -> duckdb::Result<Vec<_>> {
            self.0.prepare(&sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        named().map_err(|source| Error::Statement { doing: "list names", source: source.into() })
    }

    /// Writes down how far one parent is, in the transaction that holds its rows.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn set_parent(&self, entity: &Entity, progress: &ParentProgress) -> Result<(), Error> {
        let (watermark, whole_at) = (progress.watermark.map(utc), progress.whole_at.map(utc));
        let values = params! {
            "entity": entity.name, "parent": progress.parent, "watermark": watermark, "whole_at": whole_at,
        };
        self.execute(SET_PARENT, values).map(drop)
    }

    /// The parent is read no more; what is kept of it stays as it is.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn forget_parent(&self, entity: &Entity, parent: &str) -> Result<(), Error> {
        self.execute(FORGET_PARENT, params! { "entity": entity.name, "parent": parent }).map(drop)
    }

    /// Removes all rows of a parent and how far it was: nobody wants them any more. Tells how many rows there were.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn drop_parent(&self, entity: &Entity, parent: &str) -> Result<u64, Error> {
        self.forget_parent(entity, parent)?;
        let sql = schema::drop_parent(entity);
        self.generated("remove the rows of a parent", &sql, params! { "parent": parent }).map(|it| it as u64)
    }
}

struct WholeAt(Option<NaiveDateTime>);

impl FromRow for WholeAt {
    fn from_row(row: &Row<'_>) -> RowResult<WholeAt> {
        Ok(WholeAt(row.get("last_whole_at")?))
    }
}

impl FromRow for ParentProgress {
    fn from_row(row: &Row<'_>) -> RowResult<ParentProgress> {
        let time = |column| Ok::<_, duckdb::Error>(row.get::<Option<NaiveDateTime>>(column)?.map(|it| it.and_utc()));
        Ok(ParentProgress { parent: row.get("parent_id")?, watermark: time("watermark")?, whole_at: time("whole_at")? })
    }
}
