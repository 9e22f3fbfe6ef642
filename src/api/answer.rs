use crate::catalog;
use crate::pages::{Call, EventSpan};
use crate::range::{Period, Unclear};
use crate::store::runs::Run;
use crate::store::zone::midnight;
use crate::store::{self, Db, Row, RowResult};
use crate::web;
use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use rocket::Request;
use rocket::http::{ContentType, Status};
use rocket::response::{self, Responder, Response};
use serde::Serialize;
use std::io::Cursor;

/// What an endpoint is asked.
pub(super) struct Question {
    pub(super) call: Call,
    pub(super) period: Period,
}

impl Question {
    /// The time, in UTC, in which things were updated that are asked for; all of them where the request names no range.
    pub(super) fn updated(&self, db: &Db<'_>) -> Result<(Option<NaiveDateTime>, Option<NaiveDateTime>), store::Error> {
        if !self.call.ask.names_range {
            return Ok((None, None));
        }
        let (zone, range) = (db.zone()?, self.period.range);
        Ok((Some(midnight(range.start(), zone)), Some(midnight(range.before(), zone))))
    }
}

/// An instant, as rows keep it.
pub(super) fn time(row: &Row<'_>, column: &str) -> RowResult<Option<DateTime<Utc>>> {
    Ok(row.get::<Option<NaiveDateTime>>(column)?.map(|it| it.and_utc()))
}

/// An answer from the database, or that there is nothing to answer from yet.
pub(super) enum Answer<T> {
    Data {
        body: T,
        /// Rows of the whole listing, of which the body may be a part.
        total: Option<usize>,
        last_synced_at: Option<DateTime<Utc>>,
    },
    NotYet(NotYet),
}

/// Why there are no rows: the entity was never copied.
#[derive(Debug, Serialize)]
pub(super) struct NotYet {
    /// `syncing` while a run goes on or waits, else `never`.
    status: &'static str,
    message: String,
    run: Option<RunBrief>,
    /// Share of the entity that is copied, 0–1, where it can be known.
    progress: Option<f64>,
}

#[derive(Debug, Serialize)]
struct RunBrief {
    id: i64,
    status: &'static str,
    entities: Vec<String>,
}

/// Answers with one document that rests on `entity`.
pub(super) async fn document<T: Send + 'static>(
    call: Result<Call, Unclear>,
    entity: &'static str,
    load: impl FnOnce(&Db<'_>, &Question) -> Result<T, store::Error> + Send + 'static,
) -> Result<Answer<T>, web::Error> {
    answer(call, entity, |db, question| Ok(Ok((load(db, question)?, None)))).await
}

/// Answers with the part of a listing of `entity` that was asked for; `load` gives it with the number of all rows.
pub(super) async fn listing<T: Send + 'static>(
    call: Result<Call, Unclear>,
    entity: &'static str,
    load: impl FnOnce(&Db<'_>, &Question) -> Result<Result<(Vec<T>, usize), Unclear>, store::Error> + Send + 'static,
) -> Result<Answer<Vec<T>>, web::Error> {
    answer(call, entity, |db, question| Ok(load(db, question)?.map(|(rows, total)| (rows, Some(total))))).await
}

async fn answer<T: Send + 'static>(
    call: Result<Call, Unclear>,
    entity: &'static str,
    load: impl FnOnce(&Db<'_>, &Question) -> Result<Result<(T, Option<usize>), Unclear>, store::Error> + Send + 'static,
) -> Result<Answer<T>, web::Error> {
    let call = call?;
    web::blocking(move || {
        let question = Question { period: call.period(Utc::now())?, call };
        let Known { rows, last_synced_at } = question.call.store.read(|db| Known::of(db, entity))?;
        if !rows && last_synced_at.is_none() {
            return Ok(Answer::NotYet(NotYet::of(entity, question.call.handle.progress())));
        }
        let (body, total) = question.call.store.read(|db| load(db, &question))??;
        Ok(Answer::Data { body, total, last_synced_at })
    })
    .await
}

/// What is known of an entity.
struct Known {
    /// Whether there is anything to answer from, even if the first pass has not come to its end.
    rows: bool,
    last_synced_at: Option<DateTime<Utc>>,
}

impl Known {
    fn of(db: &Db<'_>, entity: &str) -> Result<Known, store::Error> {
        let status = db.statuses()?.into_iter().find(|it| it.name == entity);
        let rows = match entity {
            // Events come in windows, of which the first ones are worth an answer.
            "events" => EventSpan::load(db)?.events > 0,
            _ => status.as_ref().is_some_and(|it| it.rows > 0),
        };
        Ok(Known { rows, last_synced_at: status.and_then(|it| it.last_synced_at) })
    }
}

impl NotYet {
    fn of(entity: &str, run: Option<Run>) -> NotYet {
        let run = run.filter(|run| run.entities.iter().any(|it| it.name == entity));
        let title = catalog::find(entity).map_or_else(|| entity.to_owned(), catalog::Entity::title);
        let message = match run {
            Some(_) => format!("{title} are being copied from Klaviyo for the first time; ask again in a moment"),
            None => format!("{title} were never copied from Klaviyo; start it with POST /api/{entity}/sync"),
        };
        let part = run.as_ref().and_then(|run| run.entities.iter().find(|it| it.name == entity));
        NotYet {
            status: if run.is_some() { "syncing" } else { "never" },
            message,
            progress: part.and_then(|it| it.done),
            run: run.map(|it| RunBrief {
                id: it.id,
                status: it.status.name(),
                entities: it.entities.into_iter().map(|it| it.name).collect(),
            }),
        }
    }
}

impl<'r, T: Serialize> Responder<'r, 'static> for Answer<T> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build();
        let json = match &self {
            Answer::Data { body, total, last_synced_at } => {
                response.raw_header("X-Data-Source", "database").raw_header("Cache-Control", "private, no-cache");
                if let Some(total) = total {
                    response.raw_header("X-Total-Count", total.to_string());
                }
                if let Some(at) = last_synced_at {
                    response.raw_header("X-Last-Synced", at.to_rfc3339_opts(SecondsFormat::Secs, true));
                }
                serde_json::to_vec(body)
            }
            Answer::NotYet(why) => {
                response.status(Status::Accepted).raw_header("Cache-Control", "no-store");
                serde_json::to_vec(why)
            }
        };
        let json = json.map_err(|error| {
            log::error!("an answer could not be written as JSON: {error}");
            Status::InternalServerError
        })?;
        response.header(ContentType::JSON).sized_body(json.len(), Cursor::new(json)).ok()
    }
}
