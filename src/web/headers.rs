//! The headers that every response carries.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Header;
use rocket::request::Request;
use rocket::response::Response;

/// No script, style, frame or request that is not ours; nothing inline, and no `style` attribute.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-src 'self'; frame-ancestors 'none'";

/// A route may set a policy of its own, as the one that shows a campaign's HTML does.
const DEFAULTS: &[(&str, &str)] = &[
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    // `no-referrer` would have browsers send `Origin: null` with our own forms, which the guard refuses.
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
];

pub(super) struct Headers;

#[rocket::async_trait]
impl Fairing for Headers {
    fn info(&self) -> Info {
        Info { name: "security headers", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, _: &'r Request<'_>, response: &mut Response<'r>) {
        for &(name, value) in DEFAULTS {
            if !response.headers().contains(name) {
                response.set_header(Header::new(name, value));
            }
        }
        if response.status().code >= 400 {
            response.set_header(Header::new("Cache-Control", "no-store"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rocket::local::blocking::Client;
    use rocket::{get, routes};

    #[get("/")]
    fn page() -> (rocket::http::ContentType, &'static str) {
        (rocket::http::ContentType::HTML, "")
    }

    #[test]
    fn every_response_forbids_what_is_not_ours() {
        let server = rocket::build().attach(rocket::shield::Shield::new()).attach(Headers).mount("/", routes![page]);
        let client = Client::untracked(server).expect("a server");
        for path in ["/", "/nowhere"] {
            let answer = client.get(path).dispatch();
            for (name, value) in DEFAULTS {
                assert_eq!(answer.headers().get_one(name), Some(*value), "{path}");
            }
        }
    }
}
