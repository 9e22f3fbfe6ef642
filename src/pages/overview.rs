//! `/`: how is it going? Revenue, subscribers, conversion and sign-ups in a range, and what drove them.

mod earned;
mod figure;
mod moves;
mod sent;
mod shown;
mod subscribed;

pub use earned::{Earned, channels};
pub use figure::{Figure, share};
pub use sent::Sent;
pub use shown::PAGE;

use crate::range::{Ask, Period};
use crate::store::{self, Db, FromRow, Query, Row, RowResult};
use crate::{params, query};
use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;
use utoipa::ToSchema;

const SETTING: Query = query!("overview/setting");
const REVENUE: Query = query!("overview/revenue");
const DAILY: Query = query!("overview/daily");
const CHANNELS: Query = query!("overview/channels");
const MESSAGES: Query = query!("overview/messages");
const SUBSCRIBERS: Query = query!("overview/subscribers");
const SUBSCRIBERS_AT: Query = query!("overview/subscribers_at");
const SUBSCRIBER_CHANGES: Query = query!("overview/subscriber_changes");
const CONSENT_HISTORY: Query = query!("overview/consent_history");
const SUBMISSIONS: Query = query!("overview/submissions");
const TOP_FORMS: Query = query!("overview/top_forms");
const DAYS: Query = query!("overview/days");
const ENGAGEMENT: Query = query!("overview/engagement");
const EARNERS: Query = query!("overview/earners");
const GATHERERS: Query = query!("overview/gatherers");
const RECENT_CAMPAIGNS: Query = query!("overview/recent_campaigns");
const BEST_FLOWS: Query = query!("overview/best_flows");
const BEST_FORMS: Query = query!("overview/best_forms");
const LARGEST_SEGMENTS: Query = query!("overview/largest_segments");

/// Every query of this page; a test prepares them all.
pub const QUERIES: &[Query] = &[
    SETTING,
    REVENUE,
    DAILY,
    CHANNELS,
    MESSAGES,
    SUBSCRIBERS,
    SUBSCRIBERS_AT,
    SUBSCRIBER_CHANGES,
    CONSENT_HISTORY,
    SUBMISSIONS,
    TOP_FORMS,
    DAYS,
    ENGAGEMENT,
    EARNERS,
    GATHERERS,
    RECENT_CAMPAIGNS,
    BEST_FLOWS,
    BEST_FORMS,
    LARGEST_SEGMENTS,
];

/// Rows of each table of the best.
pub const TOP: usize = 5;

/// Campaigns shown as recent.
const RECENT: usize = 8;

/// All that the overview shows; `/api/overview` and the chart endpoints are other faces of it.
#[derive(Debug, Serialize)]
pub struct Overview {
    pub period: Period,
    /// The account's currency, ISO 4217; empty before the account was read.
    pub currency: String,
    /// Gross revenue of all orders, by event day; unknown where no metric stands for revenue.
    pub revenue: Figure,
    /// Its part that Klaviyo attributes to a message.
    pub attributed_revenue: Figure,
    /// Profiles that can receive e-mail marketing now, and could at the end of days; unknown before their history begins.
    pub subscribers: Figure,
    /// Deliveries of e-mails sent in the range with a counted open, over all of these deliveries. A fraction. Rates are of
    /// e-mail, because their bounds hold for no other channel.
    pub open_rate: Figure,
    /// Likewise with a counted click.
    pub click_rate: Figure,
    /// Likewise with an attributed conversion.
    pub conversion_rate: Figure,
    /// Whom e-mails sent in the range went to.
    pub recipients: i64,
    /// Bounces over recipients.
    pub bounce_rate: Figure,
    /// Deliveries that were answered by unsubscribing, over deliveries.
    pub unsubscribe_rate: Figure,
    /// Deliveries that were marked as spam, over deliveries.
    pub complaint_rate: Figure,
    /// Submitted forms, by event day.
    pub form_submissions: Figure,
    /// Revenue a day of the range, split by what it is attributed to; every day is there.
    pub daily: Vec<RevenueDay>,
    /// Attributed revenue by channel, largest first; the last is what is not attributed.
    pub channels: Vec<Channel>,
    pub top_flows: Vec<TopFlow>,
    pub recent_campaigns: Vec<RecentCampaign>,
    pub left_out: LeftOut,
    /// Events stored in all; zero means that nothing was copied yet.
    pub events_stored: i64,
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

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Channel {
    /// `Email`, `SMS`, `Push`, `WhatsApp`, `Unknown channel`, or `Not attributed`.
    pub name: String,
    pub value: f64,
    /// Fraction of all revenue; unknown where there is none.
    pub share: Option<f64>,
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
    /// `Email`, `SMS`, `Push` or `WhatsApp`, once its message is copied.
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

/// What all numbers are in, and of.
#[derive(Debug, Clone)]
pub struct Setting {
    /// ISO 4217; unknown before the account was read.
    pub currency: Option<String>,
    /// The metric whose events are conversions; unknown where nothing stands for revenue.
    pub metric: Option<String>,
    /// Whether a metric that was asked for is one of the account's.
    pub(super) is_known: bool,
    /// Whether the sums rest on that metric.
    pub(super) is_summed: bool,
    pub events_stored: i64,
}

impl Overview {
    /// Answers for the days of `period`.
    ///
    /// # Errors
    /// When a query fails.
    pub fn load(db: &Db<'_>, ask: &Ask, period: &Period) -> Result<Overview, store::Error> {
        let setting = Setting::load(db, ask)?;
        let metric = setting.metric.as_deref();
        let sent = Sent::load(db, period, metric)?;
        let earned = Earned::load(db, period, metric)?;
        Ok(Overview {
            revenue: earned.revenue(period),
            attributed_revenue: earned.attributed(period),
            subscribers: subscribed::subscribers(db, period)?,
            open_rate: sent.rate(period, |it| it.opened, |it| it.openable),
            click_rate: sent.rate(period, |it| it.clicked, |it| it.clickable),
            conversion_rate: match metric {
                Some(_) => sent.rate(period, |it| it.converted, |it| it.delivered),
                None => Figure::unknown(period),
            },
            recipients: sent.sum(period, |it| it.recipients),
            bounce_rate: sent.rate(period, |it| it.bounced, |it| it.recipients),
            unsubscribe_rate: sent.rate(period, |it| it.unsubscribed, |it| it.delivered),
            complaint_rate: sent.rate(period, |it| it.complained, |it| it.delivered),
            form_submissions: submissions(db, period)?,
            daily: earned.days(),
            channels: channels(db, period, metric)?,
            top_flows: sent.top_flows(TOP),
            recent_campaigns: sent.recent_campaigns(RECENT, db.zone()?),
            left_out: LeftOut {
                machine_opens: sent.machine_opens(period),
                bot_clicks: sent.bot_clicks(period),
                foreign_orders: earned.foreign_orders(),
                unreadable_values: earned.unreadable_values(),
            },
            events_stored: setting.events_stored,
            currency: setting.currency.unwrap_or_default(),
            period: period.clone(),
        })
    }
}

impl Setting {
    /// # Errors
    /// When the query fails.
    pub fn load(db: &Db<'_>, ask: &Ask) -> Result<Setting, store::Error> {
        db.row(SETTING, params! { "metric": ask.metric })
    }
}

/// The forms with the most submissions in the range.
///
/// # Errors
/// When the query fails.
pub fn top_forms(db: &Db<'_>, period: &Period, limit: usize) -> Result<Vec<TopForm>, store::Error> {
    let (start, before) = (period.range.start(), period.range.before());
    db.rows(TOP_FORMS, params! { "start": start, "before": before, "limit": rows(limit) })
}

fn submissions(db: &Db<'_>, period: &Period) -> Result<Figure, store::Error> {
    let (since, before) = (period.since(), period.range.before());
    let days: Vec<Submissions> = db.rows(SUBMISSIONS, params! { "since": since, "before": before })?;
    Ok(Figure::of_counts(period, |day| days.iter().find(|it| it.day == day).map_or(0, |it| it.count)))
}

fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

struct Submissions {
    day: NaiveDate,
    count: i64,
}

impl FromRow for Setting {
    fn from_row(row: &Row<'_>) -> RowResult<Setting> {
        Ok(Setting {
            currency: row.get("currency")?,
            metric: row.get("metric")?,
            is_known: row.get("is_known")?,
            is_summed: row.get("is_summed")?,
            events_stored: row.get("events_stored")?,
        })
    }
}

impl FromRow for Submissions {
    fn from_row(row: &Row<'_>) -> RowResult<Submissions> {
        Ok(Submissions { day: row.get("day")?, count: row.get("submissions")? })
    }
}

impl FromRow for TopForm {
    fn from_row(row: &Row<'_>) -> RowResult<TopForm> {
        Ok(TopForm {
            id: row.get("id")?,
            name: row.get("name")?,
            views: row.get("views")?,
            submissions: row.get("submissions")?,
            submission_rate: row.get("submission_rate")?,
        })
    }
}
