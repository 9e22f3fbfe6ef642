//! Style sheets, scripts and icons: embedded compressed, and served under an address that changes when they do.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::{Route, get, routes};
use rocket_dyn_templates::tera::{Error, Tera, Value};

/// What `build.rs` made of `static/`: every file under its own name, compressed. The plain form is not kept; the rare
/// client that does not accept gzip gets it unpacked.
const ASSETS: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

fn embedded(path: &str) -> Option<&'static [u8]> {
    ASSETS.iter().find(|(name, _)| *name == path).map(|(_, packed)| *packed)
}

/// One digest of all assets: they change together, with a new build, and an ES module may then import its neighbour by
/// a relative address.
static DIGEST: LazyLock<u64> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    ASSETS.hash(&mut hasher);
    hasher.finish()
});

pub(super) fn digest() -> u64 {
    *DIGEST
}

pub(super) fn routes() -> Vec<Route> {
    routes![show]
}

/// `asset(path="app.css")` in a template.
pub(super) fn register(tera: &mut Tera) {
    tera.register_function("asset", |args: &HashMap<String, Value>| {
        let path = args.get("path").and_then(Value::as_str).unwrap_or_default();
        if embedded(path).is_none() {
            return Err(Error::msg(format!("there is no asset `{path}`")));
        }
        Ok(url(path).into())
    });
}

/// The address of an asset of this build.
pub(super) fn url(path: &str) -> String {
    format!("/assets/{:016x}/{path}", digest())
}

#[get("/assets/<build>/<path..>")]
#[expect(clippy::needless_pass_by_value, reason = "Rocket hands a path over by value")]
fn show(build: &str, path: PathBuf) -> Option<Asset> {
    let name = path.to_str()?.replace('\\', "/");
    let packed = embedded(&name)?;
    // A page drawn by an older build asks by an old address; it gets what there is, but may not keep it.
    let lasting = u64::from_str_radix(build, 16) == Ok(digest());
    Some(Asset { kind: kind(&path), packed, lasting })
}

fn kind(path: &Path) -> ContentType {
    let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    ContentType::from_extension(extension).unwrap_or(ContentType::Binary)
}

struct Asset {
    kind: ContentType,
    packed: &'static [u8],
    lasting: bool,
}

impl<'r> Responder<'r, 'static> for Asset {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build();
        response.header(self.kind).header(Header::new("Vary", "Accept-Encoding"));
        response.header(Header::new(
            "Cache-Control",
            if self.lasting { "public, max-age=31536000, immutable" } else { "no-cache" },
        ));
        if accepts_gzip(request) {
            response.header(Header::new("Content-Encoding", "gzip"));
            return response.sized_body(self.packed.len(), Cursor::new(self.packed)).ok();
        }
        let plain = unpack(self.packed).map_err(|_| Status::InternalServerError)?;
        response.sized_body(plain.len(), Cursor::new(plain)).ok()
    }
}

fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut plain)?;
    Ok(plain)
}

/// Whether the client takes gzip: named, and not refused by a weight of zero.
pub(super) fn accepts_gzip(request: &Request<'_>) -> bool {
    request.headers().get("Accept-Encoding").flat_map(|it| it.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|it| it.parse() == Ok(0.0));
        matches!(name.trim(), "gzip" | "*") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rocket::local::blocking::Client;

    fn client() -> Client {
        Client::untracked(rocket::build().mount("/", routes())).expect("a server")
    }

    #[test]
    fn an_asset_of_this_build_is_kept_for_a_year() {
        let client = client();
        let packed = client.get(url("app.css")).header(Header::new("Accept-Encoding", "br, gzip")).dispatch();
        assert_eq!(packed.headers().get_one("Content-Encoding"), Some("gzip"));
        assert_eq!(packed.headers().get_one("Cache-Control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(packed.content_type(), Some(ContentType::CSS));
        let plain = client.get(url("app.css")).header(Header::new("Accept-Encoding", "gzip;q=0")).dispatch();
        assert_eq!(plain.headers().get_one("Content-Encoding"), None);
        assert_eq!(unpack(&packed.into_bytes().expect("a body")).expect("gzip"), plain.into_bytes().expect("a body"));
    }

    #[test]
    fn an_old_address_still_answers_but_is_not_kept() {
        let client = client();
        let old = client.get("/assets/0000000000000001/app.js").dispatch();
        assert_eq!((old.status(), old.headers().get_one("Cache-Control")), (Status::Ok, Some("no-cache")));
    }

    #[test]
    fn what_is_not_embedded_is_not_found() {
        for path in ["/assets/0/missing.css", "/assets/0/../Cargo.toml", "/assets/0/vendor"] {
            assert_eq!(client().get(path).dispatch().status(), Status::NotFound, "{path}");
        }
    }
}
