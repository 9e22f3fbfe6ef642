use super::answer::{Answer, listing, time};
use super::listing::{Key, Listed, select};
use crate::pages::Call;
use crate::pages::overview::{Setting, share};
use crate::range::Unclear;
use crate::store::{FromRow, Query, Row, RowResult};
use crate::{params, query, web};
use chrono::{DateTime, Utc};
use rocket::get;
use serde::Serialize;

const LISTS: Query = query!("lists");

pub(super) const QUERIES: &[Query] = &[LISTS];

/// A list. What its members did is unknown unless they are copied.
#[derive(Debug, Serialize)]
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

#[get("/lists")]
pub(super) async fn list(call: Result<Call, Unclear>) -> Result<Answer<Vec<List>>, web::Error> {
    listing(call, "lists", |db, it| {
        let (start, before) = it.updated(db)?;
        let (from, until) = (it.period.range.start(), it.period.range.before());
        let metric = Setting::load(db, &it.call.ask)?.metric;
        let rows = db.rows(
            LISTS,
            params! { "start": start, "before": before, "from": from, "until": until, "metric": metric },
        )?;
        Ok(select::<List>(rows, &it.call.ask))
    })
    .await
}

impl Listed for List {
    const FIELDS: &'static [&'static str] = &["name", "count", "conversionRate", "revenue", "createdAt", "updatedAt"];

    fn name(&self) -> &str {
        &self.name
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
