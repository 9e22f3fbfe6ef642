use super::answer::{Answer, listing, time};
use super::listing::{Key, Listed, select};
use crate::pages::Call;
use crate::range::Unclear;
use crate::store::{FromRow, Query, Row, RowResult};
use crate::{params, query, web};
use chrono::{DateTime, Utc};
use rocket::get;
use serde::Serialize;

const SEGMENTS: Query = query!("segments");

pub(super) const QUERIES: &[Query] = &[SEGMENTS];

/// A segment. What its members did needs to know who they are, and so is unknown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Segment {
    id: String,
    name: String,
    /// Members, as Klaviyo last counted them.
    count: Option<i64>,
    conversion_rate: Option<f64>,
    revenue: Option<f64>,
    is_active: Option<bool>,
    created_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
}

#[get("/segments")]
pub(super) async fn list(call: Result<Call, Unclear>) -> Result<Answer<Vec<Segment>>, web::Error> {
    listing(call, "segments", |db, it| {
        let (start, before) = it.updated(db)?;
        let rows = db.rows(SEGMENTS, params! { "start": start, "before": before })?;
        Ok(select::<Segment>(rows, &it.call.ask))
    })
    .await
}

impl Listed for Segment {
    const FIELDS: &'static [&'static str] = &["name", "count", "createdAt", "updatedAt"];

    fn name(&self) -> &str {
        &self.name
    }

    fn key(&self, field: &str) -> Key {
        match field {
            "count" => self.count.into(),
            "createdAt" => self.created_at.into(),
            "updatedAt" => self.updated_at.into(),
            _ => self.name.as_str().into(),
        }
    }
}

impl FromRow for Segment {
    fn from_row(row: &Row<'_>) -> RowResult<Segment> {
        Ok(Segment {
            id: row.get("id")?,
            name: row.get("name")?,
            count: row.get("members")?,
            conversion_rate: None,
            revenue: None,
            is_active: row.get("is_active")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        })
    }
}
