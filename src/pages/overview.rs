//! `/`: how is it going? Revenue, subscribers, conversion and sign-ups in a range, and what drove them.

use crate::range::Period;
use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;

/// All that the overview shows; `/api/overview` and the chart endpoints are other faces of it.
#[derive(Debug, Serialize)]
pub struct Overview {
    pub period: Period,
    /// The account's currency, ISO 4217.
    pub currency: String,
    /// Gross revenue of all orders, by event day.
    pub revenue: Figure,
    /// Its part that Klaviyo attributes to a message.
    pub attributed_revenue: Figure,
    /// Profiles that can receive e-mail marketing now; their past is unknown before consent history exists.
    pub subscribers: Figure,
    /// Deliveries of messages sent in the range with a counted open, over deliveries. A fraction.
    pub open_rate: Figure,
    /// Likewise with a counted click.
    pub click_rate: Figure,
    /// Likewise with an attributed conversion.
    pub conversion_rate: Figure,
    /// Submitted forms, by event day.
    pub form_submissions: Figure,
    /// Revenue a day of the range, split by what it is attributed to; every day is there.
    pub daily: Vec<RevenueDay>,
    /// Attributed revenue by channel, largest first; the last is what is not attributed.
    pub channels: Vec<Channel>,
    pub top_segments: Vec<TopSegment>,
    pub top_flows: Vec<TopFlow>,
    pub top_forms: Vec<TopForm>,
    pub recent_campaigns: Vec<RecentCampaign>,
    pub left_out: LeftOut,
    /// Events stored in all; zero means that nothing was copied yet.
    pub events_stored: i64,
}

/// A number, what it was in the period compared with, and its days.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    pub current: Option<f64>,
    pub previous: Option<f64>,
    /// `(current − previous) / previous`; unknown where the previous is zero or unknown.
    pub change: Option<f64>,
    /// One value a day of the range, for the sparkline; empty where the past is unknown.
    pub daily: Vec<Option<f64>>,
}

#[derive(Debug, Clone, Serialize)]
pub struct RevenueDay {
    pub date: NaiveDate,
    pub campaigns: f64,
    pub flows: f64,
    /// Not attributed to a message.
    pub other: f64,
    /// Total of the day that stands at the same place in the compared period.
    pub previous: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Channel {
    /// `Email`, `SMS`, `Push`, `WhatsApp`, or `Not attributed`.
    pub name: String,
    pub value: f64,
    /// Fraction of all revenue; unknown where there is none.
    pub share: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
pub struct TopSegment {
    pub id: String,
    pub name: String,
    /// Members, as Klaviyo last counted them.
    pub count: Option<i64>,
}

#[derive(Debug, Clone, Serialize)]
pub struct TopFlow {
    pub id: String,
    pub name: String,
    pub status: String,
    pub recipients: i64,
    pub conversion_rate: Option<f64>,
    pub revenue: f64,
}

#[derive(Debug, Clone, Serialize)]
pub struct TopForm {
    pub id: String,
    pub name: String,
    pub views: i64,
    pub submissions: i64,
    pub submission_rate: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
pub struct RecentCampaign {
    pub id: String,
    pub name: String,
    pub channel: Option<String>,
    /// Local wall clock of the account.
    pub sent_at: Option<NaiveDateTime>,
    pub recipients: i64,
    pub open_rate: Option<f64>,
    pub click_rate: Option<f64>,
    pub conversion_rate: Option<f64>,
    pub revenue: f64,
}

/// What the numbers do not count, so that the page can say so.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LeftOut {
    pub machine_opens: i64,
    pub bot_clicks: i64,
    /// Orders in another currency than the account's.
    pub foreign_orders: i64,
    /// Orders whose value could not be read as an amount.
    pub unreadable_values: i64,
}

