//! Who may ask: only by a name that is ours, and only our own pages may change anything.
//!
//! A page elsewhere can make its reader's browser send us a form, or point a name of its own at this address and read
//! what we answer. The first is told by `Sec-Fetch-Site` or `Origin`, the second by `Host`.

use std::net::IpAddr;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Method, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::{Data, Route, get, routes, uri};

use super::error::{Error, is_api};
use super::methods;

pub(super) struct Guard {
    /// In lower case, without a port.
    hosts: Vec<String>,
}

impl Guard {
    pub(super) fn new(hosts: Vec<String>) -> Guard {
        Guard { hosts: hosts.into_iter().map(|it| it.to_ascii_lowercase()).collect() }
    }

    fn check(&self, request: &Request<'_>) -> Result<(), Refusal> {
        let header = |name| request.headers().get_one(name);
        // What Rocket cannot read as a host is judged as it stands.
        let host = request.host().map(ToString::to_string).or_else(|| header("Host").map(ToOwned::to_owned));
        if host.as_deref().is_some_and(|it| !self.knows(it)) {
            return Err(Refusal::Host);
        }
        if matches!(request.method(), Method::Get | Method::Head | Method::Options | Method::Trace) {
            // A statement takes memory and time: no page elsewhere lets its reader's browser ask one unseen.
            let is_statement = request.uri().path().starts_with("/explore/sql") && request.uri().query().is_some();
            let is_elsewhere = matches!(header("Sec-Fetch-Site"), Some("cross-site" | "same-site"));
            let is_seen = header("Sec-Fetch-Dest") == Some("document");
            return if is_statement && is_elsewhere && !is_seen { Err(Refusal::Origin) } else { Ok(()) };
        }
        // What nothing here takes changes nothing: it is told so, whoever asks.
        if !methods::taken(request).contains(&request.method()) {
            return Ok(());
        }
        let api = is_api(request.uri().path().as_str());
        if is_ours(header("Sec-Fetch-Site"), header("Origin"), host.as_deref(), api) {
            Ok(())
        } else {
            Err(Refusal::Origin)
        }
    }

    /// Rebinding needs a name, so addresses are let through.
    fn knows(&self, host: &str) -> bool {
        let host = without_port(host).trim_end_matches('.').to_ascii_lowercase();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host.ends_with(".localhost")
            || address.parse::<IpAddr>().is_ok()
            || self.hosts.contains(&host)
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') && port.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether a request that changes something comes from a page of ours. Browsers say so in `Sec-Fetch-Site` on loopback
/// and over TLS, and in `Origin` everywhere. One without either is no browser of today: a program, which the API answers.
fn is_ours(site: Option<&str>, origin: Option<&str>, host: Option<&str>, api: bool) -> bool {
    let same_host = |origin: &str| {
        let authority = origin.split_once("://").map(|it| it.1);
        authority.zip(host).is_some_and(|(it, host)| it.eq_ignore_ascii_case(host))
    };
    match (site, origin) {
        (Some("same-origin"), _) => true,
        (Some("none"), origin) => origin.is_none_or(same_host),
        (Some(_), _) => false,
        (None, Some(origin)) => same_host(origin),
        (None, None) => api,
    }
}

#[rocket::async_trait]
impl Fairing for Guard {
    fn info(&self) -> Info {
        Info { name: "guard", kind: Kind::Request }
    }

    /// A fairing cannot answer, so a refused request is led to the route that does. It keeps its side of `/api`, which
    /// decides how the refusal is written.
    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        let Err(refusal) = self.check(request) else { return };
        log::warn!("refused {} {}: {}", request.method(), request.uri().path(), refusal.why());
        request.local_cache(|| Some(refusal));
        request.set_method(Method::Get);
        if is_api(request.uri().path().as_str()) {
            request.set_uri(uri!("/api/-/refused"));
        } else {
            request.set_uri(uri!("/-/refused"));
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Refusal {
    Host,
    Origin,
}

impl Refusal {
    fn why(self) -> &'static str {
        match self {
            Refusal::Host => "this server does not answer to that name; add it to the setting `hosts` if it is yours",
            Refusal::Origin => "the request did not come from a page of this server",
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Refusal {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Refusal, ()> {
        match *request.local_cache(|| None::<Refusal>) {
            Some(refusal) => Outcome::Success(refusal),
            None => Outcome::Forward(Status::NotFound),
        }
    }
}

pub(super) fn routes() -> Vec<Route> {
    routes![refused, api_refused]
}

#[get("/-/refused")]
fn refused(refusal: Refusal) -> Error {
    Error::Forbidden(refusal.why())
}

#[get("/api/-/refused")]
fn api_refused(refusal: Refusal) -> Error {
    refused(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rocket::http::Header;
    use rocket::local::blocking::Client;
    use rocket::post;

    #[get("/")]
    fn read() -> &'static str {
        "read"
    }

    #[post("/")]
    fn change() -> &'static str {
        "changed"
    }

    #[post("/api/change")]
    fn api_change() -> &'static str {
        "changed"
    }

    fn client() -> Client {
        let server = rocket::build()
            .attach(Guard::new(vec!["Klytics.example".to_owned()]))
            .mount("/", routes())
            .mount("/", rocket::routes![read, change, api_change]);
        Client::untracked(server).expect("a server")
    }

    #[test]
    fn only_names_of_ours_are_answered() {
        let client = client();
        for (host, status) in [
            ("localhost:8000", Status::Ok),
            ("shop.localhost", Status::Ok),
            ("127.0.0.1:8000", Status::Ok),
            ("[::1]:8000", Status::Ok),
            ("192.168.1.20", Status::Ok),
            ("klytics.example:443", Status::Ok),
            ("evil.example", Status::Forbidden),
            ("localhost.evil.example", Status::Forbidden),
            ("127.0.0.1.evil.example", Status::Forbidden),
        ] {
            let answer = client.get("/").header(Header::new("Host", host)).dispatch();
            assert_eq!(answer.status(), status, "{host}");
        }
    }

    #[test]
    fn no_page_elsewhere_has_a_statement_asked_unseen() {
        let client = client();
        for (site, destination, status) in [
            ("cross-site", "image", Status::Forbidden),
            ("same-site", "iframe", Status::Forbidden),
            ("cross-site", "document", Status::NotFound),
            ("same-origin", "empty", Status::NotFound),
            ("none", "document", Status::NotFound),
        ] {
            let request = client.get("/explore/sql?sql=select+1").header(Header::new("Host", "localhost:8000"));
            let request = request.header(Header::new("Sec-Fetch-Site", site));
            let answer = request.header(Header::new("Sec-Fetch-Dest", destination)).dispatch();
            assert_eq!(answer.status(), status, "{site} {destination}");
        }
    }

    #[test]
    fn only_our_pages_change_anything() {
        type Case = (&'static str, &'static [(&'static str, &'static str)], Status);
        const OURS: (&str, &str) = ("Host", "localhost:8000");
        const CASES: &[Case] = &[
            ("/", &[OURS, ("Sec-Fetch-Site", "same-origin"), ("Origin", "http://localhost:8000")], Status::Ok),
            ("/", &[OURS, ("Origin", "http://localhost:8000")], Status::Ok),
            ("/", &[OURS, ("Sec-Fetch-Site", "none")], Status::Ok),
            ("/", &[OURS, ("Sec-Fetch-Site", "none"), ("Origin", "null")], Status::Forbidden),
            ("/", &[OURS, ("Sec-Fetch-Site", "same-site"), ("Origin", "http://localhost:8000")], Status::Forbidden),
            ("/", &[OURS, ("Sec-Fetch-Site", "cross-site")], Status::Forbidden),
            ("/", &[OURS, ("Origin", "http://localhost:9000")], Status::Forbidden),
            ("/", &[OURS, ("Origin", "null")], Status::Forbidden),
            ("/", &[OURS], Status::Forbidden),
            ("/api/change", &[OURS], Status::Ok),
            ("/api/change", &[OURS, ("Origin", "https://evil.example")], Status::Forbidden),
        ];
        let client = client();
        for (path, headers, status) in CASES {
            let mut request = client.post(*path);
            for (name, value) in *headers {
                request.add_header(Header::new(*name, *value));
            }
            assert_eq!(request.dispatch().status(), *status, "{path} {headers:?}");
        }
    }

    #[test]
    fn the_refusal_is_no_page_of_its_own() {
        assert_eq!(client().get("/-/refused").dispatch().status(), Status::NotFound);
    }
}
