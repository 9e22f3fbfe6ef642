//! `/content`: when to send, what to write, how often, and through which channel?

mod comparing;
mod subject;
mod week;

use serde_json::json;

use super::frame::{Frame, Value};
use super::page::{Page, Switch};
use super::sheet::{Column, Sheet, Unit};
use super::view::{Block, Content, View, Width, said};
use super::{messages as measures, notes};
use crate::query;
use crate::range::{Ask, Basis, Channel, Unclear};
use crate::store::repository::Document;
use crate::store::{self, FromRow, Query, Row, RowResult};
use crate::web::{Error, format};
use comparing::{Comparison, Difference, MESSAGES_LEAST, Message, Verdict};
use subject::{FEATURES, Line};
use week::Hour;

const HOURS: Query = query!("content/hours");
const CLICKS: Query = query!("content/clicks");
const SUBJECTS: Query = query!("content/subjects");
const FEATURE_ROWS: Query = query!("content/features");
const FREQUENCY: Query = query!("content/frequency");
const CHANNELS: Query = query!("content/channels");
const TEXTS: Query = query!("content/texts");

pub(super) const QUERIES: &[Query] = &[HOURS, CLICKS, SUBJECTS, FEATURE_ROWS, FREQUENCY, CHANNELS, TEXTS];

pub static PAGE: Page = Page {
    path: "/content",
    about: "When to send, what to write, how often, and through which channel",
    template: "content.html",
    switches: &[Switch::Basis, Switch::Machine, Switch::Channel, Switch::Metric],
    takes: &[
        ("show", "What the hours of sending are shaded by: click-rate, revenue or recipients"),
        ("senders", "Whose messages the hours are of: campaigns, flows or all"),
        ("days", "In how many days messages are counted for the frequency: 7 or 30"),
    ],
    sheets: &[&SEND_HOURS, &CLICK_HOURS, &FEATURES_SHEET, &FREQUENCY_SHEET, &CHANNELS_SHEET, &TEXTS_SHEET],
    load,
    values: own_values,
};

/// Recipients below which an hour says nothing: of 500 with a click rate of 2 %, a third is chance already.
const HOUR_LEAST: u32 = 500;

/// Texts of each end that are listed.
const TEXTS_SHOWN: usize = 5;

/// Recipients below which a text says nothing.
const TEXT_LEAST: u32 = 100;

/// What the tables of the page have in common.
const PLAIN: Sheet = Sheet {
    name: "content_hours",
    title: "Hours of sending",
    query: HOURS,
    by_event: None,
    columns: &[
        Column::new("weekday", "Weekday, Monday is 1", Unit::Count),
        Column::new("hour", "Hour", Unit::Count),
        measures::RECIPIENTS,
        measures::DELIVERED,
        measures::CLICKED,
        measures::CLICK_RATE,
        measures::REVENUE,
        measures::REVENUE_PER_RECIPIENT,
    ],
    order: "weekday",
    search: &[],
    link: None,
    sample: None,
    nothing: "Nothing was sent in these days.",
};

static SEND_HOURS: Sheet = PLAIN;

static CLICK_HOURS: Sheet = Sheet {
    name: "content_click_hours",
    title: "Hours of clicking",
    query: CLICKS,
    columns: &[
        Column::new("weekday", "Weekday, Monday is 1", Unit::Count),
        Column::new("hour", "Hour", Unit::Count),
        Column::count("clicks", "Clicks"),
        Column::new("click_share", "Of all clicks", Unit::Share),
    ],
    nothing: "Nothing was clicked in these days.",
    ..PLAIN
};

static FEATURES_SHEET: Sheet = Sheet {
    name: "content_subjects",
    title: "Subject lines",
    query: FEATURE_ROWS,
    columns: &[
        Column::text("feature", "Subjects with"),
        Column::new("verdict", "The sample says", Unit::Badge),
        Column::new("messages", "E-mails", Unit::Count),
        Column::new("recipients", "Recipients", Unit::Count),
        Column::new("click_rate", "Click rate", Unit::Share),
        Column::text("click_interval", "than without, points"),
        Column::new("revenue_per_recipient", "Per recipient", Unit::Money),
        Column::text("revenue_interval", "than without"),
        Column::new("human_open_rate", "Opened by people", Unit::Share),
        Column::text("about", "What is looked for").hidden(),
        Column::new("click_difference", "Difference of click rates", Unit::Share).hidden(),
        Column::new("click_low", "At least", Unit::Share).hidden(),
        Column::new("click_high", "At most", Unit::Share).hidden(),
        Column::new("revenue_difference", "Difference of revenue per recipient", Unit::Money).hidden(),
        Column::new("revenue_low", "At least", Unit::Money).hidden(),
        Column::new("revenue_high", "At most", Unit::Money).hidden(),
        Column::new("ordinal", "Place", Unit::Count).hidden(),
    ],
    order: "ordinal",
    nothing: "No e-mail of a campaign with a known subject was sent in these days.",
    ..PLAIN
};

static FREQUENCY_SHEET: Sheet = Sheet {
    name: "content_frequency",
    title: "Frequency",
    query: FREQUENCY,
    columns: &[
        Column::text("messages_received", "Messages received"),
        Column::new("people", "People", Unit::Count),
        Column::count("delivered", "Deliveries"),
        measures::UNSUBSCRIBED,
        measures::UNSUBSCRIBE_RATE,
        measures::COMPLAINED,
        measures::COMPLAINT_RATE,
        measures::CLICKED,
        measures::CLICK_RATE,
        measures::CONVERTED,
        measures::CONVERSION_RATE,
        Column::new("ordinal", "Place", Unit::Count).hidden(),
    ],
    order: "ordinal",
    sample: Some(("delivered", 1_000)),
    nothing: "Nothing was delivered in the 30 days up to the last of these.",
    ..PLAIN
};

static CHANNELS_SHEET: Sheet = Sheet {
    name: "content_channels",
    title: "Channels",
    query: CHANNELS,
    by_event: Some(CHANNELS),
    columns: &[
        Column::new("channel", "Channel", Unit::Badge),
        measures::RECIPIENTS,
        measures::DELIVERED,
        measures::OPENABLE,
        Column::count("undelivered", "Bounced or failed").hidden(),
        Column::share("undelivered_rate", "Bounced or failed", "undelivered", "recipients"),
        measures::OPENED,
        measures::OPEN_RATE,
        measures::CLICKED,
        Column::count("clickable", "Clicks told of").hidden(),
        measures::CLICK_RATE,
        measures::UNSUBSCRIBED,
        measures::UNSUBSCRIBE_RATE,
        measures::CONVERTED,
        measures::CONVERSION_RATE,
        measures::REVENUE,
        measures::REVENUE_PER_RECIPIENT,
        Column::count("text_segments", "Segments"),
        Column { unit: Unit::Number, ..Column::count("text_cost", "Usage") },
    ],
    order: "-recipients",
    nothing: "Nothing was sent in these days.",
    ..PLAIN
};

const BEST_TEXTS: Sheet = Sheet {
    name: "content_texts",
    title: "Texts",
    query: TEXTS,
    by_event: Some(TEXTS),
    columns: &[
        Column::text("text", "Text"),
        Column::text("name", "Message").hidden(),
        Column::new("channel", "Channel", Unit::Badge),
        measures::RECIPIENTS,
        measures::DELIVERED,
        Column::count("answered", "Clicked or tapped").hidden(),
        Column::share("answer_rate", "Clicked or tapped", "answered", "delivered"),
        measures::UNSUBSCRIBED,
        measures::UNSUBSCRIBE_RATE,
        measures::CONVERTED,
        measures::CONVERSION_RATE,
        measures::REVENUE,
        measures::REVENUE_PER_RECIPIENT,
    ],
    order: "-answer_rate",
    sample: Some(("recipients", TEXT_LEAST)),
    nothing: "No text or push message was sent in these days.",
    ..PLAIN
};

static TEXTS_SHEET: Sheet = BEST_TEXTS;
static LEAST_TEXTS: Sheet = Sheet { order: "answer_rate", ..BEST_TEXTS };

/// What the hours of sending are shaded by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shade {
    ClickRate,
    Revenue,
    Recipients,
}

const SHADES: &[(&str, &str, Shade)] = &[
    ("click-rate", "Click rate", Shade::ClickRate),
    ("revenue", "Revenue per recipient", Shade::Revenue),
    ("recipients", "Recipients", Shade::Recipients),
];

const SENDERS: &[(&str, &str, &str)] =
    &[("campaigns", "Campaigns", "campaigns"), ("flows", "Flows", "flows"), ("all", "Both", "all")];

const DAYS: &[(&str, &str, i64)] = &[("7", "7 days", 7), ("30", "30 days", 30)];

/// How the page was asked for.
struct Choices {
    shade: Shade,
    senders: &'static str,
    days: i64,
}

impl Choices {
    fn of(ask: &Ask) -> Result<Choices, Unclear> {
        Ok(Choices {
            shade: choice(ask, "show", SHADES)?,
            senders: choice(ask, "senders", SENDERS)?,
            days: choice(ask, "days", DAYS)?,
        })
    }
}

/// What the parameter stands for; without it the first.
fn choice<T: Copy>(ask: &Ask, parameter: &'static str, values: &[(&str, &str, T)]) -> Result<T, Unclear> {
    let Some(text) = ask.own(parameter) else { return Ok(values[0].2) };
    values.iter().find(|it| it.0 == text).map(|it| it.2).ok_or_else(|| {
        let names: Vec<_> = values.iter().map(|it| it.0).collect();
        Unclear { parameter, problem: format!("“{text}” is not one of {}", names.join(", ")) }
    })
}

/// As the template offers them.
fn offered<T>(ask: &Ask, name: &str, title: &str, values: &[(&str, &str, T)]) -> serde_json::Value {
    let asked = ask.own(name).unwrap_or(values[0].0);
    let choices: Vec<_> = values
        .iter()
        .map(|(value, label, _)| json!({ "value": value, "label": label, "current": *value == asked }))
        .collect();
    json!({ "name": name, "title": title, "choices": choices })
}

fn own_values(frame: &Frame<'_>) -> Result<Vec<Value>, Error> {
    values_with(frame, &compared(frame)?)
}

fn values_with(frame: &Frame<'_>, features: &[Document]) -> Result<Vec<Value>, Error> {
    let choices = Choices::of(frame.ask)?;
    let offsets = week::offsets(frame.zone, frame.period.range.start(), frame.period.range.end());
    Ok(vec![
        ("senders", Box::new(choices.senders)),
        ("days", Box::new(choices.days)),
        ("offsets", Box::new(json!(offsets).to_string())),
        ("features", Box::new(json!(features).to_string())),
    ])
}

fn load(frame: &Frame<'_>) -> Result<View, Error> {
    let choices = Choices::of(frame.ask)?;
    let features = compared(frame)?;
    let own = || values_with(frame, &features);
    let hours: Vec<Sent> = frame.rows_with(HOURS, own()?)?;
    let clicks: Vec<Clicked> = frame.rows_with(CLICKS, own()?)?;
    let frequency = FREQUENCY_SHEET.top_with(frame, None, own()?)?;
    let texts = |sheet: &Sheet| -> Result<_, Error> {
        let mut table = sheet.top_with(frame, Some(TEXTS_SHOWN), own()?)?;
        table.totals.clear();
        Ok(table)
    };
    let is_of = |channel| frame.ask.channel.is_none_or(|asked| asked == channel);
    let mut blocks = vec![
        Block::new(
            "findings",
            "What the sample says",
            Content::Words { words: findings(frame, &choices, &hours, &features, &received(&frequency.rows)) },
        ),
        sending(frame, &choices, &hours),
        clicking(&clicks),
    ];
    if is_of(Channel::Email) {
        blocks.push(Block::table("Subject lines of campaigns", FEATURES_SHEET.top_with(frame, Some(FEATURES.len()), own()?)?)
            .with(said(&["with something in them, against those without", by_sending(frame)]))
            .hinting(
                "Judged by clicks and revenue, not by opens, most of which machines make. The interval is of 95 %, and \
                 messages vary, not only people: that is why many recipients of few e-mails say little. Of so many \
                 comparisons one may stand out by chance; a feature is not tried by itself, so test it before you trust it.",
            )
            .defined("click_difference"),
        );
    }
    blocks.extend([
        Block::table(format!("Messages received in {} days", choices.days), frequency)
            .with(format!("deliveries of the 30 days up to {}, whatever the range", format::date(frame.period.range.end())))
        .hinting(
            "Each delivery counts by how many messages the person had received by then, so that who left early is not \
             mistaken for who was written to seldom. Who gets much is often who buys much.",
        )
        .defined("messages_received"),
        Block::table("SMS, push and e-mail side by side", CHANNELS_SHEET.top_with(frame, None, own()?)?).hinting(
            "A dash is what no event tells: opens of text messages, clicks of push messages, whose taps are opens. \
             Usage is what Klaviyo's events of text messages say that they were billed.",
        ),
    ]);
    if frame.ask.channel != Some(Channel::Email) {
        let best = texts(&TEXTS_SHEET)?;
        if best.row_count > TEXTS_SHOWN {
            blocks.push(Block::table("Texts that were answered most", best).wide(Width::Half));
            let worst = Block {
                name: "least_answered",
                ..Block::table("Texts that were answered least", texts(&LEAST_TEXTS)?)
            };
            blocks.push(Block { file: None, ..worst.wide(Width::Half) });
        } else {
            blocks.push(Block::table("Texts and push messages", best));
        }
    }
    let mut view = View {
        title: "Content".to_owned(),
        is_uncompared: true,
        lead: "When to send, what to write, how often, and through which channel.".to_owned(),
        blocks,
        notes: vec![
            match frame.period.basis {
                Basis::Sent => "Messages count by the day they were sent, with all that happened to them since.",
                Basis::Event => {
                    "Channels and texts count by the day on which something happened, whenever the message was sent; hours of sending, subject lines and frequency by the day of sending."
                }
            }
            .to_owned(),
            "Attribution is Klaviyo's own.".to_owned(),
            notes::left_out(frame, notes::Of::Messages)?,
        ],
        ..View::default()
    };
    let offered = [
        offered(frame.ask, "senders", "Hours of", SENDERS),
        offered(frame.ask, "show", "shaded by", SHADES),
        offered(frame.ask, "days", "Frequency over", DAYS),
    ];
    view.more.insert("choices".to_owned(), json!(offered));
    Ok(view)
}

/// What was sent in an hour of the week.
struct Sent {
    weekday: i64,
    hour: i64,
    recipients: i64,
    /// Deliveries whose clicks are told.
    clickable: i64,
    clicked: i64,
    click_rate: Option<f64>,
    revenue_per_recipient: Option<f64>,
}

impl FromRow for Sent {
    fn from_row(row: &Row<'_>) -> RowResult<Sent> {
        Ok(Sent {
            weekday: row.get("weekday")?,
            hour: row.get("hour")?,
            recipients: row.get("recipients")?,
            clickable: row.get::<Option<i64>>("clickable")?.unwrap_or_default(),
            clicked: row.get::<Option<i64>>("clicked")?.unwrap_or_default(),
            click_rate: row.get("click_rate")?,
            revenue_per_recipient: row.get("revenue_per_recipient")?,
        })
    }
}

/// What was clicked in an hour of the week.
struct Clicked {
    weekday: i64,
    hour: i64,
    clicks: i64,
    share: Option<f64>,
}

impl FromRow for Clicked {
    fn from_row(row: &Row<'_>) -> RowResult<Clicked> {
        Ok(Clicked {
            weekday: row.get("weekday")?,
            hour: row.get("hour")?,
            clicks: row.get("clicks")?,
            share: row.get("click_share")?,
        })
    }
}

/// What became of messages by how many their people received.
struct Received {
    label: String,
    /// Through channels that tell of unsubscribes.
    delivered: f64,
    unsubscribed: f64,
}

/// The rows of the table, as far as they are spoken of.
fn received(rows: &[Document]) -> Vec<Received> {
    let count = |row: &Document, name: &str| row.get(name).and_then(serde_json::Value::as_f64);
    let row = |it: &Document| {
        Some(Received {
            label: it.get("messagesReceived")?.as_str()?.to_owned(),
            delivered: count(it, "unsubscribable")?,
            unsubscribed: count(it, "unsubscribed")?,
        })
    };
    rows.iter().filter_map(row).collect()
}

/// A message of a campaign with what it says.
struct Said {
    subject: String,
    preview: Option<String>,
    result: Message,
}

impl FromRow for Said {
    fn from_row(row: &Row<'_>) -> RowResult<Said> {
        let count = |name| row.get::<i64>(name).map(number);
        Ok(Said {
            subject: row.get("subject")?,
            preview: row.get("preview_text")?,
            result: Message {
                recipients: count("recipients")?,
                delivered: count("delivered")?,
                openable: count("openable")?,
                opened: count("opened")?,
                clicked: count("clicked")?,
                revenue: row.get("revenue")?,
            },
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "no account counts to 2^53")]
fn number(count: i64) -> f64 {
    count as f64
}

fn place(number: i64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// What follows no other basis, where another is asked for.
fn by_sending(frame: &Frame<'_>) -> &'static str {
    if frame.period.basis == Basis::Sent { "" } else { "by the day of sending" }
}

/// How many recipients an hour has to have to be shown.
fn hour_least(frame: &Frame<'_>) -> i64 {
    i64::from(if frame.ask.least > 0 { frame.ask.least } else { HOUR_LEAST })
}

fn sending(frame: &Frame<'_>, choices: &Choices, hours: &[Sent]) -> Block {
    let least = hour_least(frame);
    let shown: Vec<Hour> = hours
        .iter()
        .map(|it| {
            let enough = it.recipients >= least || choices.shade == Shade::Recipients;
            let value = match choices.shade {
                Shade::ClickRate => it.click_rate,
                Shade::Revenue => it.revenue_per_recipient,
                Shade::Recipients => Some(number(it.recipients)),
            };
            let sample = format!(
                "{} recipients, {} clicked of {} delivered",
                format::grouped(number(it.recipients), 0),
                format::grouped(number(it.clicked), 0),
                format::grouped(number(it.clickable), 0)
            );
            let few = if enough { "" } else { ": too few to show" };
            let value = value.filter(|_| enough);
            Hour { weekday: place(it.weekday), hour: place(it.hour), value, detail: format!("{sample}{few}") }
        })
        .collect();
    let hidden = hours.iter().filter(|it| it.recipients < least).count();
    let (unit, what, definition) = match choices.shade {
        Shade::ClickRate => (Unit::Share, "click rate by hour of sending", "click_rate"),
        Shade::Revenue => (Unit::Money, "revenue per recipient by hour of sending", "revenue_per_recipient"),
        Shade::Recipients => (Unit::Count, "recipients by hour of sending", "recipients"),
    };
    let title = match choices.shade {
        Shade::ClickRate => "Click rate by the hour of sending",
        Shade::Revenue => "Revenue per recipient by the hour of sending",
        Shade::Recipients => "Recipients by the hour of sending",
    };
    let content = if hours.is_empty() {
        Content::Nothing { words: "Nothing was sent in these days.".to_owned() }
    } else {
        Content::Heat(week::heat(unit, what, &shown, "nothing sent"))
    };
    let words = match (choices.shade, hidden) {
        (Shade::Recipients, _) => "Every hour in which anything was sent.".to_owned(),
        (_, 0) => format!("Hours with fewer than {least} recipients would be left out; there are none."),
        (_, 1) => format!("One hour has fewer than {least} recipients and is left out."),
        (_, some) => format!("{some} hours have fewer than {least} recipients and are left out."),
    };
    let hours_of = "Every recipient weighs the same, whichever message it was.";
    Block::new("send_hours", title, content)
        .with(said(&[&format!("on the clock of {}", frame.zone.name()), by_sending(frame)]))
        .hinting(format!("{words} {hours_of}"))
        .filed(SEND_HOURS.name)
        .defined(definition)
}

fn clicking(clicks: &[Clicked]) -> Block {
    let total: i64 = clicks.iter().map(|it| it.clicks).sum();
    let shown: Vec<Hour> = clicks
        .iter()
        .map(|it| Hour {
            weekday: place(it.weekday),
            hour: place(it.hour),
            value: Some(number(it.clicks)),
            detail: format!("{} of all", it.share.map_or_else(String::new, format::percent)),
        })
        .collect();
    let content = if clicks.is_empty() {
        Content::Nothing { words: "Nothing was clicked in these days.".to_owned() }
    } else {
        Content::Heat(week::heat(Unit::Count, "clicks by hour of the click", &shown, "nothing clicked"))
    };
    Block::new("click_hours", "When people click", content)
        .with(format!("{} clicks by the hour of the click", format::grouped(number(total), 0)))
        .hinting("Most clicks follow a send within hours, so this shows when you write as much as when people read.")
        .filed(CLICK_HOURS.name)
        .defined("clicks")
}

/// Every feature with what its messages did, as the sheet's query takes them. Features that no message has, or all have,
/// compare with nothing.
fn compared(frame: &Frame<'_>) -> Result<Vec<Document>, store::Error> {
    let said: Vec<Said> = frame.rows(SUBJECTS)?;
    let rows = FEATURES.iter().enumerate().filter_map(|(place, feature)| {
        let has = |it: &&Said| (feature.is_in)(&Line { subject: &it.subject, preview: it.preview.as_deref() });
        let (with, without): (Vec<_>, Vec<_>) = said.iter().partition(has);
        let results = |side: Vec<&Said>| side.into_iter().map(|it| it.result).collect::<Vec<_>>();
        let (with, without) = (results(with), results(without));
        (!with.is_empty()).then(|| row(place, feature, &with, &without, &frame.currency))
    });
    Ok(rows.collect())
}

fn row(place: usize, feature: &subject::Feature, with: &[Message], without: &[Message], currency: &str) -> Document {
    let it = Comparison::of(with, without);
    let sum = |of: fn(&Message) -> f64| with.iter().map(of).sum::<f64>();
    let openable = sum(|it| it.openable);
    let row = json!({
        "ordinal": place,
        "feature": feature.title,
        "about": feature.about,
        "messages": with.len(),
        "recipients": sum(|it| it.recipients),
        "click_rate": it.click_rate,
        "click_difference": it.clicks.map(|it| it.value),
        "click_low": it.clicks.map(|it| it.low),
        "click_high": it.clicks.map(|it| it.high),
        "click_interval": it.clicks.map(|it| interval(it, |value| format::grouped(value * 100.0, 2))),
        "revenue_per_recipient": it.revenue_per_recipient,
        "revenue_difference": it.revenue.map(|it| it.value),
        "revenue_low": it.revenue.map(|it| it.low),
        "revenue_high": it.revenue.map(|it| it.high),
        "revenue_interval": it.revenue.map(|it| interval(it, |value| format::money(value, currency))),
        "human_open_rate": (openable > 0.0).then(|| sum(|it| it.opened) / openable),
        "verdict": it.verdict.word(),
    });
    match row {
        serde_json::Value::Object(row) => row,
        _ => Document::new(),
    }
}

/// "−0.10 to +0.70"
fn interval(it: Difference, write: impl Fn(f64) -> String) -> String {
    let signed = |value: f64| if value > 0.0 { format!("+{}", write(value)) } else { write(value) };
    format!("{} to {}", signed(it.low), signed(it.high))
}

/// What may be said of it all in plain words, each only where the sample allows it.
fn findings(
    frame: &Frame<'_>,
    choices: &Choices,
    hours: &[Sent],
    features: &[Document],
    frequency: &[Received],
) -> Vec<String> {
    let mut words = vec![best_hour(hours, hour_least(frame)), often(frequency, choices.days)];
    if frame.ask.channel.is_none_or(|it| it == Channel::Email) {
        words.insert(1, best_feature(features));
    }
    words
}

fn best_hour(hours: &[Sent], least: i64) -> String {
    let shown: Vec<&Sent> = hours.iter().filter(|it| it.recipients >= least && it.click_rate.is_some()).collect();
    if shown.len() < 2 {
        return format!("Hours: too few of them have {least} recipients to compare. A longer range may have more.");
    }
    let all = hours.iter().fold((0, 0), |sum, it| (sum.0 + it.clicked, sum.1 + it.clickable));
    let rest = |it: &Sent| (number(all.0 - it.clicked), number(all.1 - it.clickable));
    let best = shown.iter().max_by(|a, b| a.click_rate.partial_cmp(&b.click_rate).unwrap_or(std::cmp::Ordering::Equal));
    let Some(best) = best else { return String::new() };
    // The best of many is chosen for being the best, so it has to be better by more than one of a kind.
    let apart = comparing::between_shares((number(best.clicked), number(best.clickable)), rest(best), shown.len());
    let when = week::words(place(best.weekday), place(best.hour));
    match apart.filter(|it| it.low > 0.0) {
        Some(it) => format!(
            "Hours: {when} was clicked most, {} against {} at all other hours, by {} to {} points more. Which message was sent \
             then counts as much as the hour.",
            format::percent(best.click_rate.unwrap_or_default()),
            format::percent(rest(best).0 / rest(best).1),
            format::grouped(it.low * 100.0, 2),
            format::grouped(it.high * 100.0, 2),
        ),
        None => format!("Hours: no hour stands out. {when} was clicked most, but no more than chance allows."),
    }
}

fn best_feature(features: &[Document]) -> String {
    let of = |word: Verdict| {
        let is_judged_so = |it: &&Document| it.get("verdict").and_then(|it| it.as_str()) == Some(word.word());
        let names = features.iter().filter(is_judged_so).filter_map(|it| it.get("feature")?.as_str());
        names.map(str::to_lowercase).collect::<Vec<_>>().join(", ")
    };
    let (better, worse) = (of(Verdict::Better), of(Verdict::Worse));
    match (better.as_str(), worse.as_str()) {
        ("", "") if features.iter().all(|it| it.get("verdict").is_some_and(|it| it == Verdict::TooFew.word())) => {
            format!(
                "Subject lines: too few e-mails. A comparison needs {MESSAGES_LEAST} with and {MESSAGES_LEAST} without; a longer range may have them."
            )
        }
        ("", "") => "Subject lines: no feature makes a difference that chance would not.".to_owned(),
        (better, "") => format!("Subject lines: better with {better}."),
        ("", worse) => format!("Subject lines: worse with {worse}."),
        (better, worse) => format!("Subject lines: better with {better}; worse with {worse}."),
    }
}

/// Deliveries that a bucket needs to be compared.
const OFTEN_LEAST: f64 = 1_000.0;

fn often(frequency: &[Received], days: i64) -> String {
    let enough: Vec<&Received> = frequency.iter().filter(|it| it.delivered >= OFTEN_LEAST).collect();
    let (Some(few), Some(many)) = (enough.first(), enough.last().filter(|_| enough.len() > 1)) else {
        return format!(
            "Frequency: too few people got several messages in {days} days to say what that does ({} deliveries are needed).",
            format::grouped(OFTEN_LEAST, 0)
        );
    };
    let share = |it: &Received| (it.unsubscribed, it.delivered);
    let apart = comparing::between_shares(share(many), share(few), 1);
    let rates = format!(
        "{} unsubscribed after {} in {days} days, {} after {}",
        format::percent(share(few).0 / share(few).1),
        messages(&few.label),
        format::percent(share(many).0 / share(many).1),
        messages(&many.label),
    );
    match apart {
        Some(it) if it.low > 0.0 => format!("Frequency: writing more often costs subscribers: {rates}."),
        Some(it) if it.high < 0.0 => format!("Frequency: who gets more messages leaves less often: {rates}."),
        _ => format!("Frequency: no difference seen: {rates}."),
    }
}

fn messages(label: &str) -> String {
    if label == "1" { "1 message".to_owned() } else { format!("{label} messages") }
}
