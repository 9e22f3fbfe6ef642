//! How a page fails. The status is chosen here and nowhere else.

use std::io::Cursor;
use std::sync::Arc;

use rocket::http::{ContentType, Method, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::{Catcher, catch, catchers};
use serde::Serialize;

use super::shell::{Shell, Visit};
use super::{methods, page, tally};
use crate::causes::causes;
use crate::range::Unclear;
use crate::store;

/// Why there is no page. There is one variant for each thing that the reader can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Look elsewhere. Names the kind of thing: `campaign`.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Ask differently.
    #[error(transparent)]
    BadRequest(#[from] Unclear),
    /// Send another body. Says what is wrong with this one.
    #[error("{0}")]
    Malformed(String),
    /// Prove who you are. Says what does not.
    #[error("{0}")]
    Unauthorized(String),
    /// Send less at once.
    #[error("the body is longer than {0}")]
    TooLarge(rocket::data::ByteUnit),
    /// Look elsewhere, for a reason that is worth telling.
    #[error("{0}")]
    Missing(String),
    /// Ask from somewhere else, or as someone else. Says why.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Do something else first. Says what.
    #[error("{0}")]
    Conflict(String),
    /// Ask again a little later. Says what is not ready.
    #[error("{0}")]
    Busy(String),
    /// Mend what is wrong between us and Klaviyo. Says what is.
    #[error("{0}")]
    Upstream(String),
    #[error("the database did not answer")]
    Store(#[from] store::Error),
    #[error("the page could not be drawn")]
    Template(#[source] serde_json::Error),
    #[error("the file could not be written")]
    Disk(#[source] std::io::Error),
    #[error("the page was lost to a panic or a shutdown")]
    Lost,
    /// What became of another request that asked the same at the same time.
    #[error(transparent)]
    Shared(Arc<Error>),
}

impl Error {
    fn status(&self) -> Status {
        match self {
            Error::NotFound(_) | Error::Missing(_) => Status::NotFound,
            Error::BadRequest(_) | Error::Malformed(_) => Status::BadRequest,
            Error::Unauthorized(_) => Status::Unauthorized,
            Error::TooLarge(_) => Status::PayloadTooLarge,
            Error::Forbidden(_) => Status::Forbidden,
            Error::Conflict(_) => Status::Conflict,
            Error::Busy(_) => Status::ServiceUnavailable,
            Error::Upstream(_) => Status::BadGateway,
            Error::Shared(error) => error.status(),
            Error::Store(_) | Error::Template(_) | Error::Disk(_) | Error::Lost => Status::InternalServerError,
        }
    }

    /// What the reader is told. What is ours to mend is said in the log, where its causes may be named.
    fn message(&self) -> Option<String> {
        match self {
            // It begins with the parameter, as it is written.
            Error::BadRequest(it) => Some(stopped(&it.to_string())),
            _ => (self.status() != Status::InternalServerError).then(|| sentence(&self.to_string())),
        }
    }
}

impl<'r> Responder<'r, 'static> for Error {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let status = self.status();
        if status == Status::InternalServerError {
            log::error!("{} {}: {}", request.method(), request.uri().path(), causes(&self));
            tally::tell(request, self.to_string());
        }
        Problem::new(status, self.message()).respond_to(request)
    }
}

pub(super) fn catchers() -> Vec<Catcher> {
    catchers![caught]
}

/// Whatever failed outside our handlers: no route, a form that does not parse, a panic.
#[catch(default)]
fn caught(status: Status, request: &Request<'_>) -> Problem {
    let taken = if status == Status::NotFound { methods::taken(request) } else { Vec::new() };
    if taken.is_empty() || taken.contains(&request.method()) {
        Problem::new(status, None)
    } else {
        Problem { allow: Some(taken), ..Problem::new(Status::MethodNotAllowed, None) }
    }
}

/// When it is worth asking again what could not be answered for the moment.
const RETRY_AFTER_SECS: &str = "5";

/// A failure as a reader sees it: on a page in words, below `/api` as JSON.
#[derive(Debug, Serialize)]
struct Problem {
    #[serde(skip)]
    status: Status,
    code: u16,
    title: &'static str,
    message: String,
    /// Whether asking again may help.
    passing: bool,
    /// What the address takes instead, where it was asked in a way that it does not take.
    #[serde(skip)]
    allow: Option<Vec<Method>>,
}

impl Problem {
    fn new(status: Status, message: Option<String>) -> Problem {
        let (title, standard) = words(status);
        Problem {
            status,
            code: status.code,
            title,
            message: message.unwrap_or_else(|| standard.to_owned()),
            passing: status.class().is_server_error() || status == Status::TooManyRequests,
            allow: None,
        }
    }

    fn html(&self, request: &Request<'_>) -> Option<String> {
        let context = page::context(&Shell::bare(&Visit::of(request)), self).ok()?;
        page::show("error.html", context, request)
    }

    fn json(&self) -> String {
        let error = self.status.reason_lossy().to_lowercase().replace([' ', '-'], "_");
        serde_json::json!({ "error": error, "message": self.message }).to_string()
    }
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let (kind, body) = if is_api(request.uri().path().as_str()) {
            (ContentType::JSON, self.json())
        } else {
            match self.html(request) {
                Some(html) => (ContentType::HTML, html),
                // Where even the template of failure fails, words alone must do.
                None => (ContentType::Plain, format!("{}\n\n{}\n", self.title, self.message)),
            }
        };
        let mut response = Response::build();
        if let Some(methods) = &self.allow {
            let names: Vec<&str> = methods.iter().map(|it| it.as_str()).collect();
            response.raw_header("Allow", names.join(", "));
        }
        if self.status == Status::ServiceUnavailable {
            response.raw_header("Retry-After", RETRY_AFTER_SECS);
        }
        response.status(self.status).header(kind).sized_body(body.len(), Cursor::new(body)).ok()
    }
}

/// Whether programs read what is at `path`.
pub(super) fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/") || path.starts_with("/webhooks/")
}

/// What happened, and what to do about it.
fn words(status: Status) -> (&'static str, &'static str) {
    match status.code {
        400 => ("That address does not say what we can show", "A part of the address could not be read."),
        401 => ("That could not be checked", "The request does not prove who sent it."),
        403 => ("That is not allowed from here", "The request did not come from a page of this server."),
        404 => ("There is no such page", "The address may be misspelt, or what it showed is gone."),
        405 => ("That address takes no such request", "It exists, but it cannot be asked in this way."),
        409 => ("Something else has to happen first", "The request does not fit what is going on now."),
        413 => ("That was too much at once", "The request was larger than this page takes."),
        422 => ("The form could not be read", "A field is missing or does not hold what it should."),
        429 => ("Too many requests", "Wait a moment, then try again."),
        502 => {
            ("Klaviyo did not give what was needed", "The answer of Klaviyo was a refusal, or none. Nothing was lost.")
        }
        503 => ("Not ready yet", "The server is starting, stopping or busy. Nothing was lost; try again in a moment."),
        code if code < 500 => ("That did not work", "The request could not be understood."),
        _ => (
            "Something went wrong on our side",
            "Everything that was copied from Klaviyo is kept. The server's log says what happened.",
        ),
    }
}

/// Errors are written to be chained; a page wants a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return String::new() };
    stopped(&first.to_uppercase().chain(letters).collect::<String>())
}

fn stopped(text: &str) -> String {
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{text}{stop}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::{self, Settings};
    use rocket::local::blocking::Client;
    use rocket::{get, routes};

    #[get("/lost")]
    fn lost() -> Error {
        Error::Lost
    }

    #[get("/busy")]
    fn busy() -> Error {
        Error::Busy("wait".to_owned())
    }

    #[get("/api/range")]
    fn range() -> Error {
        Unclear { parameter: "range", problem: "“<never>” is no range".to_owned() }.into()
    }

    #[get("/range")]
    fn range_page() -> Error {
        range()
    }

    fn client() -> Client {
        let empty = tempfile::tempdir().expect("a directory");
        let figment = rocket::Config::figment().merge(("template_dir", empty.path()));
        let server = rocket::custom(figment)
            .attach(web::stage(Settings::default()))
            .mount("/", routes![lost, busy, range, range_page]);
        Client::untracked(server).expect("a server")
    }

    #[test]
    fn programs_get_json_and_people_a_page() {
        let client = client();
        let json = client.get("/api/range").dispatch();
        assert_eq!((json.status(), json.content_type()), (Status::BadRequest, Some(ContentType::JSON)));
        let body: serde_json::Value = json.into_json().expect("JSON");
        assert_eq!(body["error"], "bad_request");
        assert_eq!(body["message"], "range: “<never>” is no range.");
        let page = client.get("/range").dispatch();
        assert_eq!((page.status(), page.content_type()), (Status::BadRequest, Some(ContentType::HTML)));
        let body = page.into_string().expect("a body");
        assert!(body.contains("&lt;never&gt;") && !body.contains("<never>"), "{body}");
    }

    #[test]
    fn what_is_busy_says_when_to_ask_again() {
        let client = client();
        let busy = client.get("/busy").dispatch();
        assert_eq!((busy.status(), busy.headers().get_one("Retry-After")), (Status::ServiceUnavailable, Some("5")));
        assert_eq!(client.get("/lost").dispatch().headers().get_one("Retry-After"), None);
    }

    #[test]
    fn every_failure_has_a_page_that_is_not_kept() {
        let client = client();
        for (path, status) in [("/nowhere", Status::NotFound), ("/lost", Status::InternalServerError)] {
            let page = client.get(path).dispatch();
            assert_eq!(page.status(), status);
            assert_eq!(page.headers().get_one("Cache-Control"), Some("no-store"));
            assert!(page.into_string().expect("a body").contains("</html>"));
        }
    }

    #[test]
    fn an_address_below_api_that_does_not_exist_is_json_too() {
        let client = client();
        let answer = client.get("/api/nowhere").dispatch();
        assert_eq!((answer.status(), answer.content_type()), (Status::NotFound, Some(ContentType::JSON)));
    }
}
