use crate::catalog::METRICS;
use crate::pages::agreement::{Agreement, Difference, LeftOut, MetricMonth, month_of};
use crate::range::Unclear;
use crate::store::Store;
use crate::web;
use chrono::{DateTime, NaiveDate, Utc};
use rocket::serde::json::Json;
use rocket::{State, get};
use serde::Serialize;
use utoipa::ToSchema;

/// How far our events agree with what Klaviyo counts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reconciliation {
    /// The local days that were compared; unknown before the first time.
    checked_from: Option<NaiveDate>,
    checked_until: Option<NaiveDate>,
    checked_at: Option<DateTime<Utc>>,
    /// When all of history was last compared.
    whole_at: Option<DateTime<Utc>>,
    months: Vec<MetricMonth>,
    /// Days that differ even after they were read again.
    differences: Vec<Difference>,
    left_out: Vec<LeftOut>,
}

/// Tells how far the events agree with what Klaviyo counts: in the last twelve months, or one; of all metrics, or one.
#[utoipa::path(
    get, path = "/api/sync/reconciliation", operation_id = "reconciliation", tag = "sync",
    params(
        ("month" = Option<String>, Query, description = "One month, as YYYY-MM."),
        ("metric" = Option<String>, Query, description = "The id of one metric."),
    ),
    responses((status = 200, description = "Months of each metric, and the days that differ", body = Reconciliation))
)]
#[get("/sync/reconciliation?<month>&<metric>")]
pub(super) async fn show(
    month: Option<&str>,
    metric: Option<String>,
    store: &State<Store>,
) -> Result<Json<Reconciliation>, web::Error> {
    let month = month.filter(|it| !it.is_empty()).map(|it| month_of(it).ok_or_else(|| unclear(it))).transpose()?;
    let store = store.inner().clone();
    web::blocking(move || {
        let found = store.read(|db| match metric.as_deref().filter(|it| !it.is_empty()) {
            Some(id) if db.find(&METRICS, id, true)?.is_none() => Ok(Err(no_metric(id))),
            metric => Agreement::load(db, month, metric).map(Ok),
        })?;
        Ok(Json(found?.into()))
    })
    .await
}

fn no_metric(id: &str) -> Unclear {
    Unclear { parameter: "metric", problem: format!("there is no metric “{id}”; GET /api/metrics lists them") }
}

fn unclear(month: &str) -> Unclear {
    Unclear { parameter: "month", problem: format!("“{month}” is no month; write it as YYYY-MM") }
}

impl From<Agreement> for Reconciliation {
    fn from(it: Agreement) -> Reconciliation {
        Reconciliation {
            checked_from: it.first_on,
            checked_until: it.last_on,
            checked_at: it.checked_at,
            whole_at: it.whole_at,
            months: it.by_metric,
            differences: it.differences,
            left_out: it.left_out,
        }
    }
}
