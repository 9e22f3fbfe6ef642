use super::answer::{Answer, listing};
use super::listing::{Key, Listed, select};
use super::results::Results;
use crate::pages::Call;
use crate::pages::overview::Setting;
use crate::range::{Basis, Machine, Unclear};
use crate::store::{FromRow, Query, Row, RowResult};
use crate::{params, query, web};
use chrono::{DateTime, NaiveDateTime, Utc};
use rocket::get;
use serde::Serialize;

const CAMPAIGNS: Query = query!("campaigns");
const CAMPAIGNS_BY_EVENT: Query = query!("campaigns_by_event");

pub(super) const QUERIES: &[Query] = &[CAMPAIGNS, CAMPAIGNS_BY_EVENT];

/// A campaign with what it did in the range.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Campaign {
    id: String,
    name: String,
    status: Option<String>,
    /// Klaviyo has it no more; what it did remains.
    deleted: bool,
    channel: Option<String>,
    sent_at: Option<DateTime<Utc>>,
    /// Recipients: delivered, bounced and failed.
    sent: i64,
    delivered: i64,
    open_rate: Option<f64>,
    click_rate: Option<f64>,
    conversion_rate: Option<f64>,
    unsubscribe_rate: Option<f64>,
    complaint_rate: Option<f64>,
    conversions: i64,
    revenue: f64,
}

#[get("/campaigns")]
pub(super) async fn list(call: Result<Call, Unclear>) -> Result<Answer<Vec<Campaign>>, web::Error> {
    listing(call, "campaigns", |db, it| {
        let (start, before) = (it.period.range.start(), it.period.range.before());
        let query = match it.period.basis {
            Basis::Sent => CAMPAIGNS,
            Basis::Event => CAMPAIGNS_BY_EVENT,
        };
        let metric = Setting::load(db, &it.call.ask)?.metric;
        let machine = it.period.machine == Machine::Include;
        let rows =
            db.rows(query, params! { "start": start, "before": before, "metric": metric, "machine": machine })?;
        Ok(select::<Campaign>(rows, &it.call.ask))
    })
    .await
}

impl Listed for Campaign {
    const FIELDS: &'static [&'static str] =
        &["name", "sentAt", "sent", "delivered", "openRate", "clickRate", "conversionRate", "conversions", "revenue"];

    fn name(&self) -> &str {
        &self.name
    }

    fn key(&self, field: &str) -> Key {
        match field {
            "sentAt" => self.sent_at.into(),
            "sent" => self.sent.into(),
            "delivered" => self.delivered.into(),
            "openRate" => self.open_rate.into(),
            "clickRate" => self.click_rate.into(),
            "conversionRate" => self.conversion_rate.into(),
            "conversions" => self.conversions.into(),
            "revenue" => self.revenue.into(),
            _ => self.name.as_str().into(),
        }
    }
}

impl FromRow for Campaign {
    fn from_row(row: &Row<'_>) -> RowResult<Campaign> {
        let results = Results::from_row(row)?;
        Ok(Campaign {
            id: row.get("id")?,
            name: row.get("name")?,
            status: row.get("status")?,
            deleted: row.get("deleted")?,
            channel: row.get("channel")?,
            sent_at: row.get::<Option<NaiveDateTime>>("sent_at")?.map(|it| it.and_utc()),
            sent: results.recipients,
            delivered: results.delivered,
            open_rate: results.open_rate(),
            click_rate: results.click_rate(),
            conversion_rate: results.conversion_rate(),
            unsubscribe_rate: results.unsubscribe_rate(),
            complaint_rate: results.complaint_rate(),
            conversions: results.conversions,
            revenue: results.revenue,
        })
    }
}
