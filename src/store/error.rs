use std::fmt;
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
    Open { path: PathBuf, source: Cause },
    #[error("query {query} failed")]
    Query { query: &'static str, source: Cause },
    #[error("could not {doing} in the database")]
    Statement { doing: &'static str, source: Cause },
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
            None => Error::Open { path, source: source.into() },
        }
    }
}

/// What the database says of a failure. Of a full disk it would advise to change its settings; that is said in other words.
#[derive(Debug)]
pub struct Cause(duckdb::Error);

impl Cause {
    pub(super) fn error(&self) -> &duckdb::Error {
        &self.0
    }
}

impl From<duckdb::Error> for Cause {
    fn from(error: duckdb::Error) -> Cause {
        Cause(error)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        f.write_str(&full_disk(&text).unwrap_or(text))
    }
}

impl std::error::Error for Cause {}

/// That the disk is full, where that is what the database means.
pub(super) fn full_disk(text: &str) -> Option<String> {
    if text.contains("No space left on device") || text.contains("Disk quota exceeded") {
        let named = text.split('"').find(|it| it.starts_with('/')).and_then(|it| Path::new(it).parent());
        let place = named.map_or_else(|| "the data directory".to_owned(), |it| it.display().to_string());
        return Some(format!("the disk of {place} is full; make room there and try again"));
    }
    let is_spilled = text.contains("failed to offload") && text.contains("max_temp_directory_size");
    is_spilled
        .then(|| "what was to be laid aside takes more than half of the data directory's disk; ask for less".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causes::causes;

    fn told(words: &str) -> String {
        let source = duckdb::Error::DuckDBFailure(duckdb::ffi::Error::new(1), Some(words.to_owned()));
        causes(&Error::Statement { doing: "commit", source: source.into() })
    }

    #[test]
    fn a_full_disk_is_told_in_plain_words() {
        let full = told(
            "TransactionContext Error: Failed to commit: Could not write all bytes to file \"/data/klytics.duckdb.wal\": \
             wanted=4096 wrote=0: No space left on device",
        );
        assert_eq!(full, "could not commit in the database: the disk of /data is full; make room there and try again");
        let nameless = told("IO Error: Cannot write: No space left on device");
        assert!(nameless.contains("the disk of the data directory is full"), "{nameless}");
        let spilled = told(
            "Out of Memory Error: failed to offload data block of size 256.0 KiB (1.0 GiB/1.0 GiB used).\nThis limit was set \
             by the 'max_temp_directory_size' setting.\nBy default, this setting utilizes the available disk space.",
        );
        assert!(spilled.contains("half of the data directory's disk") && !spilled.contains("setting"), "{spilled}");
        assert_eq!(told("Out of Memory Error"), "could not commit in the database: Out of Memory Error");
    }
}
