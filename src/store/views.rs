//! What a number is: one definition a file, in the order in which they build on one another.

use duckdb::Connection;

use super::Error;

/// Name and text of every view, in dependency order.
pub const VIEWS: &[(&str, &str)] = &[];

/// Creates or replaces all of them, so that a definition is the one of this version.
pub(super) fn apply(connection: &Connection) -> Result<(), Error> {
    for (name, sql) in VIEWS {
        connection.execute_batch(sql).map_err(|source| Error::Query { query: name, source })?;
    }
    Ok(())
}
