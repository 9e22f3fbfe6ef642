use chrono::{DateTime, Utc};
use rocket::serde::json::Json;
use rocket::{State, get};
use serde::Serialize;
use utoipa::ToSchema;

use super::question::time;
use crate::catalog::TEMPLATE_HTML;
use crate::config;
use crate::pages::fetching::fetch;
use crate::store::{self, FromRow, Query, Row, RowResult, Store};
use crate::sync::Handle;
use crate::web::{self, Error};
use crate::{params, query};

const TEMPLATE: Query = query!("template");

/// Where a template is found, in place of the row that every entity has.
pub(super) const PATH: &str = "/templates/<id>";

pub(super) const QUERIES: &[Query] = &[TEMPLATE];

/// A template with its HTML, as Klaviyo has it: not safe to show outside a sandbox.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Template {
    id: String,
    name: String,
    editor_type: Option<String>,
    updated_at: Option<DateTime<Utc>>,
    html: Option<String>,
}

/// A template with its HTML, which is read from Klaviyo the first time it is asked for, and again after it changed.
#[utoipa::path(
    get, path = "/api/templates/{id}", operation_id = "getTemplate", tag = "entities",
    params(("id" = String, Path, description = "Its id.")),
    responses((status = 200, description = "The template", body = Template))
)]
#[get("/templates/<id>")]
pub(super) async fn show(
    id: String,
    store: &State<Store>,
    handle: &State<Handle>,
    settings: &State<config::Api>,
) -> Result<Json<Template>, Error> {
    let found = find(store.inner().clone(), id.clone()).await?.ok_or(Error::NotFound("template"))?;
    if found.html.is_some() {
        return Ok(Json(found));
    }
    fetch(handle, &TEMPLATE_HTML, &id, **settings).await?;
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
