//! Questions that people gave a name: kept as the query of their address, so that a link asks them again.

use chrono::Utc;
use rocket::fairing::AdHoc;
use rocket::form::{Form, FromForm};
use rocket::{State, post, routes};
use serde_json::json;

use super::{FORGET, SAVE, SAVED};
use crate::pages::Desk;
use crate::pages::frame::Frame;
use crate::params;
use crate::range::Unclear;
use crate::store;
use crate::web::{self, Error, SeeOther};

/// Characters of a name.
const NAME_MAX: usize = 100;

/// Characters of a query: what a browser and a proxy carry.
const QUERY_MAX: usize = 4_000;

/// The saved views as the page lists them.
///
/// # Errors
/// When the query fails.
pub(super) fn list(frame: &Frame<'_>) -> Result<serde_json::Value, store::Error> {
    let mut views = frame.documents(SAVED)?;
    for query in views.iter_mut().filter_map(|it| it.get_mut("query")) {
        // Explore has a basis of its own; the address that was saved may carry that of another page.
        let pairs = query.as_str().unwrap_or_default().split('&').filter(|it| !it.starts_with("basis="));
        *query = pairs.collect::<Vec<_>>().join("&").into();
    }
    Ok(json!(views))
}

pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("saved views", |rocket| async { rocket.mount("/", routes![save, forget]) })
}

#[derive(FromForm)]
struct Saved {
    name: String,
    /// The address that is to be asked again: `/explore?metric_id=…`
    next: String,
}

#[post("/explore/saved", data = "<form>")]
async fn save(form: Form<Saved>, desk: &State<Desk>) -> Result<SeeOther, Error> {
    let (form, desk) = (form.into_inner(), desk.inner().clone());
    let unclear = |parameter, problem: String| Unclear { parameter, problem };
    let name = form.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return Err(unclear("name", format!("a saved view has a name of 1 to {NAME_MAX} characters")).into());
    }
    let query = match form.next.split_once('?') {
        Some(("/explore", query)) => query.to_owned(),
        None if form.next == "/explore" => String::new(),
        _ => return Err(unclear("next", "only views of Explore can be saved".to_owned()).into()),
    };
    if query.len() > QUERY_MAX || !query.bytes().all(|it| it.is_ascii_graphic()) {
        return Err(unclear("next", format!("an address has {QUERY_MAX} letters at most")).into());
    }
    web::blocking(move || {
        let now = Utc::now();
        let id = format!("{:x}", now.timestamp_micros());
        let params = params! { "id": id, "name": name, "query": query, "now": now.naive_utc() };
        if desk.store.write(|db| db.execute(SAVE, params))? == 0 {
            let words =
                format!("there is a saved view “{name}” already: choose another name, or delete that one first");
            return Err(Error::Conflict(words));
        }
        Ok(SeeOther::to(&form.next))
    })
    .await
}

#[derive(FromForm)]
struct Forgotten {
    id: String,
    next: String,
}

#[post("/explore/saved/delete", data = "<form>")]
async fn forget(form: Form<Forgotten>, desk: &State<Desk>) -> Result<SeeOther, Error> {
    let (form, desk) = (form.into_inner(), desk.inner().clone());
    web::blocking(move || {
        desk.store.write(|db| db.execute(FORGET, params! { "id": form.id }))?;
        Ok(SeeOther::to(&form.next))
    })
    .await
}
