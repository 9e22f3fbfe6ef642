use std::cell::RefCell;
use std::collections::HashSet;
use std::time::Instant;

use duckdb::types::FromSql;
use duckdb::{Connection, ToSql};

use super::Error;
use super::timings::Timings;

/// A query kept in its own `.sql` file and known everywhere by that file's path.
#[derive(Debug, Clone, Copy)]
pub struct Query {
    pub name: &'static str,
    pub text: &'static str,
}

/// `query!("overview/daily")` embeds `overview/daily.sql`, found next to the calling file.
#[macro_export]
macro_rules! query {
    ($name:literal) => {
        $crate::store::Query { name: $name, text: include_str!(concat!($name, ".sql")) }
    };
}

/// Named values for a query: `params! { "start": day, "limit": 10 }`. Every name must occur in its text.
#[macro_export]
macro_rules! params {
    () => { &[] as &[(&str, &dyn $crate::store::ToSql)] };
    ($($name:literal : $value:expr),+ $(,)?) => {
        &[$(($name, &$value as &dyn $crate::store::ToSql)),+] as &[(&str, &dyn $crate::store::ToSql)]
    };
}

/// One row of an answer.
pub struct Row<'a>(&'a duckdb::Row<'a>);

/// What reading a row gives.
pub type RowResult<T> = duckdb::Result<T>;

impl Row<'_> {
    /// The value of the named column.
    ///
    /// # Errors
    /// When there is no such column or its type does not fit.
    pub fn get<T: FromSql>(&self, column: &str) -> RowResult<T> {
        self.0.get(column)
    }
}

/// What can be made of a row.
pub trait FromRow: Sized {
    /// Reads the row by the names of its columns.
    ///
    /// # Errors
    /// When a column is missing or of another type.
    fn from_row(row: &Row<'_>) -> RowResult<Self>;
}

/// A connection, lent for one unit of work, and where the store counts how long its queries take; also what was done
/// [once](Db::once).
pub struct Db<'a>(pub(super) &'a Connection, pub(super) &'a Timings, RefCell<HashSet<&'static str>>);

impl<'a> Db<'a> {
    pub(super) fn new(connection: &'a Connection, timings: &'a Timings) -> Db<'a> {
        Db(connection, timings, RefCell::default())
    }
}

impl Db<'_> {
    /// Does what `query` stands for, counts how long it took, and tells the log at debug.
    pub(super) fn timed<T>(&self, query: Query, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        let time = start.elapsed();
        self.1.add(query.name, time);
        log::debug!("query {} took {:.1} ms", query.name, time.as_secs_f64() * 1_000.0);
        result
    }

    /// Every row of `query`, in its order.
    ///
    /// # Errors
    /// With the query's name.
    pub fn rows<T: FromRow>(&self, query: Query, params: &[(&str, &dyn ToSql)]) -> Result<Vec<T>, Error> {
        let rows = || -> duckdb::Result<Vec<T>> {
            let mut statement = self.0.prepare_cached(query.text)?;
            statement.query_map(params, |row| T::from_row(&Row(row)))?.collect()
        };
        self.timed(query, rows).map_err(|source| Error::Query { query: query.name, source: source.into() })
    }

    /// The first row of `query`, if it has one.
    ///
    /// # Errors
    /// With the query's name.
    pub fn maybe<T: FromRow>(&self, query: Query, params: &[(&str, &dyn ToSql)]) -> Result<Option<T>, Error> {
        Ok(self.rows(query, params)?.into_iter().next())
    }

    /// The one row of `query`.
    ///
    /// # Errors
    /// With the query's name; also when there is no row.
    pub fn row<T: FromRow>(&self, query: Query, params: &[(&str, &dyn ToSql)]) -> Result<T, Error> {
        self.maybe(query, params)?.ok_or(Error::NoRow { query: query.name })
    }

    /// The first column of the one row of `query`.
    ///
    /// # Errors
    /// With the query's name; also when there is no row.
    pub fn value<T: FromSql>(&self, query: Query, params: &[(&str, &dyn ToSql)]) -> Result<T, Error> {
        let value = || self.0.prepare_cached(query.text)?.query_row(params, |row| row.get(0));
        self.timed(query, value).map_err(|source| match source {
            duckdb::Error::QueryReturnedNoRows => Error::NoRow { query: query.name },
            source => Error::Query { query: query.name, source: source.into() },
        })
    }

    /// Does what `query` says and tells how many rows it touched.
    ///
    /// # Errors
    /// With the query's name.
    pub fn execute(&self, query: Query, params: &[(&str, &dyn ToSql)]) -> Result<usize, Error> {
        let execute = || self.0.prepare_cached(query.text)?.execute(params);
        self.timed(query, execute).map_err(|source| Error::Query { query: query.name, source: source.into() })
    }

    /// The same, unless this unit of work has done it: for a temporary table that several queries rest on.
    ///
    /// # Errors
    /// With the query's name.
    pub fn once(&self, query: Query, params: &[(&str, &dyn ToSql)]) -> Result<(), Error> {
        self.unless_done(query, || self.execute(query, params).map(drop))
    }

    /// As [`Db::once`], for a temporary macro. It is parsed each time: DuckDB 2.0 gives itself up where a prepared statement
    /// makes a macro twice.
    ///
    /// # Errors
    /// With the query's name.
    pub fn define(&self, query: Query) -> Result<(), Error> {
        let define = || self.0.execute_batch(query.text);
        let define =
            || self.timed(query, define).map_err(|source| Error::Query { query: query.name, source: source.into() });
        self.unless_done(query, define)
    }

    fn unless_done(&self, query: Query, work: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
        if self.2.borrow().contains(query.name) {
            return Ok(());
        }
        work()?;
        self.2.borrow_mut().insert(query.name);
        Ok(())
    }

    /// Parses and binds `query` without running it: a misspelt column shows here.
    ///
    /// # Errors
    /// With the query's name.
    pub fn prepare(&self, query: Query) -> Result<(), Error> {
        self.0.prepare(query.text).map(drop).map_err(|source| Error::Query { query: query.name, source: source.into() })
    }

    /// The rows of a question that the catalog's names were put into; `doing` says what for.
    pub(super) fn generated_rows<T>(
        &self,
        doing: &'static str,
        sql: &str,
        params: &[(&str, &dyn ToSql)],
        mut read: impl FnMut(&Row<'_>) -> RowResult<T>,
    ) -> Result<Vec<T>, Error> {
        let mut rows = || -> duckdb::Result<Vec<T>> {
            self.0.prepare_cached(sql)?.query_map(params, |row| read(&Row(row)))?.collect()
        };
        rows().map_err(|source| Error::Statement { doing, source: source.into() })
    }

    /// Statements that the catalog's names were put into; `doing` says what for.
    pub(super) fn generated(
        &self,
        doing: &'static str,
        sql: &str,
        params: &[(&str, &dyn ToSql)],
    ) -> Result<usize, Error> {
        self.0.execute(sql, params).map_err(|source| Error::Statement { doing, source: source.into() })
    }
}
