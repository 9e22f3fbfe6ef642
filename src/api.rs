//! The JSON twins of the pages: the same `load`, another face. Ids are strings, rates fractions, money is a number in the
//! account's currency, and what is unknown is null.

mod answer;
mod campaigns;
mod charts;
mod flows;
mod forms;
mod listing;
mod lists;
mod metrics;
mod overview;
mod profiles;
mod results;
mod runs;
mod segments;
mod sync;
mod templates;

use crate::store::Query;
use chrono::{DateTime, Utc};
use rocket::fairing::AdHoc;
use rocket::serde::json::Json;
use rocket::{get, routes};
use serde::Serialize;

/// Every query that only the API asks; a test prepares them all.
pub const QUERIES: &[&[Query]] = &[
    campaigns::QUERIES,
    flows::QUERIES,
    forms::QUERIES,
    lists::QUERIES,
    metrics::QUERIES,
    profiles::QUERIES,
    segments::QUERIES,
    templates::QUERIES,
];

/// Mounts every endpoint below `/api`.
#[must_use]
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("api", |rocket| async {
        rocket
            .mount("/api", routes![health])
            .mount("/api", routes![overview::show, campaigns::list, flows::list, forms::list])
            .mount("/api", routes![segments::list, lists::list, metrics::list, profiles::list, templates::show])
            .mount(
                "/api/charts",
                routes![
                    charts::revenue,
                    charts::distribution,
                    charts::top_segments,
                    charts::top_flows,
                    charts::top_forms
                ],
            )
            .mount("/api", routes![sync::status, sync::all, sync::one, sync::cancel, sync::pause, sync::resume])
            .mount("/api", routes![sync::budgets, runs::list, runs::one, runs::progress, runs::events])
    })
}

/// That the server answers.
#[derive(Debug, Serialize)]
struct Health {
    status: &'static str,
    timestamp: DateTime<Utc>,
    version: &'static str,
}

#[get("/health")]
fn health() -> Json<Health> {
    Json(Health { status: "OK", timestamp: Utc::now(), version: env!("CARGO_PKG_VERSION") })
}
