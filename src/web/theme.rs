//! Light, dark, or as the reader's system has it: a cookie that the server reads, so that no page flashes.

use rocket::form::{Form, FromForm, FromFormField};
use rocket::http::{Cookie, CookieJar, SameSite};
use rocket::time::Duration;
use rocket::{Route, post, routes};
use serde::Serialize;

use super::redirect::SeeOther;

const COOKIE: &str = "theme";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, FromFormField)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub(super) fn of(cookies: &CookieJar<'_>) -> Theme {
        match cookies.get(COOKIE).map(Cookie::value) {
            Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            _ => Theme::Auto,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

pub(super) fn routes() -> Vec<Route> {
    routes![choose]
}

#[derive(Debug, FromForm)]
struct Wish {
    theme: Theme,
    /// The page to go back to.
    next: String,
}

#[post("/theme", data = "<wish>")]
#[expect(clippy::needless_pass_by_value, reason = "Rocket hands a form over by value")]
fn choose(wish: Form<Wish>, cookies: &CookieJar<'_>) -> SeeOther {
    let cookie = Cookie::build((COOKIE, wish.theme.name())).path("/").same_site(SameSite::Lax).http_only(true);
    cookies.add(cookie.max_age(Duration::days(365)));
    SeeOther::to(&wish.next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rocket::http::{ContentType, Status};
    use rocket::local::blocking::Client;

    #[test]
    fn a_choice_is_kept_and_leads_back() {
        let client = Client::tracked(rocket::build().mount("/", routes())).expect("a server");
        let form = client.post("/theme").header(ContentType::Form).body("theme=dark&next=%2Fsync%3Fa%3Db%2526c");
        let answer = form.dispatch();
        assert_eq!(answer.status(), Status::SeeOther);
        assert_eq!(answer.headers().get_one("Location"), Some("/sync?a=b%26c"));
        assert_eq!(Theme::of(answer.cookies()), Theme::Dark);
    }
}
