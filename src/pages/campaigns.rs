//! `/campaigns`: what did each campaign earn, and how was it received?

use super::frame::{Frame, Value};
use super::page::{Page, Switch};
use super::sheet::{Column, Sheet, Unit};
use super::view::{Block, View};
use super::{messages as measures, notes};
use crate::store::Query;
use crate::web::Error;

pub(super) const QUERIES: &[Query] = &[];

pub static LIST: Page = Page {
    path: "/campaigns",
    about: "Every campaign with all measures of its messages",
    template: "view.html",
    switches: &[Switch::Basis, Switch::Machine, Switch::Channel, Switch::Metric],
    takes: &[],
    sheets: &[&CAMPAIGNS],
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
        measures::CLICKED,
        measures::CLICK_RATE,
        measures::CLICK_TO_OPEN_RATE,
        measures::CONVERTED,
        measures::CONVERSION_RATE,
        measures::CONVERSIONS,
        measures::REVENUE,
        measures::REVENUE_PER_RECIPIENT,
        measures::AVERAGE_ORDER_VALUE,
        measures::UNSUBSCRIBED,
        measures::UNSUBSCRIBE_RATE,
        measures::COMPLAINED,
        measures::COMPLAINT_RATE,
        measures::BOUNCED,
        measures::BOUNCE_RATE,
        measures::FAILED,
        measures::MACHINE_OPENS,
        measures::BOT_CLICKS,
        Column::new("deleted", "Deleted", Unit::Flag).hidden(),
    ],
    order: "-sent_at",
    search: &["name"],
    link: Some("/campaigns/"),
    sample: Some(("recipients", 100)),
    nothing: "No campaign reached anyone in these days.",
};

fn own_values(_: &Frame<'_>) -> Result<Vec<Value>, Error> {
    Ok(vec![("of", Box::new("campaigns"))])
}

fn list(frame: &Frame<'_>) -> Result<View, Error> {
    let table = CAMPAIGNS.table_with(frame, own_values(frame)?)?;
    Ok(View {
        title: "Campaigns".to_owned(),
        lead: "What each campaign earned, and how it was received.".to_owned(),
        blocks: vec![Block::table("Campaigns", table)],
        notes: notes::messages(frame)?,
        ..View::default()
    })
}
