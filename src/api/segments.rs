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
use crate::web::cache::{Answered, Lifetime};
use crate::{params, query};

const SEGMENTS: Query = query!("segments");

pub(super) const QUERIES: &[Query] = &[SEGMENTS];

/// A segment. What its members did needs to know who they are, and so is unknown.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Segment {
    pub(super) id: String,
    pub(super) name: String,
    /// Members, as Klaviyo last counted them.
    pub(super) count: Option<i64>,
    /// Members with a conversion in the range, over members.
    pub(super) conversion_rate: Option<f64>,
    /// What its present members bought in the range.
    pub(super) revenue: Option<f64>,
    is_active: Option<bool>,
    created_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
}

/// What there is in segments. What its members did is unknown unless they are copied.
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
            parameters: vec![CHANGED_DAYS, CONVERTED, PART, NAMED, UPDATED],
            sorts: fields::<Segment>(),
            days: Days::Recent,
            lifetime: Lifetime::Listing,
            load: |db, it| listing::part(segments(db, it, it.updated())?, it),
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
            load: |db, it| Answered::of(&SegmentTotals::of(&segments(db, it, it.updated())?)),
            schema: |schemas, _| schemas.of::<SegmentTotals>(),
        },
        Endpoint {
            path: "/segments/<id>".into(),
            about: "A segment with its members".into(),
            entity: "segments",
            unread: Unread::Fetch,
            parameters: vec![DAYS, CONVERTED, DELETED],
            sorts: Vec::new(),
            days: Days::All,
            lifetime: Lifetime::Record,
            load: |db, it| listing::record(db, it, segments(db, it, Between { since: None, before: None })?),
            schema: |schemas, entity| schemas.record_with::<Segment>(entity),
        },
    ]
}

fn segments(db: &Db<'_>, it: &Question, updated: Between) -> Result<Vec<Segment>, store::Error> {
    let (from, until) = (it.period.range.start(), it.period.range.before());
    let metric = Setting::load(db, &it.ask)?.metric;
    let values = params! {
        "since": updated.since, "before": updated.before, "from": from, "until": until, "metric": metric
    };
    db.rows(SEGMENTS, values)
}

/// The best segments: those whose members bought most, and then the largest, of which members are not known.
pub(super) fn best(db: &Db<'_>, it: &Question, limit: usize) -> Result<Vec<Segment>, store::Error> {
    let mut all = segments(db, it, Between { since: None, before: None })?;
    // The order by size is kept among equals.
    all.sort_by(|a, b| b.revenue.unwrap_or(-1.0).total_cmp(&a.revenue.unwrap_or(-1.0)));
    all.truncate(limit);
    Ok(all)
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

impl FromRow for Segment {
    fn from_row(row: &Row<'_>) -> RowResult<Segment> {
        let members = row.get::<Option<i64>>("known_members")?.unwrap_or_default();
        Ok(Segment {
            id: row.get("id")?,
            name: row.get("name")?,
            count: row.get("members")?,
            conversion_rate: row.get::<Option<i64>>("converted")?.and_then(|it| share(it, members)),
            revenue: row.get("revenue")?,
            is_active: row.get("is_active")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        })
    }
}
