//! As much of HTTP/1.1 as it takes to read a request and to begin an answer.

use super::world::Answer;
use rocket::http::Status;
use std::fmt::Write;
use std::io::{self, BufRead, Read};

/// What a request says before its body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) path: String,
    /// Without the question mark; empty where there is none.
    pub(super) query: String,
    pub(super) authorization: Option<String>,
    pub(super) revision: Option<String>,
    pub(super) takes_gzip: bool,
    /// Bytes of the body that follows.
    pub(super) length: usize,
    /// The connection ends with the answer.
    pub(super) closes: bool,
}

/// The longest head that is read.
const HEAD_MAX: u64 = 1 << 16;
/// The longest document that is taken.
const BODY_MAX: usize = 1 << 20;
const HEADERS_MAX: usize = 64;

/// The next request of a connection; `None` when there is no other.
///
/// # Errors
///
/// When the connection breaks, or what comes is no request that could be answered.
pub(super) fn read_head(from: &mut impl BufRead) -> io::Result<Option<Head>> {
    let mut text = Vec::new();
    let mut limited = from.take(HEAD_MAX);
    while !text.ends_with(b"\r\n\r\n") {
        if limited.read_until(b'\n', &mut text)? == 0 {
            return if text.is_empty() { Ok(None) } else { Err(broken("half a head")) };
        }
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    request.parse(&text).map_err(io::Error::other)?;
    let (Some(method), Some(target)) = (request.method, request.path) else { return Err(broken("no request line")) };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut head = Head {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        closes: request.version == Some(0),
        ..Head::default()
    };
    for header in request.headers.iter() {
        head.take(header.name, &String::from_utf8_lossy(header.value))?;
    }
    Ok(Some(head))
}

impl Head {
    fn take(&mut self, name: &str, value: &str) -> io::Result<()> {
        match name.to_ascii_lowercase().as_str() {
            "authorization" => self.authorization = Some(value.to_owned()),
            "revision" => self.revision = Some(value.to_owned()),
            "accept-encoding" => self.takes_gzip = value.contains("gzip"),
            "connection" => self.closes = value.eq_ignore_ascii_case("close"),
            "content-length" => {
                let length = value.parse().ok().filter(|it| *it <= BODY_MAX);
                self.length = length.ok_or_else(|| broken("a body of no length, or too long"))?;
            }
            "transfer-encoding" => return Err(broken("a body whose length is not told")),
            _ => {}
        }
        Ok(())
    }
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Everything of an answer that comes before its body.
pub(super) fn head_of(answer: &Answer, length: usize, zipped: bool) -> String {
    let status = Status::new(answer.status);
    let mut head = format!("HTTP/1.1 {} {}\r\n", answer.status, status.reason_lossy());
    let mut line = |name: &str, value: &str| write!(head, "{name}: {value}\r\n").expect("a text takes everything");
    line("Content-Type", answer.content_type);
    line("Content-Length", &length.to_string());
    if zipped {
        line("Content-Encoding", "gzip");
    }
    for (name, value) in &answer.headers {
        line(name, value);
    }
    head.push_str("\r\n");
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_follow_one_another() {
        let text = "POST /api/reports?a=1&b HTTP/1.1\r\nHost: x\r\nAUTHORIZATION: Klaviyo-API-Key k\r\nrevision: r\r\n\
            Content-Length: 2\r\nAccept-Encoding: br, gzip\r\n\r\n{}GET / HTTP/1.1\r\nConnection: close\r\n\r\n";
        let mut from = text.as_bytes();
        let post = read_head(&mut from).expect("a head").expect("a request");
        let want = Head {
            method: "POST".to_owned(),
            path: "/api/reports".to_owned(),
            query: "a=1&b".to_owned(),
            authorization: Some("Klaviyo-API-Key k".to_owned()),
            revision: Some("r".to_owned()),
            takes_gzip: true,
            length: 2,
            closes: false,
        };
        assert_eq!(post, want);
        from = &from[2..];
        let get = read_head(&mut from).expect("a head").expect("a request");
        assert_eq!((get.path.as_str(), get.closes, get.length), ("/", true, 0));
        assert_eq!(read_head(&mut from).expect("the end"), None);
    }

    #[test]
    fn what_is_no_request_is_not_answered() {
        let long = format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "x".repeat(1 << 16));
        let post = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";
        let huge = "POST / HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n";
        for text in ["GET / HTTP/1.1\r\nhalf", "nonsense\r\n\r\n", &long, post, huge] {
            assert!(read_head(&mut text.as_bytes()).is_err(), "{}", &text[..20]);
        }
    }
}
