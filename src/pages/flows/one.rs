//! `/flows/<id>`: which way does somebody take through the flow, where do they drop off, and what does it earn?

use chrono::{NaiveDate, NaiveDateTime};
use serde_json::Value as Json;

use super::path::{self, Action, Sent};
use super::{ACTIONS, DAY, DELAYS, EARNED, Earned, FLOW, Figures, HEALTH, MESSAGES, REPORTED, SENDER, STRAY, SWITCHES};
use super::{earned_by_day, own_values, revenue, settled, small_print};
use crate::pages::caption::{capital, written};
use crate::pages::frame::Frame;
use crate::pages::messages as measures;
use crate::pages::page::Page;
use crate::pages::preview;
use crate::pages::sheet::{Column, Sheet, Unit};
use crate::pages::view::{Badge, Block, Card, Chart, Content, Fact, JUDGED_LEAST, Link, Shape, View, Width};
use crate::range::Basis;
use crate::store::repository::Document;
use crate::store::zone::local;
use crate::store::{FromRow, Row, RowResult};
use crate::web::{Error, format};

pub static ONE: Page = Page {
    path: "/flows/<id>",
    about: "One flow: its path, its messages, the time to convert, and Klaviyo's own report beside ours",
    template: "view.html",
    switches: SWITCHES,
    takes: &[],
    sheets: &[&FLOW_MESSAGES, &FLOW_MESSAGE_DAYS, &FLOW_DELAYS, &FLOW_REPORT],
    load,
    values: own_values,
};

static FLOW_MESSAGES: Sheet = Sheet {
    name: "flow-messages",
    title: "Messages of the flow",
    query: MESSAGES,
    by_event: None,
    columns: &[
        Column::text("name", "Message"),
        Column::new("channel", "Channel", Unit::Badge),
        Column::text("subject", "Subject").hidden(),
        RECIPIENTS,
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
        measures::CONVERSIONS,
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
    order: "-recipients",
    search: &["name", "subject"],
    link: None,
    sample: Some(("recipients", JUDGED_LEAST)),
    nothing: "No message of this flow is known. Messages are read once a day: see the sync page.",
};

/// Beside a bar, so that the table reads as a funnel.
const RECIPIENTS: Column = Column::count("recipients", "Recipients").with_bar();

static FLOW_MESSAGE_DAYS: Sheet = earned_by_day(
    "flow-message-days",
    "Revenue of the flow's messages by day",
    &[DAY, SENDER, Column::text("name", "Message"), measures::CONVERSIONS, EARNED],
    "The flow earned nothing in these days.",
);

static FLOW_DELAYS: Sheet = Sheet {
    name: "flow-delays",
    title: "Time to convert",
    query: DELAYS,
    by_event: None,
    columns: &[
        Column::new("line", "Line", Unit::Count).hidden(),
        Column::text("span", "After the delivery"),
        Column::count("conversions", "Conversions"),
        Column::money("revenue", "Revenue"),
    ],
    order: "line",
    search: &[],
    link: None,
    sample: None,
    nothing: "Nothing was bought after a message of this flow.",
};

static FLOW_REPORT: Sheet = Sheet {
    name: "flow-report",
    title: "Klaviyo's own report beside ours",
    query: REPORTED,
    by_event: None,
    columns: &[
        Column::text("count_of", "Counted by"),
        Column::new("line", "Line", Unit::Count).hidden(),
        measures::RECIPIENTS.without_total(),
        Column::new("delivered", "Delivered", Unit::Count),
        Column::new("opened", "Opened", Unit::Count),
        Column::new("clicked", "Clicked", Unit::Count),
        Column::new("unsubscribed", "Unsubscribed", Unit::Count),
        Column::new("converted", "Converted", Unit::Count),
        measures::CONVERSIONS.without_total(),
        Column::new("revenue", "Revenue", Unit::Money),
    ],
    order: "line",
    search: &[],
    link: None,
    sample: None,
    nothing: "Klaviyo's report of flows is not read for these days. Reports are read back as far as the settings say.",
};

/// Below so many conversions a median says little.
const CONVERSIONS_MIN: f64 = 5.0;

#[derive(Default)]
struct Flow {
    name: String,
    status: Option<String>,
    trigger_type: Option<String>,
    is_archived: bool,
    is_deleted: bool,
    updated_at: Option<NaiveDateTime>,
}

fn load(frame: &Frame<'_>) -> Result<View, Error> {
    let flow = find(frame)?;
    let figures = Figures::load(frame)?;
    let earned = Earned::load(frame)?;
    let health = frame.documents_with(HEALTH, own_values(frame)?)?.into_iter().next().unwrap_or_default();
    let sender = format!("/flows/{}", frame.id.unwrap_or_default());
    let mut blocks = vec![
        path(frame, &flow)?,
        Block::table("Messages", FLOW_MESSAGES.table(frame)?).with(if frame.period.basis == Basis::Sent {
            "of what was sent in these days"
        } else {
            "what happened in these days"
        }),
        revenue(frame, &figures, &earned)?.wide(Width::Half).filed("flow-message-days"),
        delays(frame)?,
        reported(frame)?,
        against_itself(frame, &health),
    ];
    blocks.extend(preview::blocks(&sender, &preview::load(frame)?));
    let mut more = serde_json::Map::new();
    more.insert("id".to_owned(), frame.id.into());
    Ok(View {
        lead: flow.lead(frame),
        title: flow.name,
        parent: Some(Link { title: "Flows".to_owned(), path: "/flows".to_owned() }),
        cards: cards(frame, &figures, &health),
        blocks,
        notes: small_print(frame)?,
        more,
        ..View::default()
    })
}

/// The flow that is asked for; one that is not copied is known by what it sent.
fn find(frame: &Frame<'_>) -> Result<Flow, Error> {
    if let Some(flow) = frame.rows(FLOW)?.into_iter().next() {
        return Ok(flow);
    }
    if frame.documents(STRAY)?.is_empty() {
        return Err(Error::NotFound("flow"));
    }
    Ok(Flow { name: frame.id.unwrap_or_default().to_owned(), ..Flow::default() })
}

impl Flow {
    fn lead(&self, frame: &Frame<'_>) -> String {
        let mut words = Vec::new();
        match (&self.status, self.is_deleted) {
            (_, true) => words.push("Deleted in Klaviyo".to_owned()),
            (Some(status), _) => words.push(capital(status)),
            (None, _) => words.push("Not copied".to_owned()),
        }
        if self.is_archived {
            words.push("archived".to_owned());
        }
        if let Some(trigger) = &self.trigger_type {
            words.push(format!("starts with: {trigger}"));
        }
        if let Some(at) = self.updated_at {
            words.push(format!("changed {}", format::date(local(at.and_utc(), frame.zone).date())));
        }
        words.join(" · ") + "."
    }
}

fn cards(frame: &Frame<'_>, figures: &Figures, health: &Document) -> Vec<Card> {
    let badge = health.get("health").and_then(Json::as_str).map(|word| Badge {
        tone: match word {
            "Better" => "good",
            "Worse" => "bad",
            _ => "neutral",
        },
        word: word.to_owned(),
        why: "Against what the flow sent in the 90 days before; see below".to_owned(),
    });
    vec![
        Card::new("revenue", Unit::Money, figures.sum(frame, |it| it.revenue)),
        Card::new("recipients", Unit::Count, figures.sum(frame, |it| it.recipients)),
        Card::new("conversion_rate", Unit::Share, figures.conversion_rate(frame)).judged(badge),
        Card::new("revenue_per_recipient", Unit::Money, figures.revenue_per_recipient(frame)),
    ]
}

fn path(frame: &Frame<'_>, flow: &Flow) -> Result<Block, Error> {
    let actions: Vec<Action> = frame.rows(ACTIONS)?;
    let title = "The path through the flow";
    if actions.is_empty() {
        let words = "The steps of this flow are not copied. They come along with the flows: see the sync page.";
        return Ok(Block::new("flow-path", title, Content::Nothing { words: words.to_owned() }));
    }
    let sent: Vec<Sent> = frame.rows(MESSAGES)?;
    let trigger = flow.trigger_type.as_deref().unwrap_or("a trigger that is not told");
    let drawn = path::draw(trigger, flow.status.as_deref().unwrap_or_default(), &actions, &sent);
    let hint = if drawn.is_known {
        "How many are left compares the recipients of two messages in these days: people who wait between them may be counted in one and not yet in the other."
    } else {
        "Klaviyo did not tell what follows some of these steps: those stand in the order in which they were made, and the true order may be another."
    };
    Ok(Block::new("flow-path", title, Content::Path(drawn.path)).hinting(hint))
}

/// A histogram of the hours between delivery and conversion.
fn delays(frame: &Frame<'_>) -> Result<Block, Error> {
    let mut rows = frame.documents(DELAYS)?;
    rows.sort_by_key(|it| it.get("line").and_then(Json::as_i64));
    let number = |row: &Document, name: &str| row.get(name).and_then(Json::as_f64);
    let count: f64 = rows.iter().filter_map(|it| number(it, "conversions")).sum();
    let median = rows.first().and_then(|it| number(it, "medianHours"));
    let most = rows.first().and_then(|it| number(it, "mostHours"));
    let content = match median.zip(most) {
        None => Content::Nothing { words: FLOW_DELAYS.nothing.to_owned() },
        Some((median, most)) => {
            let words = if count < CONVERSIONS_MIN {
                format!("{}, too few for a median", format::counted(count, "conversions"))
            } else {
                format!(
                    "{} conversions: half of them within {}, three quarters within {}",
                    format::grouped(count, 0),
                    format::hours(median),
                    format::hours(most)
                )
            };
            let series = [("conversions", "Conversions")];
            Content::Chart(Chart::of_rows(Shape::Columns, Unit::Count, &rows, "span", &series).saying(words))
        }
    };
    let hint = "From the latest delivery of the message to a conversion that Klaviyo attributes to it.";
    Ok(Block::new("conversion_hours", "Time to convert", content).wide(Width::Half).filed("flow-delays").hinting(hint))
}

/// What the flow's health is judged by.
fn against_itself(frame: &Frame<'_>, health: &Document) -> Block {
    let title = "Against its own 90 days";
    let number = |name: &str| health.get(name).and_then(Json::as_f64);
    let last =
        frame.period.range.before().min(settled(frame)).pred_opt().filter(|it| *it >= frame.period.range.start());
    let Some(last) = last.filter(|_| !health.is_empty()) else {
        let words = if frame.metric.is_none() {
            "No metric stands for conversions: choose one in the settings."
        } else {
            "Nothing to judge: sends of the last five days have not had the time to convert, and nothing else was sent in these days or in the 90 days before. Choose a longer range."
        };
        return Block::new("health", title, Content::Nothing { words: words.to_owned() });
    };
    let fact = |name: &str, unit: Unit, now: &str, usual: &str| Fact {
        name: name.to_owned(),
        unit,
        value: number(now).into(),
        path: None,
        detail: format!("was {}", written(frame, unit, number(usual))),
    };
    let verdict = health.get("health").and_then(Json::as_str);
    let facts = vec![
        Fact {
            name: "Verdict".to_owned(),
            unit: if verdict.is_some() { Unit::Verdict } else { Unit::Text },
            value: verdict.unwrap_or("Too few to tell").into(),
            path: None,
            detail: String::new(),
        },
        fact("Conversion rate", Unit::Share, "conversionRate", "usualConversionRate"),
        fact("Revenue per recipient", Unit::Money, "revenuePerRecipient", "usualRevenuePerRecipient"),
        fact("Delivered", Unit::Count, "delivered", "usualDelivered"),
        fact("Converted", Unit::Count, "converted", "usualConverted"),
    ];
    let days = format!("sent {}", format::span(frame.period.range.start(), last));
    let hint = "A word is only said where both sides have 100 deliveries and enough conversions to be 95% sure of it. Sends of the last five days are left out.";
    Block::new("health", title, Content::Facts { facts }).with(days).hinting(hint)
}

fn reported(frame: &Frame<'_>) -> Result<Block, Error> {
    let rows = frame.documents(REPORTED)?;
    let table = FLOW_REPORT.top(frame, None)?;
    let block = Block::table("Klaviyo's own report beside ours", table);
    let Some(row) = rows.first() else { return Ok(block) };
    let day = |name: &str| row.get(name).and_then(Json::as_str).and_then(|it| it.parse::<NaiveDate>().ok());
    let block = match day("firstOn").zip(day("lastOn")) {
        Some((first, last)) => block.with(format!("sent {}", format::span(first, last))),
        None => block,
    };
    Ok(block.hinting(why_they_differ(frame, row)))
}

/// What makes the two counts differ, as far as it is known.
fn why_they_differ(frame: &Frame<'_>, row: &Document) -> String {
    let mut words = vec!["By the day of sending, whatever the page is set to.".to_owned()];
    let fetched = row.get("fetchedAt").and_then(Json::as_str).and_then(|it| it.parse::<NaiveDateTime>().ok());
    if let Some(at) = fetched {
        let at = format::wall_clock(local(at.and_utc(), frame.zone));
        words.push(format!(
            "Klaviyo's is as of {at}; what happened since is only in ours, and it restates reports for up to 90 days."
        ));
    }
    if frame.period.machine == crate::range::Machine::Exclude {
        words.push("Its opens include those by machines, ours do not.".to_owned());
    }
    if row.get("isSameMetric").and_then(Json::as_bool) == Some(false) {
        words.push("Its conversions are of another metric than this page's.".to_owned());
    }
    words.push("It counts people once a message, we count deliveries; its revenue is in any currency.".to_owned());
    words.join(" ")
}

impl FromRow for Flow {
    fn from_row(row: &Row<'_>) -> RowResult<Flow> {
        Ok(Flow {
            name: row.get("name")?,
            status: row.get("status")?,
            trigger_type: row.get("trigger_type")?,
            is_archived: row.get("archived")?,
            is_deleted: row.get("deleted")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

impl FromRow for Sent {
    fn from_row(row: &Row<'_>) -> RowResult<Sent> {
        // Of a channel that tells no opens they are unknown, not none.
        let told = row.get::<Option<i64>>("openable")?.is_some_and(|it| it > 0);
        Ok(Sent {
            action_id: row.get("action_id")?,
            name: row.get("name")?,
            subject: row.get::<Option<String>>("subject")?.unwrap_or_default(),
            recipients: row.get("recipients")?,
            opened: row.get::<Option<i64>>("opened")?.filter(|_| told),
            open_rate: row.get("open_rate")?,
            clicked: row.get("clicked")?,
            click_rate: row.get("click_rate")?,
            converted: row.get("converted")?,
            conversion_rate: row.get("conversion_rate")?,
            revenue: row.get("revenue")?,
        })
    }
}
