//! `/campaigns`: what did each campaign earn, and how was it received? As a table, as a calendar, side by side, and each
//! one by itself.

mod calendar;
mod compare;
mod counts;
mod curve;
mod days;
mod names;
mod one;

pub use compare::COMPARE;
pub use one::ONE;

use serde_json::json;

use super::frame::{Frame, Value};
use super::page::{Page, Switch};
use super::sheet::{Choose, Column, Sheet, Unit};
use super::view::{Block, JUDGED_LEAST, View};
use super::{messages as measures, notes};
use crate::query;
use crate::range::{RATE_DAYS, Unclear};
use crate::store::Query;
use crate::web::Error;

const COMPARED: Query = query!("campaigns/compared");
const DAILY: Query = query!("campaigns/daily");
const DAILY_BY_EVENT: Query = query!("campaigns/daily_by_event");
const HOURS: Query = query!("campaigns/hours");
const NAMES: Query = query!("campaigns/names");
const ARMS: Query = query!("campaigns/one/arms");
const AUDIENCES: Query = query!("campaigns/one/audiences");
const CLIENTS_QUERY: Query = query!("campaigns/one/clients");
const FACTS: Query = query!("campaigns/one/facts");
const LINKS_QUERY: Query = query!("campaigns/one/links");
const MAILBOXES_QUERY: Query = query!("campaigns/one/mailboxes");
const ORDERS_QUERY: Query = query!("campaigns/one/orders");
const PROVIDERS_QUERY: Query = query!("campaigns/one/providers");
const REPORT: Query = query!("campaigns/one/report");
const REPORTED: Query = query!("campaigns/one/reported");
const USUAL: Query = query!("campaigns/one/usual");
const SCHEDULED: Query = query!("campaigns/scheduled");

pub(super) const QUERIES: &[Query] = &[
    COMPARED,
    DAILY,
    DAILY_BY_EVENT,
    HOURS,
    ARMS,
    AUDIENCES,
    CLIENTS_QUERY,
    FACTS,
    LINKS_QUERY,
    MAILBOXES_QUERY,
    ORDERS_QUERY,
    PROVIDERS_QUERY,
    REPORT,
    REPORTED,
    USUAL,
    NAMES,
    SCHEDULED,
];

pub static LIST: Page = Page {
    path: "/campaigns",
    about: "Every campaign with all measures of its messages, as a table or a calendar of sends",
    template: "campaigns.html",
    switches: &[Switch::Basis, Switch::Machine, Switch::Channel, Switch::Metric],
    takes: &[("view", "`calendar` for the sends of whole months; a table otherwise.")],
    sheets: &[&CAMPAIGNS, &days::SHEET],
    load: list,
    values: own_values,
};

static CAMPAIGNS: Sheet = Sheet {
    name: "campaigns",
    title: "Campaigns",
    query: measures::SENDERS,
    by_event: Some(measures::SENDERS_BY_EVENT),
    columns: &[
        Column::text("name", "Campaign"),
        Column::new("channel", "Channel", Unit::Badge),
        Column::new("sent_at", "Sent", Unit::Moment),
        measures::RECIPIENTS,
        measures::DELIVERED,
        measures::DELIVERY_RATE,
        measures::OPENABLE,
        measures::OPENED,
        measures::OPEN_RATE,
        measures::MACHINE_OPEN_SHARE,
        measures::CLICKED,
        measures::CLICK_RATE,
        measures::CLICK_TO_OPEN_RATE,
        measures::CONVERTED,
        measures::CONVERSION_RATE,
        measures::CONVERSIONS.hidden(),
        measures::REVENUE,
        measures::REVENUE_PER_RECIPIENT,
        measures::REVENUE_PER_DELIVERED,
        measures::AVERAGE_ORDER_VALUE,
        measures::UNSUBSCRIBED,
        measures::UNSUBSCRIBE_RATE,
        measures::COMPLAINED,
        measures::COMPLAINT_RATE,
        measures::BOUNCED,
        measures::BOUNCE_RATE,
        measures::FAILED,
        measures::FAILURE_RATE.hidden(),
        measures::MACHINE_OPENS,
        measures::BOT_CLICKS,
        Column::new("deleted", "Deleted", Unit::Flag).hidden(),
    ],
    order: "-sent_at",
    search: &["name"],
    link: Some("/campaigns/"),
    sample: Some(("recipients", JUDGED_LEAST)),
    nothing: "No campaign reached anyone in these days.",
};

#[expect(clippy::unnecessary_wraps, reason = "those of other pages may fail")]
fn own_values(frame: &Frame<'_>) -> Result<Vec<Value>, Error> {
    Ok([("of", Box::new("campaigns") as _)].into_iter().chain(days::values(frame)).collect())
}

/// Which face of the list is asked for.
fn is_calendar(frame: &Frame<'_>) -> Result<bool, Unclear> {
    match frame.ask.own("view") {
        None | Some("table") => Ok(false),
        Some("calendar") => Ok(true),
        Some(other) => {
            Err(Unclear { parameter: "view", problem: format!("“{other}” is not one of table, calendar") })
        }
    }
}

fn list(frame: &Frame<'_>) -> Result<View, Error> {
    let is_calendar = is_calendar(frame)?;
    let days = days::load(frame, frame.period.drawn_since())?;
    let mut small_print = notes::messages(frame, notes::Of::Campaigns)?;
    small_print.push(format!("The little curves of rates show, on each day, that of the {RATE_DAYS} days up to it."));
    let mut view = View {
        title: "Campaigns".to_owned(),
        lead: "What each campaign earned, and how it was received.".to_owned(),
        cards: days::cards(frame, &days),
        notes: small_print,
        ..View::default()
    };
    view.more.insert("month".to_owned(), json!(calendar::month_of(frame.period.range.end())));
    if is_calendar {
        let calendar = calendar::load(frame, &days::sends(frame)?)?;
        view.more.insert("calendar".to_owned(), json!(calendar));
        view.notes.push("The calendar shows the days of sending, with all that came of it since.".to_owned());
        return Ok(view);
    }
    let mut table = CAMPAIGNS.table_with(frame, own_values(frame)?)?;
    table.choose = Some(Choose { path: "/campaigns/compare", title: "Compare the chosen" });
    view.blocks = vec![days::chart(frame, &days)?, Block::table("All campaigns", table)];
    Ok(view)
}
