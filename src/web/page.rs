//! A drawn page: its HTML, its tag, and the answer that nothing has changed since it was last fetched.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Cursor, Write};
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket_dyn_templates::Template;
use serde::Serialize;
use serde_json::Value;

use super::assets::accepts_gzip;
use super::shell::{Shell, Visit};
use super::{Error, assets, templates};

/// Draws `page` in `template` (`overview.html`), which sees it as `page` beside the `shell` around it.
///
/// # Errors
/// [`Error::Template`] where the page cannot be written as JSON.
pub fn draw<P: Serialize + ?Sized>(template: &'static str, shell: &Shell, page: &P) -> Result<Html, Error> {
    Ok(Html { content: Content::Page { template, context: context(shell, page)? }, etag: None })
}

pub(super) fn context<P: Serialize + ?Sized>(shell: &Shell, page: &P) -> Result<Value, Error> {
    let value = |it: serde_json::Result<Value>| it.map_err(Error::Template);
    let mut context = serde_json::Map::new();
    context.insert("shell".to_owned(), value(serde_json::to_value(shell))?);
    context.insert("page".to_owned(), value(serde_json::to_value(page))?);
    Ok(Value::Object(context))
}

/// The template with its values; the library logs why there is none.
pub(super) fn show(template: &'static str, context: Value, request: &Request<'_>) -> Option<String> {
    Template::show(request.rocket(), template, context)
}

/// A page as a response: private to its reader, asked for again each time, and short where nothing has changed.
#[derive(Debug)]
pub struct Html {
    content: Content,
    etag: Option<Etag>,
}

#[derive(Debug)]
enum Content {
    Page { template: &'static str, context: Value },
    Unchanged,
}

impl Html {
    /// The answer to a visit that [has](Visit::has) the page already.
    #[must_use]
    pub fn unchanged(etag: Etag) -> Html {
        Html { content: Content::Unchanged, etag: Some(etag) }
    }

    #[must_use]
    pub fn tagged(self, etag: Etag) -> Html {
        Html { etag: Some(etag), ..self }
    }
}

impl<'r> Responder<'r, 'static> for Html {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build();
        response.header(Header::new("Cache-Control", "private, no-cache"));
        response.header(Header::new("Vary", "Cookie, Accept-Encoding"));
        if let Some(Etag(tag)) = self.etag {
            response.header(Header::new("ETag", tag));
        }
        let Content::Page { template, context } = self.content else {
            return response.status(Status::NotModified).ok();
        };
        let html = show(template, context, request).ok_or(Status::InternalServerError)?;
        response.header(ContentType::HTML);
        if !accepts_gzip(request) {
            return response.sized_body(html.len(), Cursor::new(html)).ok();
        }
        let packed = pack(&html).map_err(|_| Status::InternalServerError)?;
        response.header(Header::new("Content-Encoding", "gzip"));
        response.sized_body(packed.len(), Cursor::new(packed)).ok()
    }
}

fn pack(html: &str) -> io::Result<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::with_capacity(html.len() / 4), Compression::fast());
    packer.write_all(html.as_bytes())?;
    packer.finish()
}

/// What a page was made from, in a few letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Etag(String);

impl Etag {
    /// Follows the build, the theme, the address and what the caller adds: the version of the data and the local day.
    #[must_use]
    pub fn of(visit: &Visit, made_from: impl Hash) -> Etag {
        static BUILD: LazyLock<(u64, u64)> = LazyLock::new(|| (assets::digest(), templates::digest()));
        let mut hasher = DefaultHasher::new();
        (&*BUILD, env!("CARGO_PKG_VERSION")).hash(&mut hasher);
        (visit.theme, &visit.path, &visit.query).hash(&mut hasher);
        made_from.hash(&mut hasher);
        // Weak, because the compressed and the plain form share it.
        Etag(format!("W/\"{:016x}\"", hasher.finish()))
    }

    /// Whether a list of tags, as `If-None-Match` carries it, holds this one.
    pub(super) fn is_among(&self, tags: &str) -> bool {
        let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        tags.trim() == "*" || tags.split(',').any(|it| bare(it) == bare(&self.0))
    }
}

/// As a header carries it.
impl std::fmt::Display for Etag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::{self, Settings, Standing};
    use rocket::http::Accept;
    use rocket::local::blocking::Client;
    use rocket::{get, routes};

    #[get("/?<version>")]
    fn page(version: u64, visit: Visit) -> Result<Html, Error> {
        let etag = Etag::of(&visit, version);
        if visit.has(&etag) {
            return Ok(Html::unchanged(etag));
        }
        let problem = serde_json::json!({ "code": 404, "title": "A <b>", "message": "", "passing": false });
        Ok(draw("error.html", &Shell::new(visit, Standing::default()), &problem)?.tagged(etag))
    }

    fn client() -> Client {
        let empty = tempfile::tempdir().expect("a directory");
        let figment = rocket::Config::figment().merge(("template_dir", empty.path()));
        Client::untracked(rocket::custom(figment).attach(web::stage(Settings::default())).mount("/", routes![page]))
            .expect("a server")
    }

    #[test]
    fn a_page_that_the_reader_has_is_not_sent_again() {
        let client = client();
        let first = client.get("/?version=1").header(Accept::HTML).dispatch();
        let tag = first.headers().get_one("ETag").expect("a tag").to_owned();
        assert_eq!(first.headers().get_one("Cache-Control"), Some("private, no-cache"));
        assert!(first.into_string().expect("a body").contains("A &lt;b&gt;"));
        let again = |path: &'static str, cookie: &'static str| {
            let request = client.get(path).header(Header::new("If-None-Match", format!("\"x\", {tag}")));
            request.cookie(("theme", cookie)).dispatch().status()
        };
        assert_eq!(again("/?version=1", "auto"), Status::NotModified);
        assert_eq!(again("/?version=2", "auto"), Status::Ok);
        assert_eq!(again("/?version=1", "dark"), Status::Ok);
    }

    #[test]
    fn a_page_is_compressed_for_who_takes_it() {
        let client = client();
        let answer = client.get("/?version=1").header(Header::new("Accept-Encoding", "gzip")).dispatch();
        assert_eq!(answer.headers().get_one("Content-Encoding"), Some("gzip"));
        assert_eq!(answer.into_bytes().expect("a body")[..2], [0x1f, 0x8b]);
    }
}
