use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::endpoint::{Days, Endpoint, Unread};
use super::listing::{self, Key, Listed, fields};
use super::openapi::Schemas;
use super::parameters::{CHANGED_DAYS, DELETED, NAMED, PART, UPDATED};
use super::question::{Question, time};
use crate::store::{self, Db, FromRow, Query, Row, RowResult};
use crate::web::cache::Lifetime;
use crate::{params, query};

const METRICS: Query = query!("metrics");

pub(super) const QUERIES: &[Query] = &[METRICS];

/// A metric, and what it means to us.
#[derive(Debug, Default, Serialize, ToSchema)]
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

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/metrics".into(),
            about: "The metrics there are, and what they mean".into(),
            entity: "metrics",
            unread: Unread::Fetch,
            parameters: vec![CHANGED_DAYS, PART, NAMED, UPDATED],
            sorts: fields::<Metric>(),
            days: Days::Recent,
            lifetime: Lifetime::Listing,
            load: |db, it| listing::part(metrics(db, it)?, it),
            schema: |schemas, _| Schemas::list(schemas.of::<Metric>()),
        },
        Endpoint {
            path: "/metrics/<id>".into(),
            about: "A metric, and what it means".into(),
            entity: "metrics",
            unread: Unread::Fetch,
            parameters: vec![DELETED],
            sorts: Vec::new(),
            days: Days::All,
            lifetime: Lifetime::Record,
            load: |db, it| listing::record(db, it, metrics(db, it)?),
            schema: |schemas, entity| schemas.record_with::<Metric>(entity),
        },
    ]
}

fn metrics(db: &Db<'_>, it: &Question) -> Result<Vec<Metric>, store::Error> {
    let updated = it.updated();
    db.rows(METRICS, params! { "since": updated.since, "before": updated.before })
}

impl Listed for Metric {
    const FIELDS: &'static [&'static str] = &["name", "integrationName", "kind", "createdAt", "updatedAt"];

    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.updated_at
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
