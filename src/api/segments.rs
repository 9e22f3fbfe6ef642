use super::answer::{Answer, Question, listing, time};
use super::listing::{Key, Listed, select};
use crate::pages::Call;
use crate::pages::overview::{Setting, share};
use crate::range::Unclear;
use crate::store::{self, Db, FromRow, Query, Row, RowResult};
use crate::{params, query, web};
use chrono::{DateTime, NaiveDateTime, Utc};
use rocket::get;
use serde::Serialize;

const SEGMENTS: Query = query!("segments");

pub(super) const QUERIES: &[Query] = &[SEGMENTS];

/// A segment. What its members did is unknown unless they are copied.
#[derive(Debug, Serialize)]
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

/// From a time to before a time, in UTC.
type Updated = (Option<NaiveDateTime>, Option<NaiveDateTime>);

#[get("/segments")]
pub(super) async fn list(call: Result<Call, Unclear>) -> Result<Answer<Vec<Segment>>, web::Error> {
    listing(call, "segments", |db, it| Ok(select::<Segment>(load(db, it, it.updated(db)?)?, &it.call.ask))).await
}

/// Segments that were updated in a time, if one is given, and what they earned in the range.
fn load(db: &Db<'_>, question: &Question, (start, before): Updated) -> Result<Vec<Segment>, store::Error> {
    let (from, until) = (question.period.range.start(), question.period.range.before());
    let metric = Setting::load(db, &question.call.ask)?.metric;
    let values = params! { "start": start, "before": before, "from": from, "until": until, "metric": metric };
    db.rows(SEGMENTS, values)
}

/// The best segments: those whose members bought most, and then the largest, of which members are not known.
pub(super) fn best(db: &Db<'_>, question: &Question, limit: usize) -> Result<Vec<Segment>, store::Error> {
    let mut all = load(db, question, (None, None))?;
    // The order by size is kept among equals.
    all.sort_by(|a, b| b.revenue.unwrap_or(-1.0).total_cmp(&a.revenue.unwrap_or(-1.0)));
    all.truncate(limit);
    Ok(all)
}

impl Listed for Segment {
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
