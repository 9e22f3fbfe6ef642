use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::endpoint::{Days, Endpoint, Unread};
use super::listing::{self, Key, Listed, fields};
use super::openapi::Schemas;
use super::parameters::{DAYS, NAMED, PART, UPDATED};
use super::question::{Question, time};
use crate::store::{self, Db, FromRow, Query, Row, RowResult};
use crate::web::cache::{Answered, Lifetime};
use crate::{params, query};

const SEGMENTS: Query = query!("segments");

pub(super) const QUERIES: &[Query] = &[SEGMENTS];

/// A segment. What its members did needs to know who they are, and so is unknown.
#[derive(Debug, Default, Serialize, ToSchema)]
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

/// What there is in segments. What members did needs to know who they are, and so is unknown.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SegmentTotals {
    total_segments: usize,
    active_segments: usize,
    inactive_segments: usize,
    /// Members of all of them, as far as they were counted; who is in two counts twice. Unknown before the first count.
    total_members: Option<i64>,
    average_conversion_rate: Option<f64>,
    total_revenue: Option<f64>,
    average_revenue_per_segment: Option<f64>,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/segments".into(),
            about: "The segments there are, with their members".into(),
            entity: "segments",
            unread: Unread::Fetch,
            parameters: vec![DAYS, PART, NAMED, UPDATED],
            sorts: fields::<Segment>(),
            days: Days::Recent,
            lifetime: Lifetime::Listing,
            load: |db, it| listing::part(segments(db, it)?, it),
            schema: |schemas, _| Schemas::list(schemas.of::<Segment>()),
        },
        Endpoint {
            path: "/segments/metrics".into(),
            about: "How many segments there are, and how many members".into(),
            entity: "segments",
            unread: Unread::Fetch,
            parameters: vec![DAYS, UPDATED],
            sorts: Vec::new(),
            days: Days::Recent,
            lifetime: Lifetime::Listing,
            load: |db, it| Answered::of(&SegmentTotals::of(&segments(db, it)?)),
            schema: |schemas, _| schemas.of::<SegmentTotals>(),
        },
        Endpoint {
            path: "/segments/<id>".into(),
            about: "A segment with its members".into(),
            entity: "segments",
            unread: Unread::Fetch,
            parameters: Vec::new(),
            sorts: Vec::new(),
            days: Days::All,
            lifetime: Lifetime::Record,
            load: |db, it| listing::record(db, it, segments(db, it)?),
            schema: |schemas, entity| schemas.record_with::<Segment>(entity),
        },
    ]
}

fn segments(db: &Db<'_>, it: &Question) -> Result<Vec<Segment>, store::Error> {
    let updated = it.updated();
    db.rows(SEGMENTS, params! { "since": updated.since, "before": updated.before })
}

impl SegmentTotals {
    fn of(segments: &[Segment]) -> SegmentTotals {
        let active = segments.iter().filter(|it| it.is_active == Some(true)).count();
        let counted = segments.iter().filter_map(|it| it.count);
        SegmentTotals {
            total_segments: segments.len(),
            active_segments: active,
            inactive_segments: segments.iter().filter(|it| it.is_active == Some(false)).count(),
            total_members: counted.reduce(|sum, it| sum + it),
            average_conversion_rate: None,
            total_revenue: None,
            average_revenue_per_segment: None,
        }
    }
}

impl Listed for Segment {
    const FIELDS: &'static [&'static str] = &["name", "count", "createdAt", "updatedAt"];

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
