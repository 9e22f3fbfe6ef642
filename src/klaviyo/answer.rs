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
    /// There is no connection; the request never went out.
    Nobody { reason: String },
    /// This may go away by itself.
    Passing { reason: String },
}

/// What to make of a request that brought no answer at all.
pub(super) fn no_answer(error: ureq::Error) -> Failure {
    use std::io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    let reason = error.to_string();
    match error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => Failure::Nobody { reason },
        ureq::Error::Io(it) if matches!(it.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable) => {
            Failure::Nobody { reason }
        }
        _ => Failure::Passing { reason },
    }
}

/// Reads the body of a 200. One that is not the document it should be was cut off, or comes from something in between.
pub(super) fn success(request: &Request, body: &[u8]) -> Result<Batch, Failure> {
    if body.len() as u64 > BODY_MAX {
        let mebibytes = BODY_MAX / 1024 / 1024;
        return Err(Failure::Final(Error::TooLong { endpoint: request.endpoint(), mebibytes }));
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
            Some(time) if time > RETRY_AFTER_MAX => {
                Failure::Final(Error::QuotaUsedUp { endpoint, resumes_in: time, share: None })
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::find;
    use ureq::http::HeaderValue;

    /// What the caller gets to do about it, in a word.
    fn remedy(failure: &Failure) -> &'static str {
        match failure {
            Failure::Throttled { .. } => "wait",
            Failure::Passing { .. } | Failure::Nobody { .. } => "try again",
            Failure::Final(Error::Unauthorized { .. }) => "ask for a key",
            Failure::Final(Error::MissingScope { .. }) => "leave the entity out",
            Failure::Final(Error::NotFound { .. }) => "leave the parent out",
            Failure::Final(Error::ExpiredCursor { .. }) => "begin again",
            Failure::Final(Error::Rejected { .. }) => "stop the entity",
            Failure::Final(Error::QuotaUsedUp { .. }) => "park",
            Failure::Final(Error::TooLong { .. }) => "ask for less",
            Failure::Final(_) => "something else",
        }
    }

    fn listing() -> Request {
        Request::first(find("lists").expect("an entity"), None, None, None)
    }

    fn following() -> Request {
        let next = Some("https://a.klaviyo.com/api/lists/?page%5Bcursor%5D=bmV4dA".to_owned());
        let batch = Batch { data: Vec::new(), included: Vec::new(), next, bytes: 0 };
        listing().following(&batch).expect("a link")
    }

    fn one() -> Request {
        Request::first(find("list_counts").expect("an entity"), None, None, Some("Y6nRLr"))
    }

    fn errors(code: &str, detail: &str) -> String {
        let error =
            format!(r#"{{"id":"1","status":400,"code":"{code}","title":"Invalid input.","detail":"{detail}"}}"#);
        format!(r#"{{"errors":[{error}]}}"#)
    }

    #[test]
    fn every_documented_refusal_has_its_remedy() {
        let invalid = |detail| errors("invalid", detail);
        let html = "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>".to_owned();
        let denied = errors("permission_denied", "You do not have permission to perform this action.");
        let gone = errors("not_found", "A list with id Y6nRLr does not exist.");
        let cases = [
            (listing(), 400, invalid("'profiless' is not an allowed include parameter"), "stop the entity"),
            (listing(), 400, invalid("page_size must be 10 or less"), "stop the entity"),
            (listing(), 400, invalid("Metric IDs ['X'] do not exist."), "stop the entity"),
            (listing(), 400, invalid("Datetime bounds are empty or invalid"), "stop the entity"),
            (listing(), 400, html.clone(), "stop the entity"),
            (following(), 400, invalid("Invalid cursor provided."), "begin again"),
            (following(), 400, invalid("Invalid input."), "stop the entity"),
            // Without a cursor there is nothing to begin again, which would go round in circles.
            (listing(), 400, invalid("Invalid cursor provided."), "stop the entity"),
            (listing(), 401, errors("not_authenticated", "Missing or invalid private key."), "ask for a key"),
            (listing(), 401, html.clone(), "ask for a key"),
            (listing(), 403, denied, "leave the entity out"),
            (listing(), 403, errors("permission_denied", "You must have Advanced KDP enabled"), "leave the entity out"),
            (listing(), 403, html.clone(), "try again"),
            (listing(), 403, String::new(), "try again"),
            (listing(), 403, r#"{"errors":[]}"#.to_owned(), "try again"),
            (listing(), 403, r#"{"errors":[{"detail":"cut of"#.to_owned(), "try again"),
            (one(), 404, gone.clone(), "leave the parent out"),
            // What is not there at all must never pass for an empty list: a sweep would follow.
            (listing(), 404, gone, "stop the entity"),
            (one(), 404, html.clone(), "stop the entity"),
            (listing(), 405, errors("method_not_allowed", "no"), "stop the entity"),
            (listing(), 409, errors("duplicate_profile", "no"), "stop the entity"),
            (listing(), 410, errors("gone", "This revision is retired."), "stop the entity"),
            (listing(), 415, errors("unsupported_media_type", "no"), "stop the entity"),
            (listing(), 429, errors("throttled", "Request was throttled."), "wait"),
            (listing(), 429, html.clone(), "wait"),
            (listing(), 500, errors("error", "A server error occurred."), "try again"),
            (listing(), 502, html.clone(), "try again"),
            (listing(), 503, errors("service_unavailable", "no"), "try again"),
            (listing(), 504, html.clone(), "try again"),
            (listing(), 524, html, "try again"),
            (listing(), 408, String::new(), "try again"),
            (listing(), 204, String::new(), "stop the entity"),
        ];
        for (request, status, body, expected) in cases {
            let found = failure(&request, status, &HeaderMap::new(), &body);
            assert_eq!(remedy(&found), expected, "{status} {body}");
        }
    }

    #[test]
    fn an_expired_cursor_is_also_known_by_the_parameter() {
        let body = r#"{"errors":[{"detail":"no","source":{"parameter":"page[cursor]","pointer":null}}]}"#;
        assert_eq!(remedy(&failure(&following(), 400, &HeaderMap::new(), body)), "begin again");
    }

    #[test]
    fn a_pause_longer_than_a_thread_should_sleep_is_a_quota() {
        for (retry_after, expected, told) in [
            ("1", "wait", Some(1)),
            ("600", "wait", Some(600)),
            ("601", "park", None),
            ("73473", "park", None),
            ("later", "wait", None),
        ] {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static(retry_after))]);
            let found = failure(&listing(), 429, &headers, "");
            assert_eq!(remedy(&found), expected, "{retry_after}");
            if let Failure::Throttled { told: found } = found {
                assert_eq!(found, told.map(Duration::from_secs), "{retry_after}");
            }
        }
    }

    #[test]
    fn a_message_says_what_to_do_and_what_klaviyo_said() {
        let no_headers = HeaderMap::new();
        let text = |request: &Request, status, body: &str| match failure(request, status, &no_headers, body) {
            Failure::Final(error) => error.to_string(),
            Failure::Passing { reason } => reason,
            Failure::Throttled { .. } | Failure::Nobody { .. } => String::new(),
        };
        let denied = errors("permission_denied", "You do not have permission.");
        assert_eq!(
            text(&listing(), 403, &denied),
            "the API key may not read /api/lists, which takes lists:read and tags:read: You do not have permission."
        );
        let two = r#"{"errors":[{"detail":"first"},{"title":"second","detail":null}]}"#;
        assert_eq!(text(&listing(), 400, two), "Klaviyo answered 400 to /api/lists: first; second");
        assert_eq!(text(&listing(), 502, " Bad\n Gateway "), "502 Bad Gateway");
        assert_eq!(text(&listing(), 503, ""), "503");
        let endless = "x".repeat(10_000);
        assert!(text(&listing(), 400, &endless).len() < 600);
    }

    #[test]
    fn a_redirect_is_named_and_not_followed() {
        let headers = HeaderMap::from_iter([(header::LOCATION, HeaderValue::from_static("https://example.org/api"))]);
        let Failure::Final(error) = failure(&listing(), 301, &headers, "") else {
            panic!("another try would not help")
        };
        let text = "Klaviyo answered 301 to /api/lists: a redirect to example.org; check the base URL";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn a_page_that_was_cut_off_is_tried_again() {
        for body in [r#"{"data":[{"id":"a"}"#, "<html></html>", "", r#"{"errors":[]}"#] {
            let found = success(&listing(), body.as_bytes()).expect_err("no batch");
            assert_eq!(remedy(&found), "try again", "{body}");
        }
    }

    #[test]
    fn an_answer_without_end_is_not_asked_for_again() {
        let length = usize::try_from(BODY_MAX + 1).expect("a length");
        let found = success(&listing(), &vec![b' '; length]).expect_err("no batch");
        assert_eq!(remedy(&found), "ask for less");
    }
}
