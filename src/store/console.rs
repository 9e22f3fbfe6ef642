//! Statements that a person writes: what they may be, and how they are run so that they can neither change anything, nor read
//! anything but the copied account, nor take long.
//!
//! What a statement is says the parser of the database itself (`json_serialize_sql`), never a look at its text. Of the tree
//! that it gives every node has to be of a kind that is listed here: one statement that selects, from tables and views of the
//! account, with functions that compute. Whatever is not listed is refused, also what a later version of DuckDB brings. Behind
//! that stand a transaction that is read only, a connection without files or extensions, limits of rows, bytes and time.

mod grammar;
mod watch;

use std::path::Path;
use std::sync::{MutexGuard, TryLockError, mpsc};
use std::time::{Duration, Instant};

use duckdb::Connection;
use duckdb::arrow::array::{Array, AsArray};
use serde::Serialize;

use super::error::full_disk;
use super::{Format, Store, memory};
use grammar::Names;
use watch::{Ceiling, Watch};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Write another statement. Says what is not allowed.
    #[error("{0}")]
    Refused(String),
    /// Mend the statement. In the words of the database.
    #[error("{0}")]
    Failed(String),
    /// Ask for less.
    #[error("the statement took longer than {} s and was stopped", .0.as_secs_f64())]
    TooLong(Duration),
    /// Ask for less at a time: what cannot be laid aside on disk, such as one list of everything, took more bytes than a
    /// statement may, and pages need some too.
    #[error("more than {} MB of memory were taken that pages need, too, and the statement was stopped; ask for less at a time", .0 >> 20)]
    TooLarge(u64),
    /// Wait for the other one.
    #[error("another statement is running; one is run at a time")]
    Busy,
}

/// What the database says where the process was denied memory, in one place or another.
const DENIED: [&str; 3] = ["bad allocation", "bad_alloc", "Allocation failure"];

impl Problem {
    /// Where the process was denied more memory, as what it is.
    fn of_memory(self, most: u64) -> Problem {
        match self {
            Problem::Failed(words) if DENIED.iter().any(|it| words.contains(it)) => Problem::TooLarge(most),
            other => other,
        }
    }
}

/// What a statement may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub time: Duration,
    /// Rows that are answered at most.
    pub rows: usize,
}

/// What a statement answered.
#[derive(Debug, Serialize)]
pub struct Answer {
    pub columns: Vec<Column>,
    /// As the database writes values; null stays null.
    pub rows: Vec<Vec<Option<String>>>,
    /// Whether there were more rows than are answered.
    pub is_cut: bool,
    pub millis: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    pub name: String,
    /// `VARCHAR`, `DECIMAL(18,4)`, …
    pub kind: String,
    pub is_number: bool,
}

/// A table or view that may be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readable {
    pub name: String,
    pub is_view: bool,
    pub columns: Vec<Column>,
}

/// Characters of a statement; people write shorter ones, and what a parser does with longer ones is not known.
pub const TEXT_MAX: usize = 20_000;

/// Columns of an answer.
const COLUMNS_MAX: usize = 100;

/// Characters of a value that are shown; files hold all of it.
const VALUE_MAX: usize = 500;

/// Bytes of an answer.
const BYTES_MAX: usize = 8 << 20;

/// Rows of a file.
const FILE_ROWS_MAX: usize = 1_000_000;

/// What a statement is run with: parsing and planning go as deep as it nests.
const STACK: usize = 32 << 20;

/// How often what is to stop is told so: each of its parts has to hear it.
const BEAT: Duration = Duration::from_millis(20);

impl Store {
    /// Answers a statement that a person wrote.
    ///
    /// # Errors
    /// See [`Problem`].
    pub fn console(&self, text: &str, limits: Limits) -> Result<Answer, Problem> {
        self.guarded(text, limits.time, |connection, text| {
            let start = Instant::now();
            let columns = described(connection, text)?;
            let mut answer = read(connection, text, columns, limits.rows)?;
            answer.millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            Ok(answer)
        })
    }

    /// Writes what a statement answers into a file, up to a million rows.
    ///
    /// # Errors
    /// See [`Problem`].
    pub fn console_export(&self, text: &str, time: Duration, format: Format, path: &Path) -> Result<(), Problem> {
        self.guarded(text, time, |connection, text| {
            let columns = described(connection, text)?;
            let path = path.display().to_string().replace('\'', "''");
            let named = columns.iter().enumerate().map(|(place, it)| {
                let name = format.name(&it.name).replace('"', "\"\"");
                format!("{} as \"{name}\"", written(place, it, format))
            });
            let select = wrapped(text, &columns, &named.collect::<Vec<_>>(), FILE_ROWS_MAX);
            let copy = format!("copy ({select}) to '{path}' ({})", format.options());
            connection.prepare(&copy).and_then(|mut it| it.execute([])).map(drop).map_err(failed)
        })
    }

    /// What statements may ask, with columns.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn readable(&self) -> Result<Vec<Readable>, Problem> {
        let connection = self.connect().map_err(|error| Problem::Failed(error.to_string()))?;
        readable(&connection)
    }

    /// Runs work on a connection of its own, in a transaction that can only read, on a thread of its own; and stops it when its
    /// time is over, or its memory.
    fn guarded<T: Send>(
        &self,
        text: &str,
        time: Duration,
        work: impl FnOnce(&Connection, &str) -> Result<T, Problem> + Send,
    ) -> Result<T, Problem> {
        let text = text.trim().trim_end_matches([';', ' ', '\n', '\r', '\t']);
        if text.is_empty() {
            return Err(Problem::Refused("there is no statement".to_owned()));
        }
        if text.chars().count() > TEXT_MAX {
            return Err(Problem::Refused(format!("a statement has {TEXT_MAX} characters at most")));
        }
        let _alone = self.alone()?;
        let connect = || self.connect().map_err(|error| Problem::Failed(error.to_string()));
        let (start, most) = (Instant::now(), self.0.memory_limit / 2);
        let (connection, mut watch) = (connect()?, Watch::new(connect()?, most, self.0.ceiling.get().is_some()));
        let _ceiling = self.0.ceiling.get().map(|bytes| Ceiling::over(*bytes));
        let interrupt = connection.interrupt_handle();
        let (done, is_done) = mpsc::channel();
        std::thread::scope(|scope| {
            let run = move || {
                let result = checked(&connection, text).and_then(|()| work(&connection, text));
                // Also what is only read is ended, before anybody else may begin.
                drop(connection);
                // Who waits is still there, for it waits for the thread.
                let _ = done.send(result);
            };
            std::thread::Builder::new()
                .name("console".to_owned())
                .stack_size(STACK)
                .spawn_scoped(scope, run)
                .map_err(|error| Problem::Failed(format!("no thread could be started: {error}")))?;
            let mut ends = None;
            loop {
                match is_done.recv_timeout(BEAT.min(time)) {
                    // What had just come to its end is not thrown away.
                    Ok(result) => return result.map_err(|problem| ends.unwrap_or_else(|| problem.of_memory(most))),
                    Err(mpsc::RecvTimeoutError::Disconnected) => return Err(ends.unwrap_or(Problem::TooLong(time))),
                    Err(mpsc::RecvTimeoutError::Timeout) => {}
                }
                if ends.is_none() && start.elapsed() >= time {
                    ends = Some(Problem::TooLong(time));
                } else if ends.is_none() && watch.is_over() {
                    ends = Some(Problem::TooLarge(most));
                }
                if ends.is_some() {
                    interrupt.interrupt();
                }
            }
        })
    }

    /// Says that this process serves this store alone, so that a statement of a person's may be judged by what the process takes:
    /// what functions make inside is in no account of the database's.
    pub fn owns_process(&self) {
        if let Some(used) = memory::used() {
            // Twice says the same.
            let _ = self.0.ceiling.set(used.data + self.0.memory_limit + self.0.memory_limit / 2 + watch::SLACK);
        }
    }

    /// One statement at a time, so that many cannot take the memory and processors that pages need.
    fn alone(&self) -> Result<MutexGuard<'_, ()>, Problem> {
        match self.0.console.try_lock() {
            Ok(guard) => Ok(guard),
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => Err(Problem::Busy),
        }
    }
}

const VARIANT: &str = "VARIANT";

/// Begins a transaction that can only read, and lets pass what may be run in it.
fn checked(connection: &Connection, text: &str) -> Result<(), Problem> {
    connection.execute_batch("begin transaction read only").map_err(failed)?;
    let tree: String = connection
        .query_row("select json_serialize_sql(cast(? as varchar))", [text], |row| row.get(0))
        .map_err(failed)?;
    let names = Names::of(readable(connection)?.into_iter().map(|it| it.name), relations(connection)?);
    grammar::check(&tree, &names)
}

/// The names and types of what it answers.
fn described(connection: &Connection, text: &str) -> Result<Vec<Column>, Problem> {
    let mut statement = connection.prepare(&format!("describe select * from (\n{text}\n)")).map_err(failed)?;
    let rows = statement.query_map([], |row| Ok(column(row.get(0)?, row.get(1)?))).map_err(failed)?;
    let columns: Vec<Column> = rows.collect::<duckdb::Result<_>>().map_err(failed)?;
    if columns.len() > COLUMNS_MAX {
        return Err(Problem::Refused(format!(
            "the answer would have {} columns; {COLUMNS_MAX} are shown at most",
            columns.len()
        )));
    }
    Ok(columns)
}

fn column(name: String, kind: String) -> Column {
    const NUMBERS: [&str; 15] = [
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "HUGEINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "UHUGEINT",
        "BIGNUM",
        "FLOAT",
        "DOUBLE",
        "DECIMAL",
        "REAL",
    ];
    let base = kind.split('(').next().unwrap_or_default();
    let is_number = NUMBERS.contains(&base) && !kind.ends_with(']');
    Column { name, kind, is_number }
}

/// The statement as a part of one that gives its columns other forms. It is one statement by itself, as the parser said, so
/// whatever it holds ends before the bracket; its columns are named by place, because people name two alike.
fn wrapped(text: &str, columns: &[Column], values: &[String], rows: usize) -> String {
    let names: Vec<String> = (0..columns.len()).map(|it| format!("c{it}")).collect();
    format!("select {} from (\n{text}\n) as answer({}) limit {rows}", values.join(", "), names.join(", "))
}

/// A column of the answer as it stands in a file. In CSV everything else than numbers and times is text that no spreadsheet
/// takes for a formula, also what a blob, an enum or a list reads as.
fn written(place: usize, column: &Column, format: Format) -> String {
    const PLAIN: [&str; 5] = ["BOOLEAN", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"];
    let value = if column.kind == VARIANT { format!("cast(c{place} as json)") } else { format!("c{place}") };
    let is_plain = column.is_number || PLAIN.contains(&column.kind.as_str());
    if is_plain || format != Format::Csv { value } else { format.text(&format!("cast({value} as varchar)")) }
}

/// Rows in the order in which they come, as many as may be, without asking for the others.
fn read(connection: &Connection, text: &str, columns: Vec<Column>, limit: usize) -> Result<Answer, Problem> {
    let values = columns.iter().enumerate().map(|(place, it)| {
        let value = if it.kind == VARIANT { format!("cast(c{place} as json)") } else { format!("c{place}") };
        // One more than is shown, so that it is known what was cut.
        format!("left(cast({value} as varchar), {})", VALUE_MAX + 1)
    });
    let select = wrapped(text, &columns, &values.collect::<Vec<_>>(), limit.saturating_add(1));
    let mut statement = connection.prepare(&select).map_err(failed)?;
    let mut answer = Answer { columns, rows: Vec::new(), is_cut: false, millis: 0 };
    let mut bytes = 0;
    for batch in statement.stream_arrow([]).map_err(failed)? {
        let batch = batch.map_err(failed)?;
        for row in 0..batch.num_rows() {
            if answer.rows.len() == limit || bytes > BYTES_MAX {
                answer.is_cut = true;
                return Ok(answer);
            }
            let values: Vec<Option<String>> = batch.columns().iter().map(|it| cell(it, row)).collect();
            bytes += values.iter().flatten().map(String::len).sum::<usize>();
            answer.rows.push(values);
        }
    }
    Ok(answer)
}

fn cell(column: &dyn Array, row: usize) -> Option<String> {
    let texts = column.as_string_opt::<i32>()?;
    if texts.is_null(row) {
        return None;
    }
    let value = texts.value(row);
    let cut = value.char_indices().nth(VALUE_MAX).map(|it| it.0);
    Some(cut.map_or_else(|| value.to_owned(), |at| format!("{}…", &value[..at])))
}

/// Tables of ours that hold no secret; those of entities and all views may be asked as well.
const OURS: [&str; 16] = [
    "metric_kinds",
    "local_zone",
    "sync_windows",
    "sync_runs",
    "sync_run_entities",
    "sync_log",
    "sync_lookbacks",
    "api_calls",
    "report_windows",
    "reconciliation",
    "reconciled_metrics",
    "aggregates_basis",
    "aggregates_kinds",
    "aggregates_aliases",
    "annotations",
    "saved_views",
];

fn readable(connection: &Connection) -> Result<Vec<Readable>, Problem> {
    let text = "select columns.table_name, views.view_name is not null, column_name, data_type
        from duckdb_columns() as columns
        left join duckdb_views() as views
            on views.view_name = columns.table_name and views.database_name = columns.database_name and not views.internal
        where columns.schema_name = 'main' and not columns.internal and columns.database_name = current_database()
        order by columns.table_name, column_index";
    let mut statement = connection.prepare(text).map_err(failed)?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, column(row.get(2)?, row.get(3)?))))
        .map_err(failed)?;
    let mut found: Vec<Readable> = Vec::new();
    for row in rows {
        let (name, is_view, column): (String, bool, Column) = row.map_err(failed)?;
        if !is_view && !name.starts_with("klaviyo_") && !OURS.contains(&name.as_str()) {
            continue;
        }
        match found.last_mut().filter(|it| it.name == name) {
            Some(it) => it.columns.push(column),
            None => found.push(Readable { name, is_view, columns: vec![column] }),
        }
    }
    Ok(found)
}

/// The names of all tables and views, also of the database's own.
fn relations(connection: &Connection) -> Result<Vec<String>, Problem> {
    let text = "select table_name from duckdb_tables() union select view_name from duckdb_views()
        union select table_name from duckdb_columns()";
    let mut statement = connection.prepare(text).map_err(failed)?;
    let rows = statement.query_map([], |row| row.get(0)).map_err(failed)?;
    rows.collect::<duckdb::Result<_>>().map_err(failed)
}

/// In the words of the database, which are written for whoever wrote the statement.
fn failed(error: duckdb::Error) -> Problem {
    match error {
        duckdb::Error::DuckDBFailure(_, Some(words)) => Problem::Failed(full_disk(&words).unwrap_or(words)),
        other => Problem::Failed(other.to_string()),
    }
}
