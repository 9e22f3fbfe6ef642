//! What a statement takes while it runs, and the bound of it: by the database's own account, and by that of the process, for
//! what functions make inside stands in no other.

use duckdb::Connection;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::store::memory;

/// Bytes that a process may take beside the database: stacks of threads, and what pages are made of.
pub(super) const SLACK: u64 = 256 << 20;

/// Bytes for new threads, that of the statement first, where the process has grown to its ceiling before.
const THREADS: u64 = 64 << 20;

/// Looks that have to agree, because what the database gives back is the process's a little longer.
const LOOKS: u32 = 6;

/// Looks from beside at what a statement takes.
pub(super) struct Watch {
    connection: Connection,
    most: u64,
    /// Bytes of the process that were in no account of the database's at the start; `None` where the process is not judged.
    beside: Option<u64>,
    /// How many looks in a row found too many of them.
    looks: u32,
}

impl Watch {
    pub(super) fn new(connection: Connection, most: u64, judges_process: bool) -> Watch {
        let mut watch = Watch { connection, most, beside: None, looks: 0 };
        if judges_process {
            watch.beside = watch.accounts().and_then(|it| beside(it.1));
        }
        watch
    }

    /// Whether the statement took more than it may. Where the database cannot even say, all is taken.
    pub(super) fn is_over(&mut self) -> bool {
        let Some((held, all)) = self.accounts() else { return true };
        let grown = self.beside.zip(beside(all)).map_or(0, |(before, now)| now.saturating_sub(before));
        self.looks = if grown > self.most { self.looks + 1 } else { 0 };
        held > self.most || self.looks >= LOOKS
    }

    /// Bytes that the database holds and could not lay aside on disk, and all that it knows of.
    fn accounts(&self) -> Option<(u64, u64)> {
        let text = "select cast(coalesce(sum(memory_usage_bytes) filter (tag = 'ALLOCATOR'), 0) as ubigint),
            cast(coalesce(sum(memory_usage_bytes), 0) as ubigint) from duckdb_memory()";
        self.connection.query_row(text, [], |row| Ok((row.get(0)?, row.get(1)?))).ok()
    }
}

fn beside(all: u64) -> Option<u64> {
    memory::used().map(|it| it.resident.saturating_sub(all))
}

/// While it lives, the process gets no more memory than that: a single call of a function, which nothing can interrupt, fails
/// and ends the statement instead of the process.
pub(super) struct Ceiling(Rlimit);

impl Ceiling {
    pub(super) fn over(bytes: u64) -> Ceiling {
        let before = getrlimit(Resource::Data);
        let grown = memory::used().map_or(0, |it| it.data + THREADS);
        let bytes = before.current.unwrap_or(u64::MAX).min(bytes.max(grown));
        // Where the system refuses, there is the watch still.
        let _ = setrlimit(Resource::Data, Rlimit { current: Some(bytes), maximum: before.maximum });
        Ceiling(before)
    }
}

impl Drop for Ceiling {
    fn drop(&mut self) {
        let _ = setrlimit(Resource::Data, self.0);
    }
}
