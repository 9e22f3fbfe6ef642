//! The JSON twins of the pages: the same `load`, another face. Ids are strings, rates fractions, money is a number in the
//! account's currency, and what is unknown is null.

mod answer;
mod campaigns;
mod charts;
mod endpoint;
mod entities;
mod first;
mod flows;
mod forms;
mod listing;
mod lists;
mod metrics;
pub mod monitoring;
mod openapi;
mod overview;
mod pages;
mod parameters;
mod profiles;
mod question;
mod reconciliation;
mod results;
mod runs;
mod segments;
mod strict;
mod sync;
mod templates;
mod webhooks;

use crate::config;
use crate::pages::Desk;
use crate::range::Ask;
use crate::store::Query;
use crate::web::Error;
use chrono::{DateTime, Utc};
use endpoint::{Days, Endpoint};
use rocket::fairing::AdHoc;
use rocket::serde::json::Json;
use rocket::{Route, get, routes};
use serde::Serialize;
use strict::strict;
use utoipa::ToSchema;

/// Every query that only the API asks; a test prepares them all.
pub const QUERIES: &[&[Query]] = &[
    forms::QUERIES,
    lists::QUERIES,
    metrics::QUERIES,
    monitoring::QUERIES,
    profiles::QUERIES,
    results::QUERIES,
    segments::QUERIES,
    templates::QUERIES,
];

/// What most readers ask, and so what is worked out after each sync.
const USUAL: &[&str] = &["/overview", "/campaigns", "/flows", "/forms", "/segments", "/charts/revenue"];

/// Every endpoint that is a description: those that were written, then those that follow from the catalog.
fn endpoints() -> Vec<Endpoint> {
    let mut all = [
        overview::endpoints(),
        campaigns::endpoints(),
        flows::endpoints(),
        forms::endpoints(),
        segments::endpoints(),
        lists::endpoints(),
        metrics::endpoints(),
        profiles::endpoints(),
        charts::endpoints(),
        pages::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>();
    let others = entities::endpoints(&all).into_iter().filter(|it| it.path != templates::PATH);
    all.extend(others);
    all
}

/// Mounts every endpoint below `/api`.
#[must_use]
pub fn stage(settings: config::Api) -> AdHoc {
    AdHoc::on_ignite("api", move |rocket| async move {
        let document = openapi::Document::of(&endpoints());
        let described: Vec<Route> = endpoints().into_iter().map(|it| endpoint::route(it, settings)).collect();
        rocket
            .manage(settings)
            .manage(document)
            .manage(webhooks::Gate::default())
            .mount("/api", described)
            .mount("/api", routes![health, openapi::show])
            .mount("/api", strict(routes![templates::show, reconciliation::show]))
            .mount("/api", strict(routes![runs::list, runs::one, runs::progress, runs::events]))
            .mount("/api", strict(routes![sync::status, sync::budgets, sync::all, sync::one, sync::reconcile]))
            .mount("/api", strict(routes![sync::cancel, sync::pause, sync::resume]))
            .mount("/", routes![webhooks::deliver])
            .attach(monitoring::stage())
    })
}

/// Works out what most readers will ask first, so that they need not wait for it.
///
/// # Errors
/// When a query fails.
pub fn warm(desk: &Desk, now: DateTime<Utc>) -> Result<(), Error> {
    for it in endpoints().iter().filter(|it| USUAL.contains(&it.path.as_ref()) && it.days == Days::Recent) {
        let ground = desk.ground()?;
        if endpoint::known(&ground, it.entity).is_some() {
            it.kept(desk, ground, Ask::default(), None, now)?;
        }
    }
    Ok(())
}

/// That the server answers.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    status: &'static str,
    timestamp: DateTime<Utc>,
    version: &'static str,
}

/// Whether the server lives.
#[utoipa::path(
    get, path = "/api/health", operation_id = "getHealth", tag = "server",
    responses((status = 200, description = "It does", body = Health))
)]
#[get("/health")]
fn health() -> Json<Health> {
    Json(Health { status: "OK", timestamp: Utc::now(), version: env!("CARGO_PKG_VERSION") })
}
