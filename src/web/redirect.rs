//! Where a form leads: to a page of this server, and to no other.

use rocket::http::Status;
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::{Route, get, routes};

/// Rocket's own redirect decodes what it is given; this one leads exactly where it says.
#[derive(Debug)]
pub struct SeeOther(String);

impl SeeOther {
    /// Only a path of this server: `//host` and `/\host` would lead elsewhere, a control character into a header.
    #[must_use]
    pub fn to(next: &str) -> SeeOther {
        let local = next.starts_with('/')
            && !next[1..].starts_with(['/', '\\'])
            && next.bytes().all(|it| it.is_ascii_graphic());
        SeeOther(if local { next } else { "/" }.to_owned())
    }
}

impl<'r> Responder<'r, 'static> for SeeOther {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        Response::build().status(Status::SeeOther).raw_header("Location", self.0).ok()
    }
}

pub(super) fn routes() -> Vec<Route> {
    routes![days]
}

/// A form has two fields for the days, an address has one: this joins them, so that the picker needs no script.
#[get("/range?<start>&<end>&<next>")]
fn days(start: &str, end: &str, next: &str) -> SeeOther {
    let mark = if next.contains('?') { '&' } else { '?' };
    SeeOther::to(&format!("{next}{mark}range={start}_to_{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_nowhere_else() {
        for next in ["https://example.com", "//example.com", "/\\example.com", "", "/a\r\nb", "/é"] {
            assert_eq!(SeeOther::to(next).0, "/", "{next}");
        }
        assert_eq!(SeeOther::to("/?range=today").0, "/?range=today");
    }

    #[test]
    fn two_days_become_one_range() {
        assert_eq!(days("2026-10-01", "2026-10-31", "/").0, "/?range=2026-10-01_to_2026-10-31");
        assert_eq!(days("2026-10-01", "2026-10-31", "/?q=a%20b").0, "/?q=a%20b&range=2026-10-01_to_2026-10-31");
        assert_eq!(days("2026-10-01", "2026-10-31\r\nX: y", "/").0, "/");
    }
}
