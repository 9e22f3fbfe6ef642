//! `/audience`: who can be written to, who came and went, who still listens, and who had better be left alone. It also
//! finds people: `?q=` leads to their own pages.

mod tables;

use chrono::NaiveDateTime;
use serde_json::Value as Json;

use super::annotations;
use super::deliverability::verdict;
use super::frame::{Frame, Value};
use super::overview::Figure;
use super::page::{Page, Switch};
use super::sheet::Unit;
use super::view::chart::Line;
use super::view::{Badge, Block, Card, Chart, Content, Shape, View, Width, said};
use crate::query;
use crate::range::{Channel, Unclear};
use crate::store::repository::Document;
use crate::store::zone::{beginning, local};
use crate::store::{FromRow, Query, Row, RowResult};
use crate::web::{Error, format};
use tables::{BY_CHANNEL, BY_DAY, BY_REASON, BY_SOURCE, BY_WINDOW, PROFILES, SUNSET};

const DAYS: Query = query!("audience/days");
const GROWTH: Query = query!("audience/growth");
const REASONS: Query = query!("audience/reasons");
const BEGAN: Query = query!("audience/began");
const ENGAGED: Query = query!("audience/engaged");
const SOURCES: Query = query!("audience/sources");
const LEFT_ALONE: Query = query!("audience/sunset");
const PEOPLE: Query = query!("audience/profiles");

pub(super) const QUERIES: &[Query] = &[DAYS, GROWTH, REASONS, BEGAN, ENGAGED, SOURCES, LEFT_ALONE, PEOPLE];

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
    sheets: &[&PROFILES, &BY_CHANNEL, &BY_DAY, &BY_REASON, &BY_SOURCE, &BY_WINDOW, &SUNSET],
    load,
    values: own_values,
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
    let engagement = BY_WINDOW.top(frame, None)?;
    let candidates = SUNSET.top_with(frame, Some(CANDIDATES), own_values(frame)?)?;
    let since = Since::of(frame, began);
    let cards = cards(frame, &days, &engagement.rows, &growth.rows);
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
        Block::table("Engagement", engagement)
            .with("of e-mail subscribers, as of now")
            .defined("engaged_30_share")
            .wide(Width::Half),
    );
    blocks.push(
        Block::table("Where subscribers came from", BY_SOURCE.top_with(frame, Some(10), own_values(frame)?)?)
            .with(said(&["those who can be written to now", frame.ask.channel.map_or("", Channel::title)]))
            .wide(Width::Half),
    );
    let reasons = BY_REASON.top_with(frame, Some(20), own_values(frame)?)?;
    let of = frame.ask.channel.map_or("", Channel::title);
    blocks.push(Block::table("Why people joined and left", reasons).with(said(&[of, &since.words()])));
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
        cards,
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

/// The channel that the first figures are of: e-mail unless the address names another.
fn growth_channel(frame: &Frame<'_>) -> Channel {
    frame.ask.channel.unwrap_or(Channel::Email)
}

fn cards(frame: &Frame<'_>, days: &[Document], windows: &[Document], channels: &[Document]) -> Vec<Card> {
    let number = |it: &Document, name: &str| it.get(name).and_then(Json::as_f64);
    let is_first = |it: &&Document| it.get("channel").and_then(Json::as_str) == Some(growth_channel(frame).title());
    let nothing = Document::default();
    let growth = channels.iter().find(is_first).unwrap_or(&nothing);
    let column = growth_channel(frame).name();
    let daily: Vec<Option<f64>> = days.iter().map(|it| number(it, column)).collect();
    let stock = Figure::new(number(growth, "subscribers"), number(growth, "atStart"), daily);
    let moved = number(growth, "joined").zip(number(growth, "lost"));
    let moved = moved.map_or_else(
        || "Unknown before the history of consent begins.".to_owned(),
        |(joined, lost)| format!("{} joined, {} left", format::grouped(joined, 0), format::grouped(lost, 0)),
    );
    let others = channels.iter().filter(|it| it.get("channel") != growth.get("channel")).filter_map(|it| {
        let name = it.get("channel")?.as_str()?;
        Some(format!("{} {name}", format::grouped(number(it, "subscribers")?, 0)))
    });
    let others = others.collect::<Vec<_>>().join(", ");
    // The windows are 30, 60, 90 and 180 days, and then the dormant.
    let window = |at: usize, name: &str| windows.get(at).and_then(|it| number(it, name));
    let count = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |it| format::grouped(it, 0));
    let share = |name: &'static str, at: usize| {
        let words = format!("{} of {} e-mail subscribers", count(window(at, "people")), count(window(at, "emailable")));
        Card::new(name, Unit::Share, Figure::of_now(window(at, "shareOfSubscribers"))).with(words)
    };
    let graded = |at: usize, bounds| window(at, "shareOfSubscribers").map(|it| grade(it, bounds));
    let suppressed = window(0, "suppressionRate");
    vec![
        Card::new("subscribers", Unit::Count, stock)
            .titled(format!("{} subscribers", growth_channel(frame).title()))
            .with(others),
        Card::new("growth_rate", Unit::Share, Figure::of_now(number(growth, "growthRate")))
            .with(said(&[&moved, frame.ask.channel.map_or("", Channel::title)])),
        share("engaged_30_share", 0).judged(graded(0, [0.05, 0.15, 0.30])),
        share("engaged_90_share", 2).judged(graded(2, [0.10, 0.30, 0.50])),
        share("dormant_share", 4).judged(verdict("dormant_share", window(4, "shareOfSubscribers"))),
        Card::new("suppression_rate", Unit::Share, Figure::of_now(suppressed))
            .with(format!(
                "{} of {} profiles, from e-mail",
                count(window(0, "suppressed")),
                count(window(0, "profiles"))
            ))
            .judged(verdict("suppression_rate", suppressed)),
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
    let asked = frame.ask.channel;
    let drawn = Channel::ALL.iter().filter(|it| asked.is_none_or(|asked| asked == **it));
    let lines: Vec<Line> = drawn.map(|it| Line::last(it.title(), it.name())).collect();
    let column = growth_channel(frame).name();
    let known: Vec<f64> = days.iter().filter_map(|it| it.get(column)?.as_f64()).collect();
    // A single day is no curve.
    let content = match (known.first(), known.get(1..).and_then(<[f64]>::last)) {
        (Some(first), Some(last)) => {
            let notes = own_notes(frame)?;
            let chart = Chart::over_time(Shape::Lines, Unit::Count, frame.period, days, &lines, &notes);
            let range = frame.period.range;
            let caption = format!(
                "{}: {} subscribers from {} to {}.",
                format::span(range.start(), range.end()),
                growth_channel(frame).title(),
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
    let with = frame.ask.channel.map_or("e-mail and text", Channel::title);
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
