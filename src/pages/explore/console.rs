//! `/explore/sql`: the copied account, asked in SQL. What a statement may be and take is the store's to say.

use std::time::Duration;

use chrono::Utc;
use rocket::fairing::AdHoc;
use rocket::fs::NamedFile;
use rocket::http::{ContentType, Header};
use rocket::{Responder, State, get, routes};
use serde::Serialize;

use crate::config;
use crate::pages::Desk;
use crate::store::Format;
use crate::store::console::{Answer, Limits, Problem, Readable, TEXT_MAX};
use crate::web::{self, Error, Html, Shell, Visit};

/// Rows that a page shows.
const ROWS: usize = 1_000;

/// Said where it is off.
const OFF: &str = "the SQL console is off; set explore.sql = true to switch it on";

/// What the page says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ConsolePage {
    is_on: bool,
    sql: String,
    answer: Option<Answer>,
    /// Why there is none, in a word and in the words of whoever knows.
    problem: Option<Said>,
    tables: Vec<Readable>,
    rows_max: usize,
    text_max: usize,
    seconds: u64,
}

#[derive(Debug, Serialize)]
struct Said {
    title: &'static str,
    words: String,
}

impl Said {
    fn of(problem: &Problem) -> Said {
        let title = match problem {
            Problem::Refused(_) => "That is not allowed here",
            Problem::Failed(_) => "The database says",
            Problem::TooLong(_) => "That took too long",
            Problem::TooLarge(_) => "That took too much memory",
            Problem::Busy => "Wait a moment",
        };
        Said { title, words: problem.to_string() }
    }
}

pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("console", |rocket| async { rocket.mount("/", routes![show, export]) })
}

#[get("/explore/sql?<sql>")]
async fn show(
    sql: Option<String>,
    visit: Visit,
    desk: &State<Desk>,
    settings: &State<config::Explore>,
) -> Result<Html, Error> {
    let (desk, settings) = (desk.inner().clone(), **settings);
    web::blocking(move || {
        let standing = desk.store.read(|db| crate::pages::standing(db, &desk.handle, Utc::now()))?;
        let mut page = ConsolePage {
            is_on: settings.sql,
            sql: sql.unwrap_or_default(),
            answer: None,
            problem: None,
            tables: Vec::new(),
            rows_max: ROWS,
            text_max: TEXT_MAX,
            seconds: settings.sql_timeout_secs,
        };
        if settings.sql {
            match desk.store.readable() {
                Ok(tables) => page.tables = tables,
                Err(problem) => page.problem = Some(Said::of(&problem)),
            }
            if !page.sql.trim().is_empty() {
                match desk.store.console(&page.sql, Limits { time: time(settings), rows: ROWS }) {
                    Ok(answer) => page.answer = Some(answer),
                    Err(problem) => page.problem = Some(Said::of(&problem)),
                }
            }
        }
        web::draw("console.html", &Shell::new(visit, standing), &page)
    })
    .await
}

fn time(settings: config::Explore) -> Duration {
    Duration::from_secs(settings.sql_timeout_secs)
}

#[derive(Responder)]
struct File {
    file: NamedFile,
    kind: ContentType,
    name: Header<'static>,
    kept: Header<'static>,
}

/// All rows that a statement answers, up to a million.
#[get("/explore/sql/<file>?<sql>")]
async fn export(file: &str, sql: &str, desk: &State<Desk>, settings: &State<config::Explore>) -> Result<File, Error> {
    if !settings.sql {
        return Err(Error::Forbidden(OFF));
    }
    let format = file.strip_prefix("result.").and_then(Format::named);
    let format = format
        .ok_or_else(|| Error::Missing("there is no such file: it is result.csv, .json or .parquet".to_owned()))?;
    let (desk, sql, time) = (desk.inner().clone(), sql.to_owned(), time(**settings));
    let place = web::lengthy(move || {
        let exports = desk.store.exports()?;
        let place = tempfile::Builder::new().prefix("export-").tempfile_in(exports).map_err(Error::Disk)?;
        desk.store.console_export(&sql, time, format, place.path()).map_err(|problem| match problem {
            Problem::Busy => Error::Busy(problem.to_string()),
            problem => Error::Malformed(problem.to_string()),
        })?;
        Ok(place)
    })
    .await?;
    // What is open stays readable; the name is gone at the end of this function, whatever becomes of the request.
    let opened = NamedFile::open(place.path()).await.map_err(Error::Disk)?;
    let kind = match format {
        Format::Csv => ContentType::CSV,
        Format::Json => ContentType::JSON,
        Format::Parquet => ContentType::new("application", "vnd.apache.parquet"),
    };
    Ok(File {
        file: opened,
        kind,
        name: Header::new("Content-Disposition", format!("attachment; filename=\"{file}\"")),
        kept: Header::new("Cache-Control", "private, no-store"),
    })
}
