use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::endpoint::{Days, Endpoint, Unread};
use super::listing::{self, Key, Listed, fields};
use super::openapi::Schemas;
use super::parameters::{CHANGED_DAYS, CONVERTED, DAYS, DELETED, NAMED, PART, UPDATED};
use super::question::{Between, Question, time};
use crate::pages::overview::{Setting, share};
use crate::store::{self, Db, FromRow, Query, Row, RowResult};
use crate::web::cache::Lifetime;
use crate::{params, query};

const LISTS: Query = query!("lists");

pub(super) const QUERIES: &[Query] = &[LISTS];

/// A list.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    id: String,
    name: String,
    /// Members, as Klaviyo last counted them.
    count: Option<i64>,
    /// Members with a conversion in the range, over members.
    conversion_rate: Option<f64>,
    /// What its present members bought in the range.
    revenue: Option<f64>,
    opt_in_process: Option<String>,
    created_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/lists".into(),
            about: "The lists there are, with their members".into(),
            entity: "lists",
            unread: Unread::Fetch,
            parameters: vec![CHANGED_DAYS, CONVERTED, PART, NAMED, UPDATED],
            sorts: fields::<List>(),
            days: Days::Recent,
            lifetime: Lifetime::Listing,
            load: |db, it| listing::part(lists(db, it, it.updated())?, it),
            schema: |schemas, _| Schemas::list(schemas.of::<List>()),
        },
        Endpoint {
            path: "/lists/<id>".into(),
            about: "A list with its members".into(),
            entity: "lists",
            unread: Unread::Fetch,
            parameters: vec![DAYS, CONVERTED, DELETED],
            sorts: Vec::new(),
            days: Days::All,
            lifetime: Lifetime::Record,
            load: |db, it| listing::record(db, it, lists(db, it, Between { since: None, before: None })?),
            schema: |schemas, entity| schemas.record_with::<List>(entity),
        },
    ]
}

fn lists(db: &Db<'_>, it: &Question, updated: Between) -> Result<Vec<List>, store::Error> {
    let (from, until) = (it.period.range.start(), it.period.range.before());
    let metric = Setting::load(db, &it.ask)?.metric;
    let values = params! {
        "since": updated.since, "before": updated.before, "from": from, "until": until, "metric": metric
    };
    db.rows(LISTS, values)
}

impl Listed for List {
    const FIELDS: &'static [&'static str] = &["name", "count", "conversionRate", "revenue", "createdAt", "updatedAt"];

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
            "count" => self.count.into(),
            "conversionRate" => self.conversion_rate.into(),
            "revenue" => self.revenue.into(),
            "createdAt" => self.created_at.into(),
            "updatedAt" => self.updated_at.into(),
            _ => self.name.as_str().into(),
        }
    }
}

impl FromRow for List {
    fn from_row(row: &Row<'_>) -> RowResult<List> {
        let members = row.get::<Option<i64>>("known_members")?.unwrap_or_default();
        Ok(List {
            id: row.get("id")?,
            name: row.get("name")?,
            count: row.get("members")?,
            conversion_rate: row.get::<Option<i64>>("converted")?.and_then(|it| share(it, members)),
            revenue: row.get("revenue")?,
            opt_in_process: row.get("opt_in_process")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        })
    }
}
