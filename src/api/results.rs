//! What became of messages, for whatever sent them: campaigns and flows differ in what they are, not in how they do.

use std::ops::AddAssign;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::listing::Key;
use super::question::{Activity, Question, time};
use crate::pages::messages::{SENDERS, SENDERS_BY_EVENT};
use crate::pages::overview::{Setting, share};
use crate::range::{Basis, Machine};
use crate::store::{self, Db, FromRow, Query, Row, RowResult};
use crate::web::Error;
use crate::{params, query};

const OTHERS: Query = query!("others");

pub(super) const QUERIES: &[Query] = &[OTHERS];

/// A campaign or a flow (or, where nothing is known of what people did, a form), with what became of its messages.
#[derive(Debug, Default)]
pub(super) struct Sender {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: Option<String>,
    pub(super) channel: Option<String>,
    pub(super) sent_at: Option<DateTime<Utc>>,
    pub(super) trigger_type: Option<String>,
    pub(super) updated_at: Option<DateTime<Utc>>,
    pub(super) is_deleted: bool,
    /// Unknown of days whose events are not copied.
    pub(super) results: Option<Results>,
}

/// Counts of deliveries, and of what answered them; rates are made of them last.
#[derive(Debug, Clone, Default)]
pub(super) struct Results {
    pub(super) recipients: i64,
    delivered: i64,
    /// Deliveries whose opens are told.
    openable: i64,
    /// Likewise deliveries through channels that tell of the answer.
    clickable: i64,
    unsubscribable: i64,
    complainable: i64,
    opened: i64,
    clicked: i64,
    unsubscribed: i64,
    complained: i64,
    /// Unknown where no metric stands for conversions.
    converted: Option<Converted>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Converted {
    /// Deliveries that led to at least one.
    deliveries: i64,
    conversions: i64,
    revenue: f64,
}

/// How messages did. What is unknown is null: all of it where no event of the days is copied, conversions without a metric
/// that stands for them, and what a channel does not tell.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Measured {
    delivered: Option<i64>,
    open_rate: Option<f64>,
    click_rate: Option<f64>,
    conversion_rate: Option<f64>,
    unsubscribe_rate: Option<f64>,
    complaint_rate: Option<f64>,
    conversions: Option<i64>,
    revenue: Option<f64>,
}

/// What all of them did together: sums, and shares of sums. All of it is unknown where no event of the days is copied.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Totals {
    total_recipients: Option<i64>,
    /// Deliveries with at least one open.
    total_opens: Option<i64>,
    /// Deliveries with at least one click.
    total_clicks: Option<i64>,
    total_conversions: Option<i64>,
    total_revenue: Option<f64>,
    /// Of the deliveries whose opens are told.
    avg_open_rate: Option<f64>,
    /// Of the deliveries whose clicks are told.
    avg_click_rate: Option<f64>,
    avg_conversion_rate: Option<f64>,
}

/// Which of those that send messages; as the queries spell them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Campaigns,
    Flows,
    /// Which send nothing, but are just as unknown before events are copied.
    Forms,
}

impl Of {
    fn name(self) -> &'static str {
        match self {
            Of::Campaigns => "campaigns",
            Of::Flows => "flows",
            Of::Forms => "forms",
        }
    }
}

/// What a listing shows: what sent messages in the range, then what else is asked for.
pub(super) fn listed(db: &Db<'_>, it: &Question, of: Of) -> Result<Vec<Sender>, Error> {
    let mut senders = senders(db, it, of)?;
    let others = others(db, it, of, |id| senders.iter().any(|it| it.id == id))?;
    senders.extend(others);
    Ok(senders)
}

/// What sent messages in the range, deleted ones included: what they sent remains. None where no event of it is copied.
fn senders(db: &Db<'_>, it: &Question, of: Of) -> Result<Vec<Sender>, store::Error> {
    if !it.is_measured() {
        return Ok(Vec::new());
    }
    let query = match it.period.basis {
        Basis::Sent => SENDERS,
        Basis::Event => SENDERS_BY_EVENT,
    };
    let (start, before) = (it.period.range.start(), it.period.range.before());
    let metric = Setting::load(db, &it.ask)?.metric;
    let machine = it.period.machine == Machine::Include;
    db.rows(
        query,
        params! {
            "start": start, "before": before, "metric": metric, "machine": machine, "of": of.name(), "id": it.id,
            "channel": None::<String>
        },
    )
}

/// The sender that is asked for; of one that sent nothing everything is zero, if all of its days are known.
pub(super) fn sender(db: &Db<'_>, it: &Question, of: Of) -> Result<Sender, store::Error> {
    let found = senders(db, it, of)?.into_iter().find(|sender| Some(&sender.id) == it.id.as_ref());
    let nothing = || Sender {
        id: it.id.clone().unwrap_or_default(),
        results: it.is_complete().then(Results::default),
        ..Sender::default()
    };
    Ok(found.unwrap_or_else(nothing))
}

/// What is there beside those that are `known` to have done something: all of it, or what has a status, if that is asked
/// for; what is deleted, likewise; and, as long as not all of the days are copied, whatever may have done something, too.
pub(super) fn others(db: &Db<'_>, it: &Question, of: Of, known: impl Fn(&str) -> bool) -> Result<Vec<Sender>, Error> {
    let (any, unsent) = match it.activity()? {
        Activity::Any => (true, false),
        Activity::Range => (false, false),
        Activity::Usual => (false, it.ask.status.is_some()),
    };
    let (since, before) = if it.period.is_all() { (None, None) } else { (Some(it.time().0), Some(it.time().1)) };
    let rows: Vec<Other> = db.rows(
        OTHERS,
        params! {
            "of": of.name(), "since": since, "before": before, "any": any, "unsent": unsent,
            "unknown": !it.is_complete(), "with_deleted": it.ask.with_deleted
        },
    )?;
    let converts = Setting::load(db, &it.ask)?.metric.is_some();
    let nothing =
        it.is_complete().then(|| Results { converted: converts.then(Converted::default), ..Results::default() });
    let senders = rows.into_iter().map(|it| Sender { results: nothing.clone(), ..it.0 });
    Ok(senders.filter(|it| !known(&it.id)).collect())
}

/// What all senders of the range did together, and how many they are; unknown where no event of it is copied.
pub(super) fn totals(db: &Db<'_>, it: &Question, of: Of) -> Result<(Option<usize>, Totals), store::Error> {
    if !it.is_measured() {
        return Ok((None, Totals::default()));
    }
    let senders = senders(db, it, of)?;
    let knows = Setting::load(db, &it.ask)?.metric.is_some();
    let mut sum = Results { converted: knows.then(Converted::default), ..Results::default() };
    senders.iter().filter_map(|it| it.results.as_ref()).for_each(|it| sum += it);
    Ok((Some(senders.len()), Totals::from(&sum)))
}

impl Sender {
    /// Every count of it, which is none of them yet where nothing was counted at all.
    pub(super) fn measured(&self) -> Measured {
        self.results.as_ref().map(Measured::from).unwrap_or_default()
    }

    pub(super) fn recipients(&self) -> Option<i64> {
        self.results.as_ref().map(|it| it.recipients)
    }
}

impl Measured {
    /// The value of one of its fields; unknown of any other.
    pub(super) fn key(&self, field: &str) -> Key {
        match field {
            "delivered" => self.delivered.into(),
            "openRate" => self.open_rate.into(),
            "clickRate" => self.click_rate.into(),
            "conversionRate" => self.conversion_rate.into(),
            "conversions" => self.conversions.into(),
            "revenue" => self.revenue.into(),
            _ => Key::Unknown,
        }
    }
}

impl From<&Results> for Measured {
    fn from(it: &Results) -> Measured {
        Measured {
            delivered: Some(it.delivered),
            open_rate: share(it.opened, it.openable),
            click_rate: share(it.clicked, it.clickable),
            conversion_rate: it.converted.and_then(|converted| share(converted.deliveries, it.delivered)),
            unsubscribe_rate: share(it.unsubscribed, it.unsubscribable),
            complaint_rate: share(it.complained, it.complainable),
            conversions: it.converted.map(|it| it.conversions),
            revenue: it.converted.map(|it| it.revenue),
        }
    }
}

impl From<&Results> for Totals {
    fn from(it: &Results) -> Totals {
        let rates = Measured::from(it);
        Totals {
            total_recipients: Some(it.recipients),
            total_opens: Some(it.opened),
            total_clicks: Some(it.clicked),
            total_conversions: rates.conversions,
            total_revenue: rates.revenue,
            avg_open_rate: rates.open_rate,
            avg_click_rate: rates.click_rate,
            avg_conversion_rate: rates.conversion_rate,
        }
    }
}

impl AddAssign<&Results> for Results {
    fn add_assign(&mut self, other: &Results) {
        self.recipients += other.recipients;
        self.delivered += other.delivered;
        self.openable += other.openable;
        self.clickable += other.clickable;
        self.unsubscribable += other.unsubscribable;
        self.complainable += other.complainable;
        self.opened += other.opened;
        self.clicked += other.clicked;
        self.unsubscribed += other.unsubscribed;
        self.complained += other.complained;
        if let Some((sum, other)) = self.converted.as_mut().zip(other.converted) {
            sum.deliveries += other.deliveries;
            sum.conversions += other.conversions;
            sum.revenue += other.revenue;
        }
    }
}

impl FromRow for Results {
    fn from_row(row: &Row<'_>) -> RowResult<Results> {
        // What no channel tells is null there, and of no delivery here.
        let told = |name: &str| row.get::<Option<i64>>(name).map(Option::unwrap_or_default);
        Ok(Results {
            recipients: row.get("recipients")?,
            delivered: row.get("delivered")?,
            openable: row.get("openable")?,
            clickable: told("clickable")?,
            unsubscribable: told("unsubscribable")?,
            complainable: told("complainable")?,
            opened: told("opened")?,
            clicked: told("clicked")?,
            unsubscribed: told("unsubscribed")?,
            complained: told("complained")?,
            converted: Converted::of(row)?,
        })
    }
}

impl Converted {
    fn of(row: &Row<'_>) -> RowResult<Option<Converted>> {
        let Some(deliveries) = row.get("converted")? else { return Ok(None) };
        Ok(Some(Converted { deliveries, conversions: row.get("conversions")?, revenue: row.get("revenue")? }))
    }
}

/// A sender without results.
struct Other(Sender);

impl FromRow for Other {
    fn from_row(row: &Row<'_>) -> RowResult<Other> {
        Ok(Other(Sender {
            id: row.get("id")?,
            name: row.get("name")?,
            status: row.get("status")?,
            channel: row.get("channel")?,
            sent_at: time(row, "sent_at")?,
            trigger_type: row.get("trigger_type")?,
            updated_at: time(row, "updated_at")?,
            is_deleted: row.get("deleted")?,
            results: None,
        }))
    }
}

impl FromRow for Sender {
    fn from_row(row: &Row<'_>) -> RowResult<Sender> {
        let Other(sender) = Other::from_row(row)?;
        Ok(Sender { results: Some(Results::from_row(row)?), ..sender })
    }
}
