use std::time::Duration;

use chrono::{DateTime, Utc};
use rocket::serde::json::Json;
use rocket::tokio::time::timeout;
use rocket::{State, get};
use serde::Serialize;

use super::answer::time;
use crate::catalog::TEMPLATE_HTML;
use crate::store::{self, FromRow, Query, Row, RowResult, Store};
use crate::sync::Handle;
use crate::web::{self, Error};
use crate::{params, query};

const TEMPLATE: Query = query!("template");

pub(super) const QUERIES: &[Query] = &[TEMPLATE];

/// How long an answer waits for Klaviyo; what comes later is kept for the next one.
const DEADLINE: Duration = Duration::from_secs(10);

/// A template with its HTML, as Klaviyo has it: not safe to show outside a sandbox.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Template {
    id: String,
    name: String,
    editor_type: Option<String>,
    updated_at: Option<DateTime<Utc>>,
    html: Option<String>,
}

/// The HTML is read from Klaviyo the first time it is asked for, and again after the template changed.
#[get("/templates/<id>")]
pub(super) async fn show(id: String, store: &State<Store>, handle: &State<Handle>) -> Result<Json<Template>, Error> {
    let found = find(store.inner().clone(), id.clone()).await?.ok_or(Error::NotFound("template"))?;
    if found.html.is_some() {
        return Ok(Json(found));
    }
    let (reader, parent) = (handle.inner().clone(), id.clone());
    let fetch = web::blocking(move || Ok(reader.fetch(&TEMPLATE_HTML, &parent)));
    match timeout(DEADLINE, fetch).await {
        Ok(outcome) => outcome?.map_err(|why| Error::Busy(format!("the HTML could not be read: {why}")))?,
        Err(_) => return Err(Error::Busy("Klaviyo has not answered yet; ask again in a moment".to_owned())),
    }
    Ok(Json(find(store.inner().clone(), id).await?.ok_or(Error::NotFound("template"))?))
}

async fn find(store: Store, id: String) -> Result<Option<Template>, Error> {
    let ask = move || store.read(|db| db.maybe(TEMPLATE, params! { "id": id }));
    web::blocking(move || ask().map_err(|error: store::Error| Error::Store(error))).await
}

impl FromRow for Template {
    fn from_row(row: &Row<'_>) -> RowResult<Template> {
        Ok(Template {
            id: row.get("id")?,
            name: row.get("name")?,
            editor_type: row.get("editor_type")?,
            updated_at: time(row, "updated_at")?,
            html: row.get("html")?,
        })
    }
}
