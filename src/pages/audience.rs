//! `/audience`: who can be written to, who came and went, who still listens, and who had better be left alone. It also
//! finds people: `?q=` leads to their own pages.

use chrono::NaiveDateTime;
use serde_json::Value as Json;

use super::annotations;
use super::deliverability::verdict;
use super::frame::{Frame, Value};
use super::overview::Figure;
use super::page::{Page, Switch};
use super::sheet::{Column, Sheet, Unit};
use super::view::chart::Line;
use super::view::{Badge, Block, Card, Chart, Content, Shape, View, Width};
use crate::query;
use crate::range::Unclear;
use crate::store::repository::Document;
use crate::store::zone::{beginning, local};
use crate::store::{FromRow, Query, Row, RowResult};
use crate::web::{Error, format};

const DAYS: Query = query!("audience/days");
const GROWTH: Query = query!("audience/growth");
const REASONS: Query = query!("audience/reasons");
const BEGAN: Query = query!("audience/began");
const ENGAGEMENT: Query = query!("audience/engagement");
const ENGAGED: Query = query!("audience/engaged");
const SOURCES: Query = query!("audience/sources");
const SUNSET: Query = query!("audience/sunset");
const PEOPLE: Query = query!("audience/profiles");

pub(super) const QUERIES: &[Query] = &[DAYS, GROWTH, REASONS, BEGAN, ENGAGEMENT, ENGAGED, SOURCES, SUNSET, PEOPLE];

/// E-mails that somebody must have received before silence says anything.
const MAILED: i64 = 5;

/// Days without engagement after which Klaviyo's guides let people go.
const QUIET_DAYS: i64 = 180;

/// Rows of the table of candidates that the page shows; the file has all.
const CANDIDATES: usize = 25;

pub static PAGE: Page = Page {
    path: "/audience",
    about: "Subscribers by channel, growth, engagement, suppression, sunset candidates, and profiles by ?q=",
    template: "audience.html",
    switches: &[Switch::Channel],
    takes: &[
        ("mailed", "How many e-mails a sunset candidate received at least, from 1 to 1000; 5 unless named"),
        ("quiet", "For how many days a sunset candidate was not engaged, from 30 to 3650; 180 unless named"),
    ],
    sheets: &[&PROFILES, &BY_CHANNEL, &BY_DAY, &BY_REASON, &BY_SOURCE, &BY_WINDOW, &CANDIDATES_SHEET],
    load,
    values: own_values,
};

static PROFILES: Sheet = Sheet {
    name: "profiles",
    title: "Profiles",
    query: PEOPLE,
    by_event: None,
    columns: &[
        Column::text("contact", "Profile"),
        Column::text("name", "Name"),
        Column::text("channels", "Can receive"),
        Column::new("engaged_at", "Last engaged", Unit::Moment),
        Column::count("orders", "Orders"),
        Column::money("revenue", "Revenue").with_bar(),
        Column::count("received", "Messages"),
        Column::text("phone_number", "Phone"),
        Column::text("email", "E-mail").hidden(),
        Column::text("external_id", "External id").hidden(),
        Column::text("id", "Id").hidden(),
        Column::new("created_at", "Created", Unit::Moment).hidden(),
    ],
    order: "-engaged_at",
    search: &["email", "name", "phone_number", "external_id", "id"],
    link: Some("/audience/"),
    sample: None,
    nothing: "Nobody is found. A part of an e-mail address, a name, a phone number or an id is enough.",
};

static BY_CHANNEL: Sheet = Sheet {
    name: "audience_channels",
    title: "Subscribers by channel",
    query: GROWTH,
    by_event: None,
    columns: &[
        Column::text("channel", "Channel"),
        Column::count("subscribers", "Now").with_bar().without_total(),
        Column {
            total: super::sheet::Total::Nothing,
            ..Column::new("subscribed_share", "Of all profiles", Unit::Share)
        },
        Column::count("at_start", "At the start").without_total(),
        Column::count("joined", "Joined").without_total(),
        Column::count("lost", "Left").without_total(),
        Column::count("net_change", "Net change").without_total(),
        Column::new("growth_rate", "Growth", Unit::Share),
        Column::new("churn_rate", "Churn", Unit::Share),
    ],
    order: "-subscribers",
    search: &[],
    link: None,
    sample: None,
    nothing: "No profiles are copied yet.",
};

static BY_DAY: Sheet = Sheet {
    name: "audience_days",
    title: "The audience by day",
    query: DAYS,
    by_event: None,
    columns: &[
        Column::new("date", "Day", Unit::Day),
        Column::count("email", "E-mail").without_total(),
        Column::count("sms", "SMS").without_total(),
        Column::count("push", "Push").without_total(),
        Column::count("whatsapp", "WhatsApp").without_total(),
        Column::count("sign_ups", "Subscribed"),
        Column::count("unsubscribes", "Unsubscribed"),
        Column::count("complaints", "Marked as spam"),
        Column::count("hard_bounces", "Bounced for good"),
        Column::count("losses", "Lost"),
    ],
    order: "date",
    search: &[],
    link: None,
    sample: None,
    nothing: "Nothing is known of these days.",
};

static BY_REASON: Sheet = Sheet {
    name: "audience_reasons",
    title: "Why people joined and left",
    query: REASONS,
    by_event: None,
    columns: &[
        Column::text("reason", "Why"),
        Column::new("direction", "Way", Unit::Badge),
        Column::new("channel", "Channel", Unit::Badge),
        Column::count("people", "People").with_bar().without_total(),
    ],
    order: "-people",
    search: &[],
    link: None,
    sample: None,
    nothing: "Nobody's consent changed in these days, as far as its history reaches back.",
};

static BY_SOURCE: Sheet = Sheet {
    name: "audience_sources",
    title: "Where subscribers came from",
    query: SOURCES,
    by_event: None,
    columns: &[
        Column::text("subscription_source", "Consent given by"),
        Column::new("channel", "Channel", Unit::Badge),
        Column::count("people", "People").with_bar().without_total(),
        Column::text("method", "Method").hidden(),
        Column::text("detail", "Detail").hidden(),
    ],
    order: "-people",
    search: &[],
    link: None,
    sample: None,
    nothing: "Nobody can be written to.",
};

static BY_WINDOW: Sheet = Sheet {
    name: "audience_engagement",
    title: "Engagement of e-mail subscribers",
    query: ENGAGED,
    by_event: None,
    columns: &[
        Column::text("window_name", "E-mail subscribers"),
        Column::count("people", "People").with_bar().without_total(),
        Column::new("share_of_subscribers", "Share", Unit::Share),
        Column::new("step", "Step", Unit::Count).hidden(),
        Column::count("emailable", "Subscribers").without_total().hidden(),
    ],
    order: "step",
    search: &[],
    link: None,
    sample: None,
    nothing: "No profiles are copied yet.",
};

static CANDIDATES_SHEET: Sheet = Sheet {
    name: "sunset_candidates",
    title: "Sunset candidates",
    query: SUNSET,
    by_event: None,
    columns: &[
        Column::text("email", "Profile"),
        Column::text("name", "Name"),
        Column::new("emails_received", "E-mails received", Unit::Count),
        Column::new("last_emailed_at", "Last e-mailed", Unit::Moment),
        Column::new("engaged_at", "Last engaged", Unit::Moment),
        Column::count("orders", "Orders"),
        Column::money("revenue", "Revenue"),
        Column::new("first_emailed_at", "First e-mailed", Unit::Moment).hidden(),
        Column::text("id", "Id").hidden(),
    ],
    order: "-emails_received",
    search: &[],
    link: Some("/audience/"),
    sample: None,
    nothing: "Nobody: whoever is e-mailed often enough has been engaged since.",
};

/// What makes a sunset candidate, as the address says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Patience {
    mailed: i64,
    quiet: i64,
}

impl Patience {
    fn asked(frame: &Frame<'_>) -> Result<Patience, Unclear> {
        let own = |name| frame.ask.own(name);
        Ok(Patience {
            mailed: within("mailed", own("mailed"), MAILED, 1, 1_000)?,
            quiet: within("quiet", own("quiet"), QUIET_DAYS, 30, 3_650)?,
        })
    }
}

fn within(parameter: &'static str, text: Option<&str>, usual: i64, least: i64, most: i64) -> Result<i64, Unclear> {
    let Some(text) = text else { return Ok(usual) };
    text.parse()
        .ok()
        .filter(|it| (least..=most).contains(it))
        .ok_or_else(|| Unclear {
            parameter, problem: format!("“{text}” is not a whole number from {least} to {most}")
        })
}

fn own_values(frame: &Frame<'_>) -> Result<Vec<Value>, Error> {
    let patience = Patience::asked(frame)?;
    let range = frame.period.range;
    let midnight = |day| beginning(day, frame.zone).naive_utc();
    let last = range.before();
    let midnights: Vec<String> =
        range.days().chain([last]).map(|it| midnight(it).format("%Y-%m-%dT%H:%M:%S").to_string()).collect();
    Ok(vec![
        ("mailed", Box::new(patience.mailed)),
        ("quiet", Box::new(patience.quiet)),
        ("midnights", Box::new(midnights.join(" "))),
        ("start_at", Box::new(midnight(range.start()))),
        ("end_at", Box::new(midnight(last))),
        // The search of the sheet replaces it; what is not searched matches nothing.
        ("q", Box::new(frame.ask.search.clone())),
    ])
}

fn load(frame: &Frame<'_>) -> Result<View, Error> {
    let patience = Patience::asked(frame)?;
    let days = frame.documents_with(DAYS, own_values(frame)?)?;
    let began: Option<NaiveDateTime> = frame.rows::<Began>(BEGAN)?.into_iter().find_map(|it| it.0);
    let growth = BY_CHANNEL.top_with(frame, None, own_values(frame)?)?;
    let engagement = frame.document(ENGAGEMENT)?;
    let candidates = CANDIDATES_SHEET.top_with(frame, Some(CANDIDATES), own_values(frame)?)?;
    let since = Since::of(frame, began);
    let mut blocks = Vec::new();
    if frame.ask.search.is_some() {
        let found = PROFILES.table_with(frame, no_search(own_values(frame)?))?;
        blocks.push(
            Block::table("Profiles", found)
                .with("whose e-mail address, name, phone number or id contains what was searched"),
        );
    }
    blocks.push(stocks(frame, &days, &since)?);
    blocks.push(moves(frame, &days)?);
    blocks.push(Block::table("Subscribers by channel", growth).with(since.words()));
    blocks.push(
        Block::table("Engagement", BY_WINDOW.top(frame, None)?)
            .with("of e-mail subscribers, as of now")
            .defined("engaged_30_share")
            .wide(Width::Half),
    );
    blocks.push(
        Block::table("Where subscribers came from", BY_SOURCE.top_with(frame, Some(10), own_values(frame)?)?)
            .with("those who can be written to now")
            .wide(Width::Half),
    );
    let reasons = BY_REASON.top_with(frame, Some(20), own_values(frame)?)?;
    blocks.push(Block::table("Why people joined and left", reasons).with(since.words()));
    let words = format!(
        "can receive e-mail, received at least {} of them, the first {} days ago or longer, and did not open, click, order, visit or subscribe since; the file is the list to suppress",
        format::grouped(as_number(patience.mailed), 0),
        format::grouped(as_number(patience.quiet), 0)
    );
    blocks.push(Block::table("Sunset candidates", candidates).with(words));
    let mut more = serde_json::Map::new();
    more.insert("mailed".to_owned(), patience.mailed.into());
    more.insert("quiet".to_owned(), patience.quiet.into());
    more.insert("searched".to_owned(), frame.ask.search.clone().unwrap_or_default().into());
    Ok(View {
        title: "Audience".to_owned(),
        lead: "Who can be written to, who came and went, and who still listens.".to_owned(),
        cards: cards(frame, &days, &engagement, &own_growth(frame)?),
        blocks,
        notes: vec![
            "Subscribers are profiles that can receive marketing through a channel now; their past comes from consent history.".to_owned(),
            "Opens by machines and clicks by bots are never engagement.".to_owned(),
            "Sign-ups and losses by day are Klaviyo's events; bounces for good count by the day of suppression.".to_owned(),
        ],
        more,
        ..View::default()
    })
}

/// The sheet brings the search itself.
fn no_search(mut values: Vec<Value>) -> Vec<Value> {
    values.retain(|it| it.0 != "q");
    values
}

/// Growth through e-mail, whatever channel the tables are of.
fn own_growth(frame: &Frame<'_>) -> Result<Document, Error> {
    let all = frame.documents_with(GROWTH, own_values(frame)?)?;
    let is_first = |it: &Document| it.get("channel").and_then(Json::as_str) == Some(growth_channel(frame));
    Ok(all.into_iter().find(is_first).unwrap_or_default())
}

fn growth_channel(frame: &Frame<'_>) -> &'static str {
    match frame.ask.channel.map(|it| it.name()) {
        Some("sms") => "SMS",
        Some("push") => "Push",
        Some("whatsapp") => "WhatsApp",
        _ => "E-mail",
    }
}

fn cards(frame: &Frame<'_>, days: &[Document], engagement: &Document, growth: &Document) -> Vec<Card> {
    let number = |it: &Document, name: &str| it.get(name).and_then(Json::as_f64);
    let column = frame.ask.channel.map_or("email", |it| it.name());
    let daily: Vec<Option<f64>> = days.iter().map(|it| number(it, column)).collect();
    let stock = Figure::new(number(growth, "subscribers"), number(growth, "atStart"), daily);
    let unknown = "Unknown before the history of consent begins.";
    let moved = number(growth, "joined").zip(number(growth, "lost"));
    let moved = moved.map_or_else(
        || unknown.to_owned(),
        |(joined, lost)| format!("{} joined, {} left", format::grouped(joined, 0), format::grouped(lost, 0)),
    );
    let share = |name: &str| Figure::of_now(number(engagement, name));
    let of = |part: &str, whole: &str| {
        let count = |name| number(engagement, name).map_or_else(|| "–".to_owned(), |it| format::grouped(it, 0));
        format!("{} of {}", count(part), count(whole))
    };
    let (engaged_30, engaged_90) = (number(engagement, "engaged30Share"), number(engagement, "engaged90Share"));
    vec![
        Card::new("subscribers", Unit::Count, stock)
            .titled(format!("{} subscribers", growth_channel(frame)))
            .with(moved.clone()),
        Card::new("growth_rate", Unit::Share, Figure::of_now(number(growth, "growthRate"))).with(moved),
        Card::new("engaged_30_share", Unit::Share, share("engaged30Share"))
            .with(of("engaged30", "emailable"))
            .judged(engaged_30.map(|it| grade(it, [0.05, 0.15, 0.30]))),
        Card::new("engaged_90_share", Unit::Share, share("engaged90Share"))
            .with(of("engaged90", "emailable"))
            .judged(engaged_90.map(|it| grade(it, [0.10, 0.30, 0.50]))),
        Card::new("dormant_share", Unit::Share, share("dormantShare"))
            .with(of("dormant", "emailable"))
            .judged(verdict("dormant_share", number(engagement, "dormantShare"))),
        Card::new("suppression_rate", Unit::Share, share("suppressionRate"))
            .with(of("suppressed", "profiles"))
            .judged(verdict("suppression_rate", number(engagement, "suppressionRate"))),
    ]
}

/// A share in a word, by the bounds of fair, good and excellent.
fn grade(value: f64, bounds: [f64; 3]) -> Badge {
    let [fair, good, excellent] = bounds;
    let (tone, word) = match value {
        it if it > excellent => ("good", "Excellent"),
        it if it >= good => ("good", "Good"),
        it if it >= fair => ("poor", "Fair"),
        _ => ("bad", "Poor"),
    };
    let [fair, good, excellent] = bounds.map(format::percent);
    let why = format!("Fair from {fair}, good from {good}, excellent above {excellent}");
    Badge { tone, word: word.to_owned(), why }
}

/// From when on the past of subscribers is known, as far as the range goes.
enum Since {
    /// All of the range.
    Start,
    /// A wall clock within it, or after it.
    Later(String),
    /// There is no history yet.
    Never,
}

impl Since {
    fn of(frame: &Frame<'_>, began: Option<NaiveDateTime>) -> Since {
        let Some(began) = began else { return Since::Never };
        if began < beginning(frame.period.range.start(), frame.zone).naive_utc() {
            return Since::Start;
        }
        Since::Later(format::wall_clock(local(began.and_utc(), frame.zone)))
    }

    fn words(&self) -> String {
        match self {
            Since::Start => String::new(),
            Since::Later(clock) => format!("known since {clock}, when the history of consent begins"),
            Since::Never => "unknown: profiles are not copied yet".to_owned(),
        }
    }
}

fn stocks(frame: &Frame<'_>, days: &[Document], since: &Since) -> Result<Block, Error> {
    let named = [("email", "E-mail"), ("sms", "SMS"), ("push", "Push"), ("whatsapp", "WhatsApp")];
    let asked = frame.ask.channel.map(|it| it.name());
    let lines: Vec<Line> =
        named.iter().filter(|it| asked.is_none_or(|asked| asked == it.0)).map(|it| Line::last(it.1, it.0)).collect();
    let column = asked.unwrap_or("email");
    let known: Vec<f64> = days.iter().filter_map(|it| it.get(column)?.as_f64()).collect();
    let content = match (known.first(), known.last()) {
        (Some(first), Some(last)) => {
            let notes = own_notes(frame)?;
            let chart = Chart::over_time(Shape::Lines, Unit::Count, frame.period, days, &lines, &notes);
            let range = frame.period.range;
            let caption = format!(
                "{}: {} subscribers from {} to {}.",
                format::span(range.start(), range.end()),
                growth_channel(frame),
                format::grouped(*first, 0),
                format::grouped(*last, 0)
            );
            Content::Chart(chart.saying(caption))
        }
        _ => Content::Nothing {
            words: match since {
                Since::Later(clock) => format!(
                    "Klaviyo does not tell who could be written to in the past. Klytics keeps it since {clock}: choose days after that, or come back tomorrow."
                ),
                _ => "Profiles are not copied yet: their consent is followed from then on.".to_owned(),
            },
        },
    };
    Ok(Block::new("subscribers", "Subscribers over time", content)
        .with(since.words())
        .wide(Width::Half)
        .filed("audience_days"))
}

fn moves(frame: &Frame<'_>, days: &[Document]) -> Result<Block, Error> {
    let sum = |name: &str| -> f64 { days.iter().filter_map(|it| it.get(name)?.as_f64()).sum() };
    let lines = [
        Line::sum("Subscribed", "signUps"),
        Line::sum("Unsubscribed", "unsubscribes"),
        Line::sum("Bounced for good", "hardBounces"),
        Line::sum("Marked as spam", "complaints"),
    ];
    let chart = Chart::over_time(Shape::Columns, Unit::Count, frame.period, days, &lines, &own_notes(frame)?);
    let range = frame.period.range;
    let count = |name: &str| format::grouped(sum(name), 0);
    let caption = format!(
        "{}: {} sign-ups against {} losses ({} unsubscribes, {} bounces for good, {} marked as spam).",
        format::span(range.start(), range.end()),
        count("signUps"),
        count("losses"),
        count("unsubscribes"),
        count("hardBounces"),
        count("complaints")
    );
    let content = if chart.has_values() {
        Content::Chart(chart.saying(caption))
    } else {
        Content::Nothing { words: "Nobody subscribed or left in these days.".to_owned() }
    };
    let with = if frame.ask.channel.is_some() { "" } else { "e-mail and text" };
    Ok(Block::new("sign_ups", "Sign-ups and losses", content).with(with).wide(Width::Half).filed("audience_days"))
}

fn own_notes(frame: &Frame<'_>) -> Result<Vec<(chrono::NaiveDate, &'static str, String)>, Error> {
    Ok(annotations::own(frame)?.into_iter().map(|it| (it.day, it.kind, it.words)).collect())
}

struct Began(Option<NaiveDateTime>);

impl FromRow for Began {
    fn from_row(row: &Row<'_>) -> RowResult<Began> {
        row.get("began_at").map(Began)
    }
}

#[expect(clippy::cast_precision_loss, reason = "no account counts to 2^53")]
fn as_number(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engagement_is_graded_by_four_bands() {
        for (value, word) in
            [(0.04, "Poor"), (0.05, "Fair"), (0.149, "Fair"), (0.15, "Good"), (0.30, "Good"), (0.31, "Excellent")]
        {
            assert_eq!(grade(value, [0.05, 0.15, 0.30]).word, word, "{value}");
        }
    }

    #[test]
    fn a_threshold_is_a_whole_number_within_its_bounds() {
        let of = |text| within("mailed", text, 5, 1, 1_000);
        assert_eq!((of(None), of(Some("7"))), (Ok(5), Ok(7)));
        for bad in ["0", "1001", "-3", "many", "1.5"] {
            let unclear = of(Some(bad)).expect_err(bad);
            assert_eq!(unclear.parameter, "mailed");
        }
    }
}
