//! `/flows`: what does each flow earn, and does it do as well as it usually does?

mod earned;
mod figures;
mod one;
mod path;

use chrono::{Days, NaiveDate};

use super::frame::{Frame, Value};
use super::page::{Page, Switch};
use super::sheet::{Column, IDLE, Sheet, Table, Unit};
use super::view::{Block, Card, Content, JUDGED_LEAST, View};
use super::{annotations, caption, messages as measures, notes};
use crate::query;
use crate::range::Basis;
use crate::store::Query;
use crate::web::Error;
use earned::Earned;
use figures::Figures;
pub use one::ONE;

const FLOWS_ASKED: Query = query!("flows/list");
const DAYS: Query = query!("flows/days");
const SENT: Query = query!("flows/sent");
const HAPPENED: Query = query!("flows/happened");
const FLOW: Query = query!("flows/flow");
const STRAY: Query = query!("flows/stray");
const ACTIONS: Query = query!("flows/actions");
const MESSAGES: Query = query!("flows/messages");
const HEALTH: Query = query!("flows/health");
const DELAYS: Query = query!("flows/delays");
const REPORTED: Query = query!("flows/reported");

pub(super) const QUERIES: &[Query] =
    &[FLOWS_ASKED, DAYS, SENT, HAPPENED, FLOW, STRAY, ACTIONS, MESSAGES, HEALTH, DELAYS, REPORTED];

const SWITCHES: &[Switch] = &[Switch::Basis, Switch::Machine, Switch::Channel, Switch::Metric];

/// Days after which a send has had the time to convert: Klaviyo's window for clicks and opens of e-mails.
const SETTLING: Days = Days::new(5);

pub static LIST: Page = Page {
    path: "/flows",
    about: "Every flow with all measures of its messages, its trend and its health",
    template: "view.html",
    switches: SWITCHES,
    takes: &[IDLE],
    sheets: &[&FLOWS, &FLOW_DAYS],
    load: list,
    values: own_values,
};

static FLOWS: Sheet = Sheet {
    name: "flows",
    title: "Flows",
    query: FLOWS_ASKED,
    by_event: None,
    columns: &[
        Column::text("name", "Flow"),
        Column::new("status", "Status", Unit::Badge),
        Column::text("trigger_type", "Starts with").hidden(),
        Column::new("channel", "Channel", Unit::Text).hidden(),
        measures::REVENUE,
        Column::new("trend", "Trend", Unit::Trend),
        Column::new("health", "Against 90 days", Unit::Verdict),
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
        measures::REVENUE_PER_RECIPIENT,
        measures::REVENUE_PER_DELIVERED,
        Column::new("settled_conversion_rate", "Converted of settled sends", Unit::Share).hidden(),
        Column::new("usual_conversion_rate", "Converted in the 90 days before", Unit::Share).hidden(),
        Column::new("settled_revenue_per_recipient", "Per recipient of settled sends", Unit::Money).hidden(),
        Column::new("usual_revenue_per_recipient", "Per recipient in the 90 days before", Unit::Money).hidden(),
        measures::CONVERSIONS,
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
        Column::new("updated_at", "Changed", Unit::Moment).hidden(),
        Column::new("deleted", "Deleted", Unit::Flag).hidden(),
    ],
    order: "-revenue",
    search: &["name", "trigger_type"],
    link: Some("/flows/"),
    sample: Some(("recipients", JUDGED_LEAST)),
    nothing: "No flow is live, and none reached anyone in these days. Flows are copied every six hours: see the sync page.",
};

static FLOW_DAYS: Sheet = earned_by_day(
    "flow-days",
    "Revenue of flows by day",
    &[DAY, SENDER, Column::text("name", "Flow"), measures::CONVERSIONS, EARNED],
    "Flows earned nothing in these days.",
);

const DAY: Column = Column::new("date", "Day", Unit::Day);
const SENDER: Column = Column::text("sender", "Id");
const EARNED: Column = Column::money("revenue", "Revenue");

/// What flows, or messages of one, earned on each day.
const fn earned_by_day(
    name: &'static str,
    title: &'static str,
    columns: &'static [Column],
    nothing: &'static str,
) -> Sheet {
    let (order, search) = ("date", &[]);
    Sheet { name, title, query: DAYS, by_event: None, columns, order, search, link: None, sample: None, nothing }
}

/// Sends before it have had the time to convert.
fn settled(frame: &Frame<'_>) -> NaiveDate {
    frame.today() - SETTLING
}

fn own_values(frame: &Frame<'_>) -> Result<Vec<Value>, Error> {
    let with_idle = frame.ask.with_idle()?.unwrap_or(false);
    Ok(vec![("settled", Box::new(settled(frame))), ("with_idle", Box::new(with_idle))])
}

fn list(frame: &Frame<'_>) -> Result<View, Error> {
    let figures = Figures::load(frame)?;
    let earned = Earned::load(frame)?;
    let mut table = FLOWS.table_with(frame, own_values(frame)?)?;
    explain(frame, &mut table);
    table.with_idle = Some(frame.ask.with_idle()?.unwrap_or(false));
    Ok(View {
        title: "Flows".to_owned(),
        lead: "What each flow earned, and whether it does as well as it usually does.".to_owned(),
        cards: cards(frame, &figures),
        blocks: vec![revenue(frame, &figures, &earned)?.filed("flow-days"), Block::table("All flows", table)],
        notes: small_print(frame)?,
        ..View::default()
    })
}

fn small_print(frame: &Frame<'_>) -> Result<Vec<String>, Error> {
    let mut notes = notes::messages(frame, notes::Of::Flows)?;
    notes.push(
        "Health compares what was sent in these days with the 90 days before; sends of the last five days are left out of it, because their conversions are still to come."
            .to_owned(),
    );
    Ok(notes)
}

fn cards(frame: &Frame<'_>, figures: &Figures) -> Vec<Card> {
    vec![
        Card::new("revenue", Unit::Money, figures.sum(frame, |it| it.revenue)).titled("Revenue of flows"),
        Card::new("conversion_rate", Unit::Share, figures.conversion_rate(frame)),
        Card::new("revenue_per_recipient", Unit::Money, figures.revenue_per_recipient(frame)),
        Card::new("click_rate", Unit::Share, figures.click_rate(frame)),
    ]
}

/// Revenue over time, of the largest parts and the rest.
fn revenue(frame: &Frame<'_>, figures: &Figures, earned: &Earned) -> Result<Block, Error> {
    let basis = match frame.period.basis {
        Basis::Sent => "by the day the message was sent",
        Basis::Event => "by the day of the order",
    };
    let title = if frame.id.is_some() { "Revenue by message" } else { "Revenue by flow" };
    let content = if earned.is_empty() {
        let words = if frame.metric.is_some() {
            "Nothing was earned in these days. Try a longer range, or another conversion metric."
        } else {
            "No metric stands for conversions: choose one in the settings."
        };
        Content::Nothing { words: words.to_owned() }
    } else {
        let marks = annotations::notes(frame)?;
        let figure = figures.sum(frame, |it| it.revenue);
        let chart = earned.chart(frame, figures, &marks);
        let mut words = caption::of_sum(frame, &figure, "", &chart);
        if let Some((name, amount)) = earned.largest() {
            words = format!("{words}. Most by {name}: {}", caption::written(frame, Unit::Money, Some(amount)));
        }
        Content::Chart(chart.saying(words))
    };
    Ok(Block::new("flow-revenue", title, content).with(basis))
}

/// Puts the numbers of its health under each word.
fn explain(frame: &Frame<'_>, table: &mut Table) {
    for row in &mut table.rows {
        let number = |name: &str| row.get(name).and_then(serde_json::Value::as_f64);
        let written = |unit, name: &str| caption::written(frame, unit, number(name));
        if row.get("health").is_some_and(serde_json::Value::is_string) {
            let words = format!(
                "{} converted, was {}; {} each, was {}",
                written(Unit::Share, "settledConversionRate"),
                written(Unit::Share, "usualConversionRate"),
                written(Unit::Money, "settledRevenuePerRecipient"),
                written(Unit::Money, "usualRevenuePerRecipient"),
            );
            row.insert("healthWhy".to_owned(), words.into());
        }
    }
}
