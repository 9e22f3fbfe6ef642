//! `/segments`: how large are the segments and lists, who comes and goes, and what do their members buy?

mod one;

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::frame::{Frame, Value};
use super::overview::Figure;
use super::page::{Page, Switch};
use super::sheet::{Column, Sheet, Unit};
use super::view::chart::Line;
use super::view::{Block, Card, Chart, Content, JUDGED_LEAST, Shape, View};
use super::{annotations, caption};
use crate::query;
use crate::range::DateRange;
use crate::store::repository::Document;
use crate::store::zone::beginning;
use crate::store::{FromRow, Query, Row, RowResult};
use crate::web::{Error, format};
pub use one::ONE;

const GROUPS_ASKED: Query = query!("groups/list");
const NUMBER: Query = query!("groups/number");
const DAYS: Query = query!("groups/days");
const MOVES: Query = query!("groups/moves");
const GROUP: Query = query!("groups/group");
const BOUGHT: Query = query!("groups/bought");
const PRODUCTS: Query = query!("groups/products");
const OVERLAP: Query = query!("groups/overlap");

pub(super) const QUERIES: &[Query] = &[GROUPS_ASKED, NUMBER, DAYS, MOVES, GROUP, BOUGHT, PRODUCTS, OVERLAP];

const SWITCHES: &[Switch] = &[Switch::Metric];

pub static LIST: Page = Page {
    path: "/segments",
    about: "Segments and lists: size, who came and went, and what members bought",
    template: "view.html",
    switches: SWITCHES,
    takes: &[],
    sheets: &[&GROUPS, &GROUP_DAYS],
    load: list,
    values: own_values,
};

static GROUPS: Sheet = Sheet {
    name: "segments",
    title: "Segments and lists",
    query: GROUPS_ASKED,
    by_event: None,
    columns: &[
        Column::text("name", "Segment or list"),
        Column::new("kind", "Kind", Unit::Badge),
        Column::new("status", "Status", Unit::Badge).hidden(),
        Column::new("members", "Members", Unit::Count).with_bar(),
        Column::new("trend", "Trend", Unit::Trend),
        Column::new("joined", "Joined", Unit::Count),
        Column::new("gone", "Left", Unit::Count),
        Column::new("net_members", "Net", Unit::Count).hidden(),
        Column::new("group_growth", "Growth", Unit::Share),
        Column::new("known_members", "Members copied", Unit::Count).hidden(),
        Column::new("converted", "Members who bought", Unit::Count).hidden(),
        Column::new("member_conversion_rate", "Members who bought", Unit::Share),
        Column::new("conversions", "Conversions", Unit::Count).hidden(),
        Column::new("member_revenue", "Revenue of members", Unit::Money).with_bar(),
        Column::new("revenue_per_member", "Per member", Unit::Money),
        Column::new("created_at", "Created", Unit::Moment).hidden(),
    ],
    order: "-members",
    search: &["name", "kind"],
    link: Some("/segments/"),
    sample: Some(("members", JUDGED_LEAST)),
    nothing: "No segment or list is copied. They are copied every six hours: see the sync page.",
};

static GROUP_DAYS: Sheet = Sheet {
    name: "segment-days",
    title: "Size by day",
    query: DAYS,
    by_event: None,
    columns: &[
        Column::new("date", "Day", Unit::Day),
        Column::text("group_id", "Id"),
        Column::text("name", "Segment or list"),
        Column::new("members", "Members", Unit::Count),
        Column::new("joined", "Joined", Unit::Count),
        Column::new("gone", "Left", Unit::Count),
        Column::new("is_reported", "Reported by Klaviyo", Unit::Flag),
    ],
    order: "date",
    search: &[],
    link: None,
    sample: None,
    nothing: "Nothing is known of the size in these days.",
};

/// Days of the range and of those compared with, with the instants at which they begin, and a day more: SQL knows no zones.
#[expect(clippy::unnecessary_wraps, reason = "the values of some pages need a query")]
fn own_values(frame: &Frame<'_>) -> Result<Vec<Value>, Error> {
    let (first, before) = (frame.period.since(), frame.period.range.before());
    let days = first.iter_days().take_while(|it| *it <= before);
    let bounds: Vec<String> =
        days.map(|day| format!("{day}@{}", beginning(day, frame.zone).format("%Y-%m-%dT%H:%M:%S"))).collect();
    Ok(vec![("days", Box::new(bounds.join(" ")))])
}

fn list(frame: &Frame<'_>) -> Result<View, Error> {
    let moves = Moves::load(frame)?;
    let table = GROUPS.table_with(frame, own_values(frame)?)?;
    let unknown = table.rows.iter().filter(|it| it.get("knownMembers").is_none_or(serde_json::Value::is_null)).count();
    let since = moves.since(frame);
    let since = if since.is_empty() { since } else { format!(", of segments{since}") };
    let words = format!("members now; the rest in these days{since}");
    let mut block = Block::table("All segments and lists", table).with(words);
    if unknown > 0 {
        block = block.hinting(HOW_TO_KNOW_MEMBERS);
    }
    Ok(View {
        title: "Segments & lists".to_owned(),
        lead: "How large they are, who came and went, and what their members bought.".to_owned(),
        cards: cards(frame, &moves)?,
        blocks: vec![sizes(frame)?, block],
        notes: small_print(frame),
        ..View::default()
    })
}

/// What a reader can do about members that are not copied.
const HOW_TO_KNOW_MEMBERS: &str = "A dash in the last columns: the members of that group are not copied, so what they bought is unknown. Name it under [default.membership] in Rocket.toml (segments = \"all\", or a list of names or ids) and restart; the settings page shows what is in force.";

fn small_print(frame: &Frame<'_>) -> Vec<String> {
    let mut notes = vec![
        "Sizes of segments by day are Klaviyo's report; those of lists are counted back from who is a member now. Who joined and left a list is known on days after its members were first read; that somebody left shows when it is next read as a whole."
            .to_owned(),
        "Members in the table are Klaviyo's count at its last reading, which is not the moment of its report: the last day of a chart may differ by a few."
            .to_owned(),
        "What members bought counts those who are members now. Whoever is in two groups counts in both, so groups do not add up."
            .to_owned(),
    ];
    if frame.metric.is_none() {
        notes.push("No metric stands for conversions: choose one in the settings.".to_owned());
    }
    notes
}

fn cards(frame: &Frame<'_>, moves: &Moves) -> Result<Vec<Card>, Error> {
    let groups = frame.document(NUMBER)?;
    let count = |name: &str| groups.get(name).and_then(serde_json::Value::as_f64);
    let written = |name: &str| caption::written(frame, Unit::Count, count(name));
    let known = format!(
        "{} segments, {} lists; members of {} are copied",
        written("segments"),
        written("lists"),
        written("known")
    );
    let words = format!("summed over segments{}", moves.since(frame));
    Ok(vec![
        Card::new("groups", Unit::Count, Figure::of_now(count("groups"))).with(known),
        Card::new("joined", Unit::Count, moves.figure(frame, |it| it.joined))
            .titled("Joined segments")
            .with(words.clone()),
        Card::new("gone", Unit::Count, moves.figure(frame, |it| it.gone)).titled("Left segments").with(words),
        Card::new("net_members", Unit::Count, moves.figure(frame, Move::net)).titled("Net change"),
    ])
}

/// The sizes of the five largest segments.
fn sizes(frame: &Frame<'_>) -> Result<Block, Error> {
    let rows: Vec<Size> = frame.rows_with(DAYS, own_values(frame)?)?;
    let (title, file) = ("Size of the five largest segments", "segment-days");
    let sizes = Sizes::of(rows);
    if sizes.parts.is_empty() {
        let words = "Nothing is known of the sizes in these days. Klaviyo's report of segments is read once a day, back as far as the settings say.";
        return Ok(Block::new("segment-sizes", title, Content::Nothing { words: words.to_owned() }));
    }
    let words: Vec<String> = sizes.parts.iter().map(|it| it.words(frame)).collect();
    let chart = sizes.chart(frame, &annotations::notes(frame)?).saying(words.join("; "));
    Ok(Block::new("segment-sizes", title, Content::Chart(chart)).filed(file))
}

/// What came and went on each day that is known.
struct Moves {
    days: HashMap<NaiveDate, Move>,
}

#[derive(Clone, Copy)]
struct Move {
    day: NaiveDate,
    /// Both unknown on days before the members of a list were first read.
    joined: Option<f64>,
    gone: Option<f64>,
    members: f64,
    members_before: f64,
}

impl Move {
    fn net(&self) -> Option<f64> {
        self.joined.zip(self.gone).map(|(joined, gone)| joined - gone)
    }
}

impl Moves {
    fn load(frame: &Frame<'_>) -> Result<Moves, Error> {
        let rows: Vec<Move> = frame.rows_with(MOVES, own_values(frame)?)?;
        Ok(Moves { days: rows.into_iter().map(|it| (it.day, it)).collect() })
    }

    /// A sum over the days; it is unknown of days compared with that are not all known.
    fn figure(&self, frame: &Frame<'_>, of: fn(&Move) -> Option<f64>) -> Figure {
        let known = |range: DateRange| range.days().filter_map(|it| of(self.days.get(&it)?)).collect::<Vec<f64>>();
        let sum = |range: DateRange, is_whole: bool| {
            let values = known(range);
            let enough = if is_whole { values.len() as u64 == range.day_count() } else { !values.is_empty() };
            enough.then(|| values.iter().sum::<f64>() + 0.0)
        };
        let daily = frame.period.range.days().map(|it| of(self.days.get(&it)?)).collect();
        Figure::new(sum(frame.period.range, false), frame.period.compared.and_then(|it| sum(it, true)), daily)
    }

    /// " since 1 Sep 2026", where that is after the first day of the range: what was before nobody knows.
    fn since(&self, frame: &Frame<'_>) -> String {
        let first = frame.period.range.days().find(|it| self.days.get(it).is_some_and(|it| it.net().is_some()));
        let since = first.filter(|it| *it > frame.period.range.start());
        since.map_or_else(String::new, |it| format!(" since {}", format::date(it)))
    }

    /// The last size that is known of the range, against that of the days compared with.
    fn size(&self, frame: &Frame<'_>, now: Option<f64>) -> Figure {
        let last = |range: DateRange| range.days().filter_map(|it| self.days.get(&it)).last();
        // Counted back past the first reading of a list, it lacks those who left: a change from there is none.
        let before = frame.period.compared.and_then(last).filter(|it| it.net().is_some());
        let daily = frame.period.range.days().map(|it| self.days.get(&it).map(|it| it.members)).collect();
        let now = now.or_else(|| last(frame.period.range).map(|it| it.members));
        Figure::new(now, before.map(|it| it.members), daily)
    }
}

struct Size {
    date: NaiveDate,
    part: String,
    name: String,
    members: f64,
    members_before: f64,
    joined: Option<f64>,
}

/// The sizes of some groups by day.
struct Sizes {
    /// The largest first.
    parts: Vec<Part>,
}

struct Part {
    name: String,
    days: BTreeMap<NaiveDate, Size>,
}

/// Lines of one chart.
const LINES: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];

impl Sizes {
    fn of(rows: Vec<Size>) -> Sizes {
        let mut parts: BTreeMap<String, Part> = BTreeMap::new();
        for row in rows {
            let part = parts.entry(row.part.clone());
            let part = part.or_insert_with(|| Part { name: row.name.clone(), days: BTreeMap::new() });
            part.days.insert(row.date, row);
        }
        let mut parts: Vec<Part> = parts.into_values().collect();
        parts.sort_by(|a, b| b.last().total_cmp(&a.last()).then_with(|| a.name.cmp(&b.name)));
        Sizes { parts }
    }

    fn chart(&self, frame: &Frame<'_>, notes: &[(NaiveDate, &'static str, String)]) -> Chart {
        let lines: Vec<Line> =
            LINES.iter().zip(&self.parts).map(|(key, part)| Line::last(part.name.clone(), key)).collect();
        let days: Vec<Document> = frame
            .period
            .range
            .days()
            .map(|day| {
                let sizes = LINES.iter().zip(&self.parts);
                let values =
                    sizes.map(|(key, part)| ((*key).to_owned(), part.days.get(&day).map(|it| it.members).into()));
                values.chain([("date".to_owned(), day.to_string().into())]).collect()
            })
            .collect();
        Chart::over_time(Shape::Lines, Unit::Count, frame.period, &days, &lines, notes)
    }
}

impl Part {
    fn last(&self) -> f64 {
        self.days.values().next_back().map_or(0.0, |it| it.members)
    }

    /// What it was before the first day; unknown where the members were first read later.
    fn first(&self) -> Option<f64> {
        self.days.values().next().filter(|it| it.joined.is_some()).map(|it| it.members_before)
    }

    /// "VIP 1,234, 3.0% up"
    fn words(&self, frame: &Frame<'_>) -> String {
        let change = Figure::new(Some(self.last()), self.first(), Vec::new()).change;
        let change = change.map(caption::changed).map(|it| format!(", {it}")).unwrap_or_default();
        format!("{} {}{change}", self.name, caption::written(frame, Unit::Count, Some(self.last())))
    }
}

impl FromRow for Move {
    fn from_row(row: &Row<'_>) -> RowResult<Move> {
        Ok(Move {
            day: row.get("day")?,
            joined: row.get("joined")?,
            gone: row.get("gone")?,
            members: row.get("members")?,
            members_before: row.get("members_before")?,
        })
    }
}

impl FromRow for Size {
    fn from_row(row: &Row<'_>) -> RowResult<Size> {
        Ok(Size {
            date: row.get("date")?,
            part: row.get("group_id")?,
            name: row.get("name")?,
            members: row.get("members")?,
            members_before: row.get("members_before")?,
            joined: row.get("joined")?,
        })
    }
}
