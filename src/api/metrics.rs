use super::answer::{Answer, listing, time};
use super::listing::{Key, Listed, select};
use crate::pages::Call;
use crate::range::Unclear;
use crate::store::{FromRow, Query, Row, RowResult};
use crate::{params, query, web};
use chrono::{DateTime, Utc};
use rocket::get;
use serde::Serialize;

const METRICS: Query = query!("metrics");

pub(super) const QUERIES: &[Query] = &[METRICS];

/// A metric, and what it means to us.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metric {
    id: String,
    name: String,
    integration_name: Option<String>,
    integration_category: Option<String>,
    /// `received_email`, `placed_order`, …; unknown where the name is none we know.
    kind: Option<String>,
    created_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
}

#[get("/metrics")]
pub(super) async fn list(call: Result<Call, Unclear>) -> Result<Answer<Vec<Metric>>, web::Error> {
    listing(call, "metrics", |db, it| {
        let (start, before) = it.updated(db)?;
        let rows = db.rows(METRICS, params! { "start": start, "before": before })?;
        Ok(select::<Metric>(rows, &it.call.ask))
    })
    .await
}

impl Listed for Metric {
    const FIELDS: &'static [&'static str] = &["name", "integrationName", "kind", "createdAt", "updatedAt"];

    fn name(&self) -> &str {
        &self.name
    }

    fn key(&self, field: &str) -> Key {
        match field {
            "integrationName" => self.integration_name.as_deref().into(),
            "kind" => self.kind.as_deref().into(),
            "createdAt" => self.created_at.into(),
            "updatedAt" => self.updated_at.into(),
            _ => self.name.as_str().into(),
        }
    }
}

impl FromRow for Metric {
    fn from_row(row: &Row<'_>) -> RowResult<Metric> {
        Ok(Metric {
            id: row.get("id")?,
            name: row.get::<Option<String>>("name")?.unwrap_or_default(),
            integration_name: row.get("integration_name")?,
            integration_category: row.get("integration_category")?,
            kind: row.get("kind")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        })
    }
}
