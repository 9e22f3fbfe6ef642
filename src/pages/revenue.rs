//! `/revenue`: what was earned, which message gets the credit, by Klaviyo's attribution and by our own, and why to believe it.

mod windows;

use serde_json::{Value as Json, json};

use super::frame::{Frame, Value};
use super::overview::Figure;
use super::page::{Page, Switch};
use super::sheet::{Column, Sheet, Unit};
use super::view::chart::Line;
use super::view::{Block, Card, Chart, Content, Shape, View, Width, said};
use super::{annotations, caption, notes};
use crate::query;
use crate::range::{Basis, Channel, Unclear};
use crate::store::repository::Document;
use crate::store::{self, Query};
use crate::web::{Error, format};

const DAYS: Query = query!("revenue/days");
const CHANNELS: Query = query!("revenue/channels");
const SENDERS: Query = query!("revenue/senders");
const MESSAGES: Query = query!("revenue/messages");
const OUTCOMES: Query = query!("revenue/outcomes");
const OVERLAP: Query = query!("revenue/overlap");
const LINES: Query = query!("revenue/lines");
const AGREEMENT: Query = query!("revenue/agreement");
const REPORTS: Query = query!("revenue/reports");
const ATTRIBUTES: Query = query!("revenue/attributes");

pub(super) const QUERIES: &[Query] =
    &[DAYS, CHANNELS, SENDERS, MESSAGES, OUTCOMES, OVERLAP, LINES, AGREEMENT, REPORTS, ATTRIBUTES];

pub static PAGE: Page = Page {
    path: "/revenue",
    about: "Revenue, and which message gets the credit by Klaviyo's attribution and by the last touch",
    template: "revenue.html",
    switches: &[Switch::EventBasis, Switch::Metric, Switch::Machine, Switch::Channel],
    takes: &[
        (
            "model",
            "Whose attribution figures, chart and tables go by: `klaviyo` or `last-touch`, which is usual where Klaviyo \
             attributes nothing",
        ),
        (
            "email_click",
            "How long before an order the click of an e-mail counts: `5d`, `12h`, `30m`; `0` for not at all",
        ),
        ("email_open", "Likewise the opening of an e-mail"),
        ("sms_click", "Likewise the click of a text message"),
        ("sms_open", "Likewise the opening of a text message"),
        ("sms_delivery", "Likewise the delivery of a text message"),
        ("push_open", "Likewise the opening of a push notification"),
        ("whatsapp_click", "Likewise the click of a WhatsApp message"),
        ("whatsapp_open", "Likewise the opening of a WhatsApp message"),
    ],
    sheets: &[
        &REVENUE_MESSAGES,
        &REVENUE_DAYS,
        &REVENUE_CHANNELS,
        &REVENUE_SENDERS,
        &REVENUE_OUTCOMES,
        &REVENUE_OVERLAP,
        &REVENUE_LINES,
        &REVENUE_AGREEMENT,
        &REVENUE_REPORTS,
    ],
    load,
    values: own_values,
};

const ORDERS: Column = Column::count("orders", "Orders");
const REVENUE: Column = Column::money("revenue", "Revenue").with_bar();
const SHARE: Column =
    Column { total: super::sheet::Total::Sum, ..Column::new("share_of_revenue", "Of all", Unit::Share) };
const AVERAGE: Column =
    Column { unit: Unit::Money, ..Column::share("average_order_value", "Average order", "revenue", "orders") };
const THEIR_ORDERS: Column = Column::count("their_orders", "Klaviyo's orders").hidden();
const THEIR_REVENUE: Column = Column::money("their_revenue", "Klaviyo");
const TOUCH_ORDERS: Column = Column::count("touch_orders", "Orders by last touch").hidden();
const TOUCH_REVENUE: Column = Column::money("touch_revenue", "Last touch");
const DIFFERENCE: Column = Column::money("difference", "More by touch");
const SHARE_OF_ORDERS: Column =
    Column { total: super::sheet::Total::Sum, ..Column::new("share_of_orders", "Of all", Unit::Share) };

static REVENUE_DAYS: Sheet = Sheet {
    name: "revenue-days",
    title: "Revenue a day",
    query: DAYS,
    by_event: Some(DAYS),
    columns: &[
        Column::new("date", "Day", Unit::Day),
        ORDERS,
        REVENUE,
        Column::money("campaigns", "Campaigns"),
        Column::money("flows", "Flows"),
        Column::money("unknown", "Messages not copied"),
        Column::money("other", "Not attributed"),
        Column::money("attributed_revenue", "Attributed"),
        Column::count("attributed_orders", "Attributed orders"),
        Column::money("revenue_before", "Compared revenue"),
        Column::money("attributed_before", "Compared attributed"),
    ],
    order: "date",
    search: &[],
    link: None,
    sample: None,
    nothing: "No orders in these days.",
};

static REVENUE_CHANNELS: Sheet = Sheet {
    name: "revenue-channels",
    title: "Revenue by channel",
    query: CHANNELS,
    by_event: Some(CHANNELS),
    columns: &[
        Column::text("name", "Channel"),
        ORDERS,
        REVENUE,
        SHARE,
        THEIR_ORDERS,
        THEIR_REVENUE,
        TOUCH_ORDERS,
        TOUCH_REVENUE,
        DIFFERENCE,
    ],
    order: "-revenue",
    search: &[],
    link: None,
    sample: None,
    nothing: "No orders in these days.",
};

static REVENUE_SENDERS: Sheet = Sheet {
    name: "revenue-senders",
    title: "Revenue by campaign and flow",
    query: SENDERS,
    by_event: Some(SENDERS),
    columns: &[
        Column::text("name", "Campaign or flow"),
        Column::new("sender", "Kind", Unit::Badge),
        ORDERS,
        REVENUE,
        AVERAGE,
        THEIR_ORDERS,
        THEIR_REVENUE,
        TOUCH_ORDERS,
        TOUCH_REVENUE,
        DIFFERENCE,
    ],
    order: "-revenue",
    search: &[],
    link: Some("/"),
    sample: None,
    nothing: "No order of these days is credited to a campaign or flow.",
};

static REVENUE_MESSAGES: Sheet = Sheet {
    name: "revenue-messages",
    title: "Revenue by message",
    query: MESSAGES,
    by_event: Some(MESSAGES),
    columns: &[
        Column::text("name", "Message"),
        Column::text("sender_name", "Campaign or flow"),
        Column::new("sender", "Kind", Unit::Badge).hidden(),
        Column::new("channel", "Channel", Unit::Badge),
        ORDERS,
        REVENUE,
        SHARE,
        AVERAGE.hidden(),
        THEIR_ORDERS,
        THEIR_REVENUE,
        TOUCH_ORDERS,
        TOUCH_REVENUE,
        DIFFERENCE,
        Column::text("message_id", "Message id").hidden(),
    ],
    order: "-revenue",
    search: &["name", "sender_name"],
    link: Some("/"),
    sample: None,
    nothing: "No order of these days is credited to a message.",
};

static REVENUE_OUTCOMES: Sheet = Sheet {
    name: "revenue-outcomes",
    title: "Whether both attributions agree",
    query: OUTCOMES,
    by_event: None,
    columns: &[
        Column::text("name", "Order by order"),
        ORDERS,
        SHARE_OF_ORDERS,
        Column::money("revenue", "Revenue").hidden(),
        Column::new("position", "Position", Unit::Count).hidden(),
    ],
    order: "position",
    search: &[],
    link: None,
    sample: None,
    nothing: "No orders in these days.",
};

static REVENUE_OVERLAP: Sheet = Sheet {
    name: "revenue-overlap",
    title: "Messages touched before an order",
    query: OVERLAP,
    by_event: None,
    columns: &[
        Column::text("name", "Touched before the order"),
        ORDERS,
        SHARE_OF_ORDERS,
        Column::money("revenue", "Revenue"),
        Column::new("position", "Position", Unit::Count).hidden(),
    ],
    order: "position",
    search: &[],
    link: None,
    sample: None,
    nothing: "No orders in these days.",
};

static REVENUE_LINES: Sheet = Sheet {
    name: "revenue-lines",
    title: "Beside the revenue",
    query: LINES,
    by_event: None,
    columns: &[
        Column::text("name", "Line"),
        ORDERS.without_total(),
        Column::money("amount", "Amount").without_total(),
        Column::new("position", "Position", Unit::Count).hidden(),
    ],
    order: "position",
    search: &[],
    link: None,
    sample: None,
    nothing: "No orders in these days.",
};

static REVENUE_AGREEMENT: Sheet = Sheet {
    name: "revenue-agreement",
    title: "Klaviyo's count of each day",
    query: AGREEMENT,
    by_event: None,
    columns: &[
        Column::new("day", "Day", Unit::Day),
        Column::new("state", "State", Unit::Badge),
        Column::count("their_count", "Klaviyo counts"),
        Column::count("our_count", "Stored"),
        Column::money("their_sum", "Klaviyo's sum"),
        Column::money("our_sum", "Stored sum"),
        Column::money("difference", "Stored less Klaviyo").hidden(),
        Column::new("is_differing", "Differs", Unit::Flag).hidden(),
    ],
    order: "-is_differing",
    search: &[],
    link: None,
    sample: None,
    nothing: "Klaviyo's own count of these days was not read yet: the sync compares it daily.",
};

static REVENUE_REPORTS: Sheet = Sheet {
    name: "revenue-reports",
    title: "Klaviyo's reports beside the stored events",
    query: REPORTS,
    by_event: None,
    columns: &[
        Column::text("name", "Campaign or flow"),
        Column::new("sender", "Kind", Unit::Badge),
        Column::text("sent_in", "Sent in"),
        Column::text("month", "Month").hidden(),
        Column::count("reported_recipients", "Reported recipients").hidden(),
        Column::count("recipients", "Recipients").hidden(),
        Column::count("reported_conversions", "Reported orders"),
        Column::count("conversions", "Stored orders"),
        Column::money("reported_revenue", "Reported revenue"),
        Column::money("revenue", "Stored revenue"),
        Column::money("difference", "Stored less reported"),
        Column::new("fetched_at", "Report read", Unit::Moment).hidden(),
    ],
    order: "-reported_revenue",
    search: &[],
    link: Some("/"),
    sample: None,
    nothing: "No report of Klaviyo's covers the months of these days for this metric yet: reports are read once a day.",
};

/// Campaigns and flows that are listed.
const SENDERS_SHOWN: usize = 12;

/// Days and reports that are listed.
const CHECKS_SHOWN: usize = 8;

/// Whose attribution the main figures go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Model {
    Klaviyo,
    LastTouch,
}

impl Model {
    /// Klaviyo's own comes first, if there is any.
    fn asked(frame: &Frame<'_>) -> Result<Model, Error> {
        match frame.ask.own("model") {
            Some("klaviyo") => Ok(Model::Klaviyo),
            Some("last-touch") => Ok(Model::LastTouch),
            Some(other) => {
                let problem = format!("“{other}” is neither klaviyo nor last-touch");
                Err(Unclear { parameter: "model", problem }.into())
            }
            None => Ok(if attributes(frame)? { Model::Klaviyo } else { Model::LastTouch }),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Model::Klaviyo => "klaviyo",
            Model::LastTouch => "last-touch",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Model::Klaviyo => "by Klaviyo's attribution",
            Model::LastTouch => "by the last touch",
        }
    }
}

/// Whether Klaviyo attributes any conversion, of all days, to a message; so it does where there are none to attribute. While
/// earlier days are still being copied it is taken for granted: theirs may come.
pub(super) fn attributes(frame: &Frame<'_>) -> Result<bool, store::Error> {
    if frame.period.reach.is_some_and(|it| !it.is_all) {
        return Ok(true);
    }
    let found = frame.document(ATTRIBUTES)?;
    Ok(found.get("does").and_then(Json::as_bool).unwrap_or(true))
}

fn own_values(frame: &Frame<'_>) -> Result<Vec<Value>, Error> {
    values(frame, Model::asked(frame)?)
}

fn values(frame: &Frame<'_>, model: Model) -> Result<Vec<Value>, Error> {
    let windows = windows::asked(frame.ask)?;
    Ok(vec![("model", Box::new(model.name())), ("windows", Box::new(windows::text(&windows)))])
}

fn load(frame: &Frame<'_>) -> Result<View, Error> {
    let (model, windows) = (Model::asked(frame)?, windows::asked(frame.ask)?);
    let mut more = serde_json::Map::new();
    more.insert(
        "attribution".to_owned(),
        json!({ "model": model.name(), "windows": windows, "words": windows::words(&windows) }),
    );
    let view = View {
        title: "Revenue".to_owned(),
        lead: "Which message gets the credit, and why to believe it.".to_owned(),
        notes: small_print(frame, model)?,
        more,
        ..View::default()
    };
    if frame.metric.is_none() {
        let words = "No metric of this account stands for revenue yet. Choose one on the settings page.".to_owned();
        let block = Block::new("revenue-none", "Nothing to sum", Content::Nothing { words });
        return Ok(View { blocks: vec![block], ..view });
    }
    let days = frame.documents_with(DAYS, values(frame, model)?)?;
    Ok(View { cards: cards(frame, &days, model), blocks: blocks(frame, &days, model)?, ..view })
}

fn small_print(frame: &Frame<'_>, model: Model) -> Result<Vec<String>, store::Error> {
    let whose = match model {
        Model::Klaviyo => "Figures and chart go by Klaviyo's attribution.",
        Model::LastTouch if frame.ask.own("model").is_none() => {
            "Klaviyo attributes none of these conversions, nor any of other days; so figures and chart go by the last touch within the windows."
        }
        Model::LastTouch => "Figures and chart go by the last touch within the windows.",
    };
    let basis = match frame.period.basis {
        Basis::Sent => {
            "Orders count by the day on which the message that gets the credit was sent, whenever they came; what no message gets the credit for has no such day."
        }
        Basis::Event => "Orders count by the day of the order, whenever its message was sent.",
    };
    Ok(vec![
        format!("{basis} Revenue is gross: refunds are lines of their own."),
        whose.to_owned(),
        notes::left_out(frame, notes::Of::Orders)?,
    ])
}

fn blocks(frame: &Frame<'_>, days: &[Document], model: Model) -> Result<Vec<Block>, Error> {
    let own = || values(frame, model);
    let chart = match chart(frame, days, model)? {
        Some(chart) => Content::Chart(chart),
        None if is_by_order(frame) => {
            let words =
                "Nothing was earned in these days: there are no orders, or the conversion metric carries no amounts.";
            Content::Nothing { words: words.to_owned() }
        }
        None => Content::Nothing { words: "No order is credited to what was sent in these days.".to_owned() },
    };
    let agreement = REVENUE_AGREEMENT.top_with(frame, Some(CHECKS_SHOWN), own()?)?;
    let reports = REVENUE_REPORTS.top_with(frame, Some(CHECKS_SHOWN), own()?)?;
    let senders = REVENUE_SENDERS.top_with(frame, Some(SENDERS_SHOWN), own()?)?;
    let differing = agreement.rows.iter().filter(|it| text(it, "state") == "differs").count();
    let compared = match (agreement.row_count, differing) {
        (0, _) => String::new(),
        (days, 0) => format!("all {days} days agree"),
        (days, differing) => format!("{} of {days} days differ", at_least(differing, CHECKS_SHOWN)),
    };
    // What is told order by order follows neither the basis nor the channel.
    let whole = [
        if is_by_order(frame) { "" } else { "by the day of the order" },
        if frame.ask.channel.is_some() { "of all channels" } else { "" },
    ];
    Ok(vec![
        Block::new("revenue-over-time", "Revenue over time", chart)
            .with(said(&[model.words(), by_sending(frame), of_channel(frame)]))
            .filed(REVENUE_DAYS.name)
            .defined("revenue"),
        Block::table("By channel", REVENUE_CHANNELS.top_with(frame, None, own()?)?)
            .wide(Width::TwoThirds)
            .with(said(&["Klaviyo's attribution beside the last touch", by_sending(frame)]))
            .defined("last_touch"),
        Block::table("Do both agree?", REVENUE_OUTCOMES.top_with(frame, None, own()?)?)
            .wide(Width::Third)
            .with(said(&whole))
            .defined("attribution_agreement"),
        Block::table("By campaign and flow", senders)
            .with(said(&["Klaviyo's attribution beside the last touch", by_sending(frame), of_channel(frame)])),
        Block::table("By message", REVENUE_MESSAGES.table_with(frame, own()?)?)
            .with(said(&[by_sending(frame), of_channel(frame)])),
        Block::table("Overlap", REVENUE_OVERLAP.top_with(frame, None, own()?)?)
            .wide(Width::Half)
            .with(said(&["messages touched within the windows before an order", whole[0], whole[1]]))
            .defined("attribution_overlap"),
        Block::table("Beside the revenue", REVENUE_LINES.top_with(frame, None, own()?)?)
            .wide(Width::Half)
            .with(said(&["refunds are never taken off", whole[0], whole[1]]))
            .defined("refunds"),
        Block::table("Does Klaviyo count the same?", agreement).with(said(&[&compared, whole[0], whole[1]])).hinting(
            "Klaviyo's own count and sum of this metric a day, of all currencies, against the stored events. A day that differs is read again.",
        ).defined("metric_agreement"),
        Block::table("Klaviyo's reports beside ours", reports).with(said(&["by month of sending", of_channel(frame)])).hinting(
            "Reports go by the day of sending and are restated while orders come in; they add up all currencies.",
        ).defined("report_agreement"),
    ])
}

/// "3", or "at least 8" where no more were looked at.
fn at_least(found: usize, looked_at: usize) -> String {
    if found < looked_at { found.to_string() } else { format!("at least {found}") }
}

fn is_by_order(frame: &Frame<'_>) -> bool {
    frame.period.basis == Basis::Event
}

fn by_sending(frame: &Frame<'_>) -> &'static str {
    if is_by_order(frame) { "" } else { "by the day of sending" }
}

/// The channel that is asked for, if not all.
fn of_channel(frame: &Frame<'_>) -> &'static str {
    frame.ask.channel.map_or("", Channel::title)
}

fn cards(frame: &Frame<'_>, days: &[Document], model: Model) -> Vec<Card> {
    let compared = frame.period.compared.is_some();
    let sums = |column: &str| days.iter().filter_map(|it| number(it, column)).sum::<f64>();
    let before = |column: &str| compared.then(|| sums(column));
    let daily = |column: &str| days.iter().map(|it| number(it, column)).collect::<Vec<_>>();
    let ratio = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    let per_day = |part: &str, whole: &str| {
        let of = |it: &Document| ratio(number(it, part)?, number(it, whole)?);
        days.iter().map(of).collect::<Vec<_>>()
    };
    let revenue = Figure::new(Some(sums("revenue")), before("revenueBefore"), daily("revenue"));
    let attributed =
        Figure::new(Some(sums("attributedRevenue")), before("attributedBefore"), daily("attributedRevenue"));
    let share = Figure::new(
        ratio(sums("attributedRevenue"), sums("revenue")),
        before("attributedBefore").and_then(|it| ratio(it, sums("revenueBefore"))),
        per_day("attributedRevenue", "revenue"),
    );
    let average = Figure::new(
        ratio(sums("revenue"), sums("pricedOrders")),
        before("revenueBefore").and_then(|it| ratio(it, sums("pricedOrdersBefore"))),
        per_day("revenue", "pricedOrders"),
    );
    let parts = |part: &str| ratio(sums(part), sums("attributedRevenue")).map_or("–".to_owned(), format::percent);
    let orders = |column: &str| format::counted(sums(column), "orders");
    let attributed_orders = orders("attributedOrders");
    let priced = format!("of {} with an amount in the account's currency", orders("pricedOrders"));
    let average = |of| Card::new("average_order_value", Unit::Money, average).with(said(&[&priced, of]));
    let campaigns_and_flows = format!("campaigns {}, flows {} of it", parts("campaigns"), parts("flows"));
    if !is_by_order(frame) {
        // Of what was sent there is nothing that no message gets the credit for.
        let words = [&attributed_orders, model.words(), of_channel(frame), &campaigns_and_flows];
        let attributed = Card::new("attributed_revenue", Unit::Money, attributed).with(said(&words));
        return vec![attributed, average(of_channel(frame))];
    }
    let of_all = if frame.ask.channel.is_some() { "of all channels" } else { "" };
    vec![
        Card::new("revenue", Unit::Money, revenue).with(said(&[&orders("orders"), of_all])),
        Card::new("attributed_revenue", Unit::Money, attributed).with(said(&[
            &attributed_orders,
            model.words(),
            of_channel(frame),
        ])),
        Card::new("attributed_share", Unit::Share, share).with(said(&[&campaigns_and_flows, of_channel(frame)])),
        average(of_all),
    ]
}

fn chart(frame: &Frame<'_>, days: &[Document], model: Model) -> Result<Option<Chart>, Error> {
    let mut lines = vec![Line::sum("Campaigns", "campaigns"), Line::sum("Flows", "flows")];
    if days.iter().any(|it| number(it, "unknown").is_some_and(|it| it != 0.0)) {
        lines.push(Line::sum("Messages not copied", "unknown"));
    }
    if is_by_order(frame) {
        let is_all = frame.ask.channel.is_none();
        lines.push(Line::sum(if is_all { "Not attributed" } else { "Not attributed, or to other channels" }, "other"));
    }
    if frame.period.compared.is_some() {
        lines.push(Line::sum("Compared", "revenueBefore").compared());
    }
    let notes = annotations::notes(frame)?;
    let chart = Chart::over_time(Shape::Stacks, Unit::Money, frame.period, days, &lines, &notes);
    Ok(chart.has_values().then(|| {
        let words = caption(frame, days, model, &chart);
        chart.saying(words)
    }))
}

/// Range, sum, change, part and peak, in words.
fn caption(frame: &Frame<'_>, days: &[Document], model: Model, chart: &Chart) -> String {
    let sum = |column: &str| days.iter().filter_map(|it| number(it, column)).sum::<f64>();
    let money = |value: f64| format::money_short(value, &frame.currency);
    let (range, total, attributed) = (frame.period.range, sum("revenue"), sum("attributedRevenue"));
    let mut said = vec![format!("{}: {}", format::span(range.start(), range.end()), money(total))];
    let figure = Figure::new(Some(total), frame.period.compared.map(|_| sum("revenueBefore")), Vec::new());
    if let Some(change) = figure.change {
        let way = if change < 0.0 { "down" } else { "up" };
        said.push(format!("{} {way} on the days compared with", format::change(change)));
    }
    if !is_by_order(frame) {
        said.push(format!("credited to what was sent in these days {}", model.words()));
    } else if total > 0.0 {
        let share = format::percent(attributed / total);
        said.push(format!("{} of it, {share}, credited to messages {}", money(attributed), model.words()));
    }
    said.extend(caption::peak(frame, chart));
    said.extend(caption::unfinished(frame.period));
    said.join("; ")
}

fn number(row: &Document, name: &str) -> Option<f64> {
    row.get(name)?.as_f64()
}

fn text<'a>(row: &'a Document, name: &str) -> &'a str {
    row.get(name).and_then(Json::as_str).unwrap_or_default()
}
