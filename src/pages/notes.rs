//! The small print under pages: what is counted by which day, whose attribution it is, and what was left out.

use chrono::{Days, NaiveDate};

use super::frame::{Frame, Value};
use crate::query;
use crate::range::{Basis, Machine};
use crate::store::{self, FromRow, Query, Row, RowResult};
use crate::web::format;

const CAMPAIGN_DAYS: Query = query!("notes/campaign_days");
const LEFT_OUT: Query = query!("notes/left_out");

pub(super) const QUERIES: &[Query] = &[CAMPAIGN_DAYS, LEFT_OUT];

/// What a page counts, and so what it leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Campaigns,
    Flows,
    /// Whatever was sent, with the orders that it is credited with.
    Messages,
    /// Whatever was sent, without any orders.
    Deliveries,
    /// Every order, credited or not.
    Orders,
}

impl Of {
    fn name(self) -> &'static str {
        match self {
            Of::Campaigns => "campaigns",
            Of::Flows => "flows",
            Of::Messages | Of::Deliveries => "messages",
            Of::Orders => "orders",
        }
    }
}

/// Under a page about messages.
///
/// # Errors
/// When the query fails.
pub fn messages(frame: &Frame<'_>, of: Of) -> Result<Vec<String>, store::Error> {
    let basis = match frame.period.basis {
        Basis::Sent => "Messages count by the day they were sent, with all that happened to them since.",
        Basis::Event => "Messages count by the day on which something happened, whenever they were sent.",
    };
    Ok(vec![basis.to_owned(), "Attribution is Klaviyo's own.".to_owned(), left_out(frame, of)?])
}

/// How much was left out of the range, of the one thing that a page is about, if it is about one.
///
/// # Errors
/// When the query fails.
pub fn left_out(frame: &Frame<'_>, of: Of) -> Result<String, store::Error> {
    let range = frame.period.range;
    let id = frame.id.filter(|_| matches!(of, Of::Campaigns | Of::Flows));
    told(frame, of, id, (range.start(), range.before()), (frame.period.basis, range.before()))
}

/// The same of campaigns by their ids, with commas, and of all days of theirs.
///
/// # Errors
/// When a query fails.
pub fn left_out_of_campaigns(frame: &Frame<'_>, ids: &str) -> Result<String, store::Error> {
    let found: Vec<CampaignDays> = frame.rows_with(CAMPAIGN_DAYS, vec![("ids", Box::new(ids.to_owned()))])?;
    let CampaignDays { first, last } = found.into_iter().next().unwrap_or_default();
    let (first, last) = match frame.period.basis {
        Basis::Sent => (first, last),
        // Answers come for as long as there are days.
        Basis::Event => (first, Some(frame.today())),
    };
    let first = first.unwrap_or_else(|| frame.today());
    // All orders that such a campaign is credited with are meant, and so nobody need ask when their message was sent.
    let orders = (Basis::Event, frame.today() + Days::new(1));
    told(frame, Of::Campaigns, Some(ids), (first, last.unwrap_or(first) + Days::new(1)), orders)
}

/// On which days campaigns were sent; nothing where they reached nobody.
#[derive(Debug, Default)]
struct CampaignDays {
    first: Option<NaiveDate>,
    last: Option<NaiveDate>,
}

impl FromRow for CampaignDays {
    fn from_row(row: &Row<'_>) -> RowResult<CampaignDays> {
        Ok(CampaignDays { first: row.get("first_on")?, last: row.get("last_on")? })
    }
}

/// From the first of `days` to before the second; orders by a basis of theirs, to before a day of theirs.
fn told(
    frame: &Frame<'_>,
    of: Of,
    ids: Option<&str>,
    days: (NaiveDate, NaiveDate),
    orders: (Basis, NaiveDate),
) -> Result<String, store::Error> {
    let own: Vec<Value> = vec![
        ("of", Box::new(of.name())),
        ("ids", Box::new(ids.map(ToOwned::to_owned))),
        ("first", Box::new(days.0)),
        ("end", Box::new(days.1)),
        ("orders_basis", Box::new(orders.0.name())),
        ("orders_end", Box::new(orders.1)),
    ];
    let counts: LeftOut = frame.rows_with(LEFT_OUT, own)?.into_iter().next().unwrap_or_default();
    let has_orders = frame.metric.is_some() && of != Of::Deliveries;
    Ok(counts.words(frame.period.machine, has_orders))
}

/// What the numbers do not count.
#[derive(Debug, Default)]
struct LeftOut {
    machine_opens: i64,
    bot_clicks: i64,
    foreign_orders: i64,
    unreadable_values: i64,
}

impl LeftOut {
    fn words(&self, machine: Machine, has_orders: bool) -> String {
        let (opens, clicks) = (count(self.machine_opens), count(self.bot_clicks));
        let (foreign, unreadable) = (count(self.foreign_orders), count(self.unreadable_values));
        let orders = format!("orders in another currency ({foreign}) and without a readable value ({unreadable})");
        match (machine, has_orders) {
            (Machine::Exclude, true) => {
                format!("Left out: machine opens ({opens}), bot clicks ({clicks}), {orders}.")
            }
            (Machine::Exclude, false) => format!("Left out: machine opens ({opens}) and bot clicks ({clicks})."),
            (Machine::Include, true) => {
                format!("Opens by machines and clicks by bots are counted. Left out: {orders}.")
            }
            (Machine::Include, false) => "Opens by machines and clicks by bots are counted.".to_owned(),
        }
    }
}

impl FromRow for LeftOut {
    fn from_row(row: &Row<'_>) -> RowResult<LeftOut> {
        Ok(LeftOut {
            machine_opens: row.get("machine_opens")?,
            bot_clicks: row.get("bot_clicks")?,
            foreign_orders: row.get("foreign_orders")?,
            unreadable_values: row.get("unreadable_values")?,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "no account counts to 2^53")]
fn count(count: i64) -> String {
    format::grouped(count as f64, 0)
}
