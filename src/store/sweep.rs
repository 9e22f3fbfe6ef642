//! Deletions: Klaviyo tells of none, so what a whole listing did not hold is marked as deleted.
//!
//! The ids of a listing are gathered in a temporary table, which spills to disk, page by page in the transactions that
//! hold the rows. Only whoever read a listing to its end sweeps.

use chrono::{DateTime, Utc};

use super::{Db, Error, Record, schema, utc};
use crate::catalog::Entity;
use crate::params;

impl Db<'_> {
    /// Nothing of the listing of `entity` was seen yet.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn begin_listing(&self, entity: &Entity) -> Result<(), Error> {
        self.generated("begin a listing", &schema::create_seen(entity), &[]).map(drop)
    }

    /// Notes that the listing held these records.
    ///
    /// # Errors
    /// When the statement fails, or no listing was begun.
    pub fn note_seen(&self, entity: &Entity, records: &[Record]) -> Result<(), Error> {
        if records.is_empty() {
            return Ok(());
        }
        let failed = |source: duckdb::Error| Error::Statement { doing: "note what was listed", source: source.into() };
        let table = schema::seen_table(entity);
        let mut appender = self.0.appender_to_catalog_and_db(&table, "temp", "main").map_err(failed)?;
        appender.append_rows(records.iter().map(|it| [&it.id])).and_then(|()| appender.flush()).map_err(failed)
    }

    /// Marks rows as deleted that the listing, which was read to its end, did not hold: of `parent` only, where it was
    /// the listing of one parent. Tells how many.
    ///
    /// # Errors
    /// When a statement fails, or no listing was begun.
    pub fn sweep(&self, entity: &Entity, parent: Option<&str>, now: DateTime<Utc>) -> Result<u64, Error> {
        let column = parent.and_then(|_| entity.parent_column());
        let sql = schema::sweep(entity, column);
        let (doing, now_utc) = ("mark deleted rows", utc(now));
        let swept = match parent.filter(|_| column.is_some()) {
            Some(parent) => self.generated(doing, &sql, params! { "now": now_utc, "parent": parent })?,
            None => self.generated(doing, &sql, params! { "now": now_utc })?,
        };
        if swept > 0 {
            self.follow_consent(entity, now)?;
        }
        Ok(swept as u64)
    }
}
