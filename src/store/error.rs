use std::path::{Path, PathBuf};

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the data directory {path} cannot be used")]
    Directory { path: PathBuf, source: std::io::Error },
    /// Somebody else has to stop first.
    #[error("the database {path} is in use by another process ({holder}); stop it first, or choose another data_dir")]
    Locked { path: PathBuf, holder: String },
    /// A newer Klytics has to be used.
    #[error(
        "the database was written by a newer version of Klytics (its schema is {found}, this version knows {known}); \
         start that version, or choose another data_dir"
    )]
    Newer { found: i64, known: i64 },
    #[error("the database {path} cannot be opened")]
    Open { path: PathBuf, source: duckdb::Error },
    #[error("query {query} failed")]
    Query { query: &'static str, source: duckdb::Error },
    #[error("could not {doing} in the database")]
    Statement { doing: &'static str, source: duckdb::Error },
    /// Mend that row; the others are as good as before, and none of them was kept.
    #[error("row {row} of the batch of {entity} ({id:?}) cannot be kept, and so nothing was: {column} {why}")]
    BadRow {
        entity: &'static str,
        /// Counted from 1.
        row: usize,
        id: String,
        column: String,
        why: String,
    },
    /// A bug, or a hand in the file: something that is always there is not.
    #[error("query {query} found no row")]
    NoRow { query: &'static str },
}

impl Error {
    pub(super) fn open(path: &Path, source: duckdb::Error) -> Error {
        let text = source.to_string();
        let path = path.to_owned();
        match text.split_once("Conflicting lock is held in ") {
            Some((_, holder)) => {
                let holder = holder.split(". See").next().unwrap_or(holder).trim().trim_end_matches('.').to_owned();
                Error::Locked { path, holder }
            }
            None => Error::Open { path, source },
        }
    }
}
