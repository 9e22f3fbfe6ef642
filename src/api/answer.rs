use std::io::Cursor;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rocket::Request;
use rocket::http::{ContentType, Status};
use rocket::response::{self, Responder, Response};

use super::first::NotYet;
use crate::web::cache::Kept;
use crate::web::{COMPLETE_FROM, Etag, Visit};

/// An answer from the database, or that there is nothing to answer from yet.
pub(super) enum Answer {
    Data(Box<Reply>),
    NotYet(NotYet),
}

/// Where the rows of an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Database,
    /// They were read for this answer, and kept.
    Klaviyo,
}

pub(super) struct Reply {
    kept: Arc<Kept>,
    etag: Etag,
    /// Whether the reader has it already.
    is_known: bool,
    hit: bool,
    source: Source,
    last_synced_at: Option<DateTime<Utc>>,
    /// From this day on it rests on every event, where it needs earlier ones.
    complete_from: Option<NaiveDate>,
}

impl Answer {
    pub(super) fn data(
        visit: &Visit,
        kept: Arc<Kept>,
        hit: bool,
        source: Source,
        last_synced_at: Option<DateTime<Utc>>,
        complete_from: Option<NaiveDate>,
    ) -> Answer {
        // What the answer says decides, and not how it came about: it may be the same in another version of the data.
        let etag = Etag::of(visit, kept.digest());
        let is_known = visit.has(&etag);
        Answer::Data(Box::new(Reply { kept, etag, is_known, hit, source, last_synced_at, complete_from }))
    }
}

impl<'r> Responder<'r, 'static> for Answer {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Answer::Data(reply) => Ok(reply.response()),
            Answer::NotYet(why) => {
                let json = serde_json::to_vec(&why).map_err(|_| Status::InternalServerError)?;
                let mut response = Response::build();
                response.status(Status::Accepted).raw_header("Cache-Control", "no-store");
                response.header(ContentType::JSON).sized_body(json.len(), Cursor::new(json)).ok()
            }
        }
    }
}

impl Reply {
    fn response(self) -> Response<'static> {
        let mut response = Response::build();
        let source = match self.source {
            Source::Database => "database",
            Source::Klaviyo => "klaviyo",
        };
        response
            .raw_header("X-Data-Source", source)
            .raw_header("X-Cache", if self.hit { "hit" } else { "miss" })
            .raw_header("Cache-Control", "private, no-cache")
            .raw_header("ETag", self.etag.to_string());
        if let Some(total) = self.kept.total {
            response.raw_header("X-Total-Count", total.to_string());
        }
        if let Some(at) = self.last_synced_at {
            response.raw_header("X-Last-Synced", at.to_rfc3339_opts(SecondsFormat::Secs, true));
        }
        if let Some(day) = self.complete_from {
            response.raw_header(COMPLETE_FROM, day.to_string());
        }
        if self.is_known {
            return response.status(Status::NotModified).finalize();
        }
        let bytes = Bytes(self.kept);
        response.header(ContentType::JSON).sized_body(bytes.0.json.len(), Cursor::new(bytes)).finalize()
    }
}

/// The body as it is kept, without a copy of it.
struct Bytes(Arc<Kept>);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0.json
    }
}
