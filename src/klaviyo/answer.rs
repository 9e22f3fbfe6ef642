//! What an answer means: a batch, or a failure and whether another try may help.

use std::time::Duration;

use serde::Deserialize;
use ureq::http::{HeaderMap, header};

use super::{BODY_MAX, Batch, Error, Request, limits, origin};

/// The longest pause that a thread waits for. The windows of a second and a minute never ask for more; what does is a daily
/// quota, of which Klaviyo has been seen to say 73,473 seconds.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(10);

/// What is kept of an error message that came from outside, in characters.
const DETAIL_MAX: usize = 500;

/// Why one try brought nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// Another try would end the same.
    Final(Error),
    /// The rate limit is reached; Klaviyo mostly tells for how long.
    Throttled { told: Option<Duration> },
    /// This may go away by itself.
    Passing { reason: String },
}

/// Reads the body of a 200. One that is not the document it should be was cut off, or comes from something in between.
pub(super) fn success(request: &Request, body: &[u8]) -> Result<Batch, Failure> {
    if body.len() as u64 > BODY_MAX {
        let detail = format!("the answer is longer than {} MiB", BODY_MAX / 1024 / 1024);
        return Err(Failure::Final(Error::Rejected { status: 200, endpoint: request.endpoint(), detail }));
    }
    Batch::parse(body).map_err(|error| Failure::Passing { reason: format!("the answer is not readable: {error}") })
}

/// What to make of any other status.
pub(super) fn failure(request: &Request, status: u16, headers: &HeaderMap, body: &str) -> Failure {
    let endpoint = request.endpoint();
    let problems = Problem::all(body);
    let detail = if problems.is_empty() { excerpt(body) } else { excerpt(&joined(&problems)) };
    let from_klaviyo = !problems.is_empty();
    match status {
        400 if request.link().is_some() && problems.iter().any(Problem::is_about_the_cursor) => {
            Failure::Final(Error::ExpiredCursor { endpoint })
        }
        401 => Failure::Final(Error::Unauthorized { detail }),
        // Without errors in JSON it is the network in front of Klaviyo that refuses, for a while.
        403 if from_klaviyo => Failure::Final(Error::MissingScope { endpoint, scopes: request.scopes(), detail }),
        403 | 408 | 500.. => Failure::Passing { reason: format!("{status} {detail}").trim_end().to_owned() },
        // A listing that is not there means a wrong address, never an empty list.
        404 if from_klaviyo && request.is_of_one_parent() => {
            Failure::Final(Error::NotFound { target: request.target().to_owned() })
        }
        429 => match limits::retry_after(headers) {
            Some(time) if time > RETRY_AFTER_MAX => Failure::Final(Error::QuotaUsedUp { endpoint, resumes_in: time }),
            told => Failure::Throttled { told },
        },
        300..400 => {
            let location = headers.get(header::LOCATION).and_then(|it| it.to_str().ok()).unwrap_or_default();
            let detail = format!("a redirect to {}; check the base URL", origin::name(location));
            Failure::Final(Error::Rejected { status, endpoint, detail })
        }
        _ => Failure::Final(Error::Rejected { status, endpoint, detail }),
    }
}

/// One of the errors that Klaviyo explains a refusal with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    title: Option<String>,
    detail: Option<String>,
    source: Option<ProblemSource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProblemSource {
    parameter: Option<String>,
}

impl Problem {
    /// None where the body is something else: a page of the network in front of Klaviyo, or cut off.
    fn all(body: &str) -> Vec<Problem> {
        #[derive(Deserialize)]
        struct Problems {
            errors: Vec<Problem>,
        }
        serde_json::from_str::<Problems>(body).map(|it| it.errors).unwrap_or_default()
    }

    fn is_about_the_cursor(&self) -> bool {
        let parameter = self.source.as_ref().and_then(|it| it.parameter.as_deref());
        parameter == Some("page[cursor]") || self.text().to_lowercase().contains("invalid cursor")
    }

    fn text(&self) -> &str {
        self.detail.as_deref().or(self.title.as_deref()).unwrap_or_default()
    }
}

fn joined(problems: &[Problem]) -> String {
    let texts: Vec<&str> = problems.iter().map(Problem::text).collect();
    texts.join("; ")
}

/// The beginning of a text, on one line.
fn excerpt(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(DETAIL_MAX).collect()
}
