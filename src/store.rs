//! The DuckDB file of one account: what is kept in it, and how it is asked. The only module that names DuckDB.

#![expect(clippy::disallowed_types, reason = "this is the module that the others are to ask")]

mod activity;
pub mod aggregates;
mod arrivals;
mod consent;
pub mod console;
mod deliveries;
pub mod document;
mod documents;
mod error;
pub mod history;
pub mod memory;
mod metric_kinds;
mod migrations;
pub mod progress;
mod query;
pub mod reconciliation;
pub mod reports;
pub mod repository;
pub mod runs;
mod schema;
mod staging;
mod sweep;
mod timings;
mod touches;
mod views;
pub mod webhooks;
pub mod windows;
pub mod zone;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use duckdb::{Config, Connection};

use crate::histogram::Histogram;

pub use documents::Format;
pub use duckdb::ToSql;
pub use duckdb::types::FromSql;
pub use error::Error;
pub use query::{Db, FromRow, Query, Row, RowResult};
pub use staging::{Cell, Changes, Record, Staged};
pub use views::VIEWS;
pub use windows::{Piece, Window};

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Bytes that DuckDB may use for its buffers.
    pub memory_limit: u64,
    /// Threads for one query.
    pub threads: usize,
}

impl Options {
    /// Reads the settings, with `auto` and 0 filled in from the machine.
    #[must_use]
    pub fn from_settings(settings: &crate::config::Store) -> Options {
        let memory_limit = memory::parse_size(&settings.memory_limit).unwrap_or_else(memory::sensible_limit);
        let threads = match settings.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            some => some,
        };
        Options { memory_limit, threads }
    }
}

/// An open database; clones share it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    path: Option<PathBuf>,
    /// The only connection that writes.
    writer: Mutex<Connection>,
    /// What readers are cloned from, so that none waits for a write to end.
    origin: Mutex<Connection>,
    /// Connections that read, at rest; each is taken for one unit of work.
    readers: Mutex<Vec<Connection>>,
    /// Held while a statement of a person's runs.
    console: Mutex<()>,
    /// Bytes that the process may have meanwhile; unknown where it is not this store's alone.
    ceiling: std::sync::OnceLock<u64>,
    /// Counts the stages that were made, so that each has a name of its own.
    stages: std::sync::atomic::AtomicU64,
    timings: timings::Timings,
    /// Bytes that DuckDB may use, and threads for one query.
    memory_limit: u64,
    threads: usize,
    /// Counts commits, so that whoever caches knows when data changed.
    version: Mutex<Version>,
}

/// What was computed under one number is stale under the next.
struct Version {
    number: u64,
    since: Instant,
    /// Whether something was committed since that has no number of its own yet.
    is_behind: bool,
    /// How long it lasts at least while writes follow one another.
    lasts: Duration,
}

/// Every query of the store that is not generated and stands on its own; a test prepares them all.
pub const QUERIES: &[&[Query]] = &[
    activity::QUERIES,
    aggregates::QUERIES,
    consent::QUERIES,
    deliveries::QUERIES,
    touches::QUERIES,
    history::QUERIES,
    metric_kinds::QUERIES,
    progress::QUERIES,
    reconciliation::QUERIES,
    reports::QUERIES,
    runs::QUERIES,
    webhooks::QUERIES,
    windows::QUERIES,
    zone::QUERIES,
];

/// Readers kept at rest; more are made when more are needed, and dropped afterwards.
const IDLE_READERS: usize = 8;

/// Queries that a reader keeps parsed.
const PREPARED: usize = 512;

/// How old what pages show may be while many writes follow one another: what comes first is seen soon, and then twice as late
/// each time.
const RENEWAL: Duration = Duration::from_secs(2);
const RENEWAL_MAX: Duration = Duration::from_secs(10);

/// The exit code of a process that ends because of the store.
pub(crate) const EXIT_CODE: u8 = 4;

/// The name of the file in the data directory.
const FILE: &str = "klytics.duckdb";

impl Store {
    /// Opens or creates `<data_dir>/klytics.duckdb` and brings its tables and views up to this version.
    ///
    /// # Errors
    /// When the directory cannot be made, the file is locked by another process, written by a newer version, or damaged.
    pub fn open(data_dir: &Path, options: &Options) -> Result<Store, Error> {
        private_directory(data_dir).map_err(|source| Error::Directory { path: data_dir.to_owned(), source })?;
        let path = data_dir.join(FILE);
        let config = config(options).map_err(|source| Error::open(&path, source))?;
        let connection = Connection::open_with_flags(&path, config).map_err(|source| Error::open(&path, source))?;
        confine(&connection, data_dir).map_err(|source| Error::open(&path, source))?;
        Store::prepare(connection, Some(path), options)
    }

    /// A database that lives as long as the process.
    ///
    /// # Errors
    /// When the tables cannot be made, which a test would have found.
    pub fn in_memory() -> Result<Store, Error> {
        let options = Options { memory_limit: 1 << 30, threads: 2 };
        let here = Path::new(":memory:");
        let open = || Connection::open_in_memory_with_flags(config(&options)?);
        Store::prepare(open().map_err(|source| Error::open(here, source))?, None, &options)
    }

    fn prepare(mut connection: Connection, path: Option<PathBuf>, options: &Options) -> Result<Store, Error> {
        migrations::apply(&mut connection)?;
        schema::apply(&connection)?;
        views::apply(&mut connection)?;
        let timings = timings::Timings::default();
        Db::new(&connection, &timings).begin_consent_history()?;
        in_transaction(&mut connection, &timings, aggregates::follow)?;
        let origin =
            connection.try_clone().map_err(|source| Error::Statement { doing: "connect", source: source.into() })?;
        Ok(Store(Arc::new(Inner {
            path,
            writer: Mutex::new(connection),
            origin: Mutex::new(origin),
            readers: Mutex::default(),
            console: Mutex::default(),
            ceiling: std::sync::OnceLock::new(),
            stages: std::sync::atomic::AtomicU64::new(0),
            timings,
            memory_limit: options.memory_limit,
            threads: options.threads,
            version: Mutex::new(Version { number: 0, since: Instant::now(), is_behind: false, lasts: RENEWAL }),
        })))
    }

    /// Lends a reading connection to one unit of work. All that it asks is answered as of one moment, or its numbers
    /// would not agree with one another while rows are being written.
    ///
    /// # Errors
    /// What the work returns, or that no connection could be made.
    pub fn read<T>(&self, work: impl FnOnce(&Db<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let resting = lock(&self.0.readers).pop();
        let mut connection = match resting {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let moment = begin(&mut connection)?;
        let result = work(&self.db(&moment));
        drop(moment);
        let mut readers = lock(&self.0.readers);
        if readers.len() < IDLE_READERS {
            readers.push(connection);
        }
        result
    }

    /// Does `work` in one transaction of the writing connection: all of it is kept, or nothing.
    ///
    /// # Errors
    /// What the work returns; then nothing was kept.
    pub fn write<T>(&self, work: impl FnOnce(&Db<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let result = in_transaction(&mut self.writer(), &self.0.timings, work)?;
        lock(&self.0.version).renew();
        Ok(result)
    }

    /// As [`Store::write`], for one of many writes in a row: those of some seconds make one version, or every page would be
    /// worked out anew for each of them. [`Store::end_row`] says that no more come.
    ///
    /// # Errors
    /// What the work returns; then nothing was kept.
    pub fn write_in_row<T>(&self, work: impl FnOnce(&Db<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let result = in_transaction(&mut self.writer(), &self.0.timings, work)?;
        lock(&self.0.version).is_behind = true;
        Ok(result)
    }

    /// Lets pages show at once what was written in a row.
    pub fn end_row(&self) {
        let mut version = lock(&self.0.version);
        if version.is_behind {
            version.renew();
        }
    }

    /// As [`Store::write`], for what no answer rests on, such as the log of a run: what was computed stays good.
    ///
    /// # Errors
    /// What the work returns; then nothing was kept.
    pub fn write_aside<T>(&self, work: impl FnOnce(&Db<'_>) -> Result<T, Error>) -> Result<T, Error> {
        in_transaction(&mut self.writer(), &self.0.timings, work)
    }

    /// Lets every query do its work on the thread that asks it, until what is answered is dropped: for when many threads
    /// write at a time. DuckDB's own threads take the small steps of all of them in turn, and whoever waits for one spins.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn without_helpers(&self) -> Result<WithoutHelpers<'_>, Error> {
        self.set_threads(1)?;
        Ok(WithoutHelpers(self))
    }

    fn set_threads(&self, threads: usize) -> Result<(), Error> {
        let set = format!("set threads = {threads}");
        lock(&self.0.origin)
            .execute_batch(&set)
            .map_err(|source| Error::Statement { doing: "set threads", source: source.into() })
    }

    /// Changes with every [write](Store::write), and after [a row](Store::write_in_row) of them within seconds: what was
    /// computed under one version is stale under the next.
    #[must_use]
    pub fn version(&self) -> u64 {
        let mut version = lock(&self.0.version);
        if version.is_behind && version.since.elapsed() >= version.lasts {
            let lasts = (version.lasts * 2).min(RENEWAL_MAX);
            version.renew();
            version.lasts = lasts;
        }
        version.number
    }

    /// Writes what is in the log into the file itself; done at shutdown.
    ///
    /// # Errors
    /// When the disk is full or gone.
    pub fn checkpoint(&self) -> Result<(), Error> {
        let done = self.writer().execute_batch("checkpoint");
        done.map_err(|source| Error::Statement { doing: "checkpoint", source: source.into() })
            .inspect_err(end_if_broken)
    }

    /// Bytes of the file on disk; `None` in memory.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        let path = self.0.path.as_ref()?;
        Some(std::fs::metadata(path).ok()?.len())
    }

    /// How long each named query took so far, by name.
    #[must_use]
    pub fn timings(&self) -> Vec<(&'static str, Histogram)> {
        self.0.timings.all()
    }

    /// Where the file lies; `None` in memory.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        self.0.path.as_deref().and_then(Path::parent)
    }

    /// Another connection to the same database.
    fn connect(&self) -> Result<Connection, Error> {
        let connection = lock(&self.0.origin).try_clone();
        let connection = connection.map_err(|source| Error::Statement { doing: "connect", source: source.into() })?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        Ok(connection)
    }

    fn db<'a>(&'a self, connection: &'a Connection) -> Db<'a> {
        Db::new(connection, &self.0.timings)
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        lock(&self.0.writer)
    }
}

impl Version {
    fn renew(&mut self) {
        *self = Version { number: self.number + 1, since: Instant::now(), is_behind: false, lasts: RENEWAL };
    }
}

/// While it lives, queries have no helping threads; see [`Store::without_helpers`].
pub struct WithoutHelpers<'a>(&'a Store);

impl Drop for WithoutHelpers<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.set_threads(self.0.0.threads.max(1)) {
            log::warn!("queries stay on one thread: {}", crate::causes::causes(&error));
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.0.path).finish_non_exhaustive()
    }
}

/// Does `work` in one transaction: all of it is kept, or nothing.
fn in_transaction<T>(
    connection: &mut Connection,
    timings: &timings::Timings,
    work: impl FnOnce(&Db<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let transaction = begin(connection)?;
    let done = match work(&Db::new(&transaction, timings)) {
        Ok(result) => transaction
            .commit()
            .map(|()| result)
            .map_err(|source| Error::Statement { doing: "commit", source: source.into() }),
        Err(error) => {
            if let Err(source) = transaction.rollback() {
                end_if_broken(&Error::Statement { doing: "roll back", source: source.into() });
            }
            Err(error)
        }
    };
    done.inspect_err(end_if_broken)
}

/// Ends the process after an error of a write that DuckDB did not expect of itself, before anything else is written: it would
/// close the whole database for that by itself, but for such errors of a person's statement as well, which can only read.
fn end_if_broken(error: &Error) {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(it) = cause {
        if it.downcast_ref::<error::Cause>().is_some_and(|it| is_unexpected(it.error())) {
            log::error!("the database is broken, and Klytics ends; start it again: {}", crate::causes::causes(error));
            std::process::exit(EXIT_CODE.into());
        }
        cause = it.source();
    }
}

/// By how it begins, for further on stand words of the data.
fn is_unexpected(error: &duckdb::Error) -> bool {
    let duckdb::Error::DuckDBFailure(_, Some(words)) = error else { return false };
    words.starts_with("FATAL Error") || words.starts_with("INTERNAL Error")
}

/// Begins a transaction. A database that gave itself up answers nothing any more until it is opened again: the process ends,
/// so that whoever keeps it running starts another, which reads the log of what was committed.
fn begin(connection: &mut Connection) -> Result<duckdb::Transaction<'_>, Error> {
    connection.transaction().map_err(|source| {
        if gave_up(&source) {
            log::error!("the database ended its work, and so does Klytics; start it again: {source}");
            std::process::exit(EXIT_CODE.into());
        }
        Error::Statement { doing: "begin", source: source.into() }
    })
}

/// Whether DuckDB met an error after which it trusts nothing that it has in memory.
fn gave_up(error: &duckdb::Error) -> bool {
    error.to_string().contains("database has been invalidated")
}

/// A panic elsewhere does not spoil a connection: its transaction was rolled back when it was dropped.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The instant as DuckDB keeps it: UTC without a zone.
pub(crate) fn utc(time: DateTime<Utc>) -> chrono::NaiveDateTime {
    time.naive_utc()
}

fn config(options: &Options) -> duckdb::Result<Config> {
    Config::default()
        .max_memory(&format!("{}MiB", (options.memory_limit >> 20).max(64)))?
        .threads(i64::try_from(options.threads).unwrap_or(1))?
        .with("autoinstall_known_extensions", "false")?
        .with("autoload_known_extensions", "false")?
        .with("preserve_insertion_order", "false")?
        // An error in a statement that only reads is its own; those of writes end the process (`end_if_broken`).
        .with("disable_database_invalidation", "true")?
        // What lies in which of a few windows is found by looking at each; sorting all of it takes longer.
        .with("nested_loop_join_threshold", "64")
}

/// Bytes that may be laid aside on disk: half of the whole disk, so that a database can grow beside them, and a gigabyte at
/// least. Left alone, DuckDB takes nine tenths of what is free when it looks for the first time, and never looks again: a
/// server that was started on a full disk would stay as good as one after room was made.
fn spill_limit(data_dir: &Path) -> u64 {
    let whole = rustix::fs::statvfs(data_dir).map_or(0, |it| it.f_blocks.saturating_mul(it.f_frsize));
    (whole / 2).max(1 << 30)
}

/// From here on SQL reaches no file outside the data directory, and nothing turns that off again.
fn confine(connection: &Connection, data_dir: &Path) -> duckdb::Result<()> {
    let quoted = |path: &Path| path.display().to_string().replace('\'', "''");
    connection.execute_batch(&format!(
        "set temp_directory = '{}';
         set max_temp_directory_size = '{}MiB';
         set allowed_directories = ['{}'];
         set enable_external_access = false;",
        quoted(&data_dir.join("spill")),
        spill_limit(data_dir) >> 20,
        quoted(data_dir),
    ))
}

/// Makes the directory, readable by its owner only: it holds personal data.
fn private_directory(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_in_a_row_make_one_version() {
        let store = Store::in_memory().expect("a store");
        store.write(|_| Ok(())).expect("a write");
        let first = store.version();
        store.write_in_row(|_| Ok(())).expect("a write");
        store.write_in_row(|_| Ok(())).expect("a write");
        assert_eq!(store.version(), first);
        lock(&store.0.version).since -= RENEWAL;
        assert_eq!((store.version(), store.version()), (first + 1, first + 1));
        store.write_in_row(|_| Ok(())).expect("a write");
        lock(&store.0.version).since -= RENEWAL;
        assert_eq!(store.version(), first + 1, "the next is seen later");
        store.write_in_row(|_| Ok(())).expect("a write");
        store.write(|_| Ok(())).expect("a write");
        assert_eq!(store.version(), first + 2, "what a person changes is seen at once");
        store.end_row();
        assert_eq!(store.version(), first + 2, "nothing new is to be seen");
        store.write_in_row(|_| Ok(())).expect("a write");
        store.end_row();
        assert_eq!(store.version(), first + 3);
        lock(&store.0.version).since -= RENEWAL;
        assert_eq!(store.version(), first + 3);
    }

    #[test]
    fn what_may_be_laid_aside_does_not_depend_on_what_is_free_at_the_start() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(dir.path(), &Options { memory_limit: 256 << 20, threads: 1 }).expect("a store");
        let setting = "select current_setting('max_temp_directory_size')";
        let set: String = store.writer().query_row(setting, [], |row| row.get(0)).expect("a setting");
        assert!(!set.contains('%') && !set.starts_with("0 "), "{set}");
        assert!(spill_limit(dir.path()) >= 1 << 30);
    }

    #[test]
    fn a_database_that_gave_itself_up_is_known_by_its_words() {
        let failure = |words: &str| duckdb::Error::DuckDBFailure(duckdb::ffi::Error::new(1), Some(words.to_owned()));
        let lost = "FATAL Error: Failed: database has been invalidated because of a previous fatal error. The database \
                    must be restarted prior to being used again.";
        assert!(gave_up(&failure(lost)));
        assert!(!gave_up(&failure("Out of Memory Error: failed to allocate data of size 4.0 KiB")));
        assert!(
            is_unexpected(&failure(lost)) && is_unexpected(&failure("INTERNAL Error: Attempted to access index 1"))
        );
        assert!(!is_unexpected(&failure("Conversion Error: Could not convert string 'FATAL Error' to INT64")));
    }
}
