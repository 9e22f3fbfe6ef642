//! `/segments/<id>`: how does this segment or list grow, what do its members buy, and whom does it share with others?

use chrono::{NaiveDate, NaiveDateTime};

use super::{BOUGHT, GROUP, GROUP_DAYS, HOW_TO_KNOW_MEMBERS, Move, Moves, OVERLAP, PRODUCTS, SWITCHES};
use super::{own_values, small_print};
use crate::pages::frame::Frame;
use crate::pages::overview::Figure;
use crate::pages::page::Page;
use crate::pages::sheet::{Column, Sheet, Unit};
use crate::pages::view::chart::Line;
use crate::pages::view::{Block, Card, Chart, Content, Link, Shape, View, Width};
use crate::pages::{annotations, caption};
use crate::store::repository::Document;
use crate::store::zone::local;
use crate::store::{self, FromRow, Row, RowResult};
use crate::web::{Error, format};

pub static ONE: Page = Page {
    path: "/segments/<id>",
    about: "One segment or list: its size, who came and went, what members bought, and whom it shares with others",
    template: "view.html",
    switches: SWITCHES,
    takes: &[],
    sheets: &[&GROUP_DAYS, &MEMBER_PRODUCTS, &GROUP_OVERLAP],
    load,
    values: own_values,
};

static MEMBER_PRODUCTS: Sheet = Sheet {
    name: "member-products",
    title: "What members bought",
    query: PRODUCTS,
    by_event: None,
    columns: &[
        Column::text("product", "Product"),
        Column::new("buyers", "Buyers", Unit::Count),
        Column::new("quantity", "Pieces", Unit::Count),
        Column::money("product_revenue", "Value").with_bar(),
    ],
    order: "-product_revenue",
    search: &["product"],
    link: None,
    sample: None,
    nothing: "Its members ordered nothing in these days, or no metric tells which products were ordered.",
};

static GROUP_OVERLAP: Sheet = Sheet {
    name: "segment-overlap",
    title: "Shared members",
    query: OVERLAP,
    by_event: None,
    columns: &[
        Column::text("name", "Segment or list"),
        Column::new("kind", "Kind", Unit::Badge),
        Column::new("members", "Members", Unit::Count).hidden(),
        Column::new("shared", "Shared", Unit::Count).with_bar(),
        Column::new("share_of_this", "Of this", Unit::Share),
        Column::new("share_of_other", "Of the other", Unit::Share),
    ],
    order: "-shared",
    search: &["name", "kind"],
    link: Some("/segments/"),
    sample: None,
    nothing: "It shares members with no other segment or list whose members are copied.",
};

/// Rows of what members bought.
const PRODUCTS_SHOWN: usize = 10;

struct Group {
    name: String,
    kind: String,
    is_active: bool,
    opt_in: Option<String>,
    created_at: Option<NaiveDateTime>,
    /// When all members were last read; of a group whose members are not copied there is no such time.
    read_at: Option<NaiveDateTime>,
    first_read_at: Option<NaiveDateTime>,
    members: Option<f64>,
    known_members: Option<f64>,
}

/// What members bought in the days of the range, or in those compared with.
struct Bought {
    is_compared: bool,
    converted: f64,
    conversions: f64,
    revenue: f64,
}

fn load(frame: &Frame<'_>) -> Result<View, Error> {
    let group: Group = frame.rows(GROUP)?.into_iter().next().ok_or(Error::NotFound("segment or list"))?;
    let moves = Moves::load(frame)?;
    let mut blocks = over_time(frame, &group, &moves)?;
    if group.read_at.is_some() {
        blocks.push(
            Block::table("What members bought", MEMBER_PRODUCTS.top(frame, Some(PRODUCTS_SHOWN))?)
                .wide(Width::Half)
                .with("in these days, by who is a member now"),
        );
        blocks.push(
            Block::table("Shared members", GROUP_OVERLAP.table(frame)?)
                .wide(Width::Half)
                .with("with those whose members are copied"),
        );
    } else {
        let words = format!(
            "Who is in this {} is not copied, so neither what members bought nor whom it shares is known.",
            group.kind
        );
        blocks.push(Block::new("members-unknown", "Members", Content::Nothing { words }).hinting(HOW_TO_KNOW_MEMBERS));
    }
    let mut more = serde_json::Map::new();
    more.insert("id".to_owned(), frame.id.into());
    Ok(View {
        lead: group.lead(frame),
        cards: cards(frame, &group, &moves)?,
        title: group.name,
        parent: Some(Link { title: "Segments & lists".to_owned(), path: "/segments".to_owned() }),
        blocks,
        notes: small_print(frame),
        more,
        ..View::default()
    })
}

impl Group {
    fn lead(&self, frame: &Frame<'_>) -> String {
        let mut words = vec![if self.kind == "list" { "A list".to_owned() } else { "A segment".to_owned() }];
        if !self.is_active {
            words.push("not active".to_owned());
        }
        if let Some(opt_in) = &self.opt_in {
            words.push(opt_in.replace('_', " "));
        }
        let day = |at: NaiveDateTime| format::date(local(at.and_utc(), frame.zone).date());
        words.extend(self.created_at.map(|it| format!("created {}", day(it))));
        words.extend(self.read_at.map(|it| format!("all members read {}", day(it))));
        words.join(" · ") + "."
    }

    /// Why nobody knows who joined and left, where it is because the members were not read yet.
    fn unknown_before(&self, frame: &Frame<'_>) -> String {
        let Some(at) = self.first_read_at else { return String::new() };
        format!(
            "Who joined and left is known on days after {}, when the members were first read.",
            format::date(local(at.and_utc(), frame.zone).date())
        )
    }
}

fn cards(frame: &Frame<'_>, group: &Group, moves: &Moves) -> Result<Vec<Card>, Error> {
    let members = moves.size(frame, group.members.or(group.known_members));
    let net = moves.figure(frame, Move::net);
    let (joined, gone) = (moves.figure(frame, |it| it.joined), moves.figure(frame, |it| it.gone));
    let detail = joined.current.zip(gone.current).map(|(joined, gone)| {
        let count = |it| caption::written(frame, Unit::Count, Some(it));
        format!("{} joined, {} left{}", count(joined), count(gone), moves.since(frame))
    });
    let detail = detail.unwrap_or_else(|| group.unknown_before(frame));
    let bought = bought(frame, group)?;
    let known = group.known_members.filter(|it| *it > 0.0);
    let figure = |of: &dyn Fn(&Bought) -> Option<f64>| {
        let [now, before] = &bought;
        Figure::new(now.as_ref().and_then(of), before.as_ref().and_then(of), Vec::new())
    };
    let buyers = bought[0].as_ref().map(|it| {
        format!("{}, {}", format::counted(it.converted, "members"), format::counted(it.conversions, "conversions"))
    });
    Ok(vec![
        Card::new("members", Unit::Count, members),
        Card::new("net_members", Unit::Count, net).with(detail),
        Card::new("member_conversion_rate", Unit::Share, figure(&|it| Some(it.converted / known?)))
            .with(buyers.unwrap_or_default()),
        Card::new("member_revenue", Unit::Money, figure(&|it| Some(it.revenue))),
    ])
}

/// What members bought in the range and in the days compared with; unknown where members or conversions are.
fn bought(frame: &Frame<'_>, group: &Group) -> Result<[Option<Bought>; 2], store::Error> {
    if group.read_at.is_none() || frame.metric.is_none() {
        return Ok([None, None]);
    }
    let mut rows: Vec<Bought> = frame.rows(BOUGHT)?;
    let mut of = |is_compared: bool| {
        let place = rows.iter().position(|it| it.is_compared == is_compared);
        place.map_or(Bought { is_compared, converted: 0.0, conversions: 0.0, revenue: 0.0 }, |it| rows.swap_remove(it))
    };
    Ok([Some(of(false)), frame.period.compared.map(|_| of(true))])
}

/// Its size, and who came and went, by day.
fn over_time(frame: &Frame<'_>, group: &Group, moves: &Moves) -> Result<Vec<Block>, Error> {
    let title = "Size over time";
    let known: Vec<&Move> = frame.period.range.days().filter_map(|it| moves.days.get(&it)).collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        let words = if group.kind == "list" {
            "The size of a list by day is counted from its members, and those are not copied."
        } else {
            "Klaviyo's report of this segment is not read for these days, and its members are not copied."
        };
        return Ok(vec![Block::new("size", title, Content::Nothing { words: words.to_owned() })]);
    };
    let rows: Vec<Document> = frame.period.range.days().map(|day| row(day, moves.days.get(&day))).collect();
    let marks = annotations::notes(frame)?;
    let size =
        Chart::over_time(Shape::Lines, Unit::Count, frame.period, &rows, &[Line::last("Members", "members")], &marks);
    let before = first.net().map(|_| first.members_before);
    let figure = Figure::new(Some(last.members), before, Vec::new());
    let change = figure.change.map(caption::changed).map(|it| format!(", {it} since {}", format::day(first.day)));
    let count = |it| caption::written(frame, Unit::Count, Some(it));
    let words = format!("{}: {} members{}", format::date(last.day), count(last.members), change.unwrap_or_default());
    let counted: Vec<&&Move> = known.iter().filter(|it| it.net().is_some()).collect();
    let movement = if let (Some(first), Some(last)) = (counted.first(), counted.last()) {
        let lines = [Line::sum("Joined", "joined"), Line::sum("Left", "gone")];
        let chart = Chart::over_time(Shape::Columns, Unit::Count, frame.period, &rows, &lines, &marks);
        let sum = |of: fn(&Move) -> Option<f64>| counted.iter().filter_map(|it| of(it)).sum::<f64>() + 0.0;
        let span = format::span(first.day, last.day);
        Content::Chart(chart.saying(format!(
            "{span}: {} joined, {} left",
            count(sum(|it| it.joined)),
            count(sum(|it| it.gone))
        )))
    } else {
        Content::Nothing { words: group.unknown_before(frame) }
    };
    let hint = if group.kind == "list" {
        "Counted back from who is a member now. Who left before the members were first read is missing from the past, so that it may look too small; who left since then shows when the list is next read as a whole."
    } else {
        ""
    };
    Ok(vec![
        Block::new("size", title, Content::Chart(size.saying(words)))
            .wide(Width::Half)
            .filed("segment-days")
            .hinting(hint),
        Block::new("moves", "Joined and left", movement).wide(Width::Half),
    ])
}

fn row(day: NaiveDate, it: Option<&Move>) -> Document {
    let mut row = Document::new();
    row.insert("date".to_owned(), day.to_string().into());
    row.insert("members".to_owned(), it.map(|it| it.members).into());
    row.insert("joined".to_owned(), it.and_then(|it| it.joined).into());
    row.insert("gone".to_owned(), it.and_then(|it| it.gone).into());
    row
}

impl FromRow for Group {
    fn from_row(row: &Row<'_>) -> RowResult<Group> {
        Ok(Group {
            name: row.get("name")?,
            kind: row.get("kind")?,
            is_active: row.get("is_active")?,
            opt_in: row.get("opt_in_process")?,
            created_at: row.get("created_at")?,
            read_at: row.get("read_at")?,
            first_read_at: row.get("first_read_at")?,
            members: row.get("members")?,
            known_members: row.get("known_members")?,
        })
    }
}

impl FromRow for Bought {
    fn from_row(row: &Row<'_>) -> RowResult<Bought> {
        Ok(Bought {
            is_compared: row.get("is_compared")?,
            converted: row.get("converted")?,
            conversions: row.get("conversions")?,
            revenue: row.get("revenue")?,
        })
    }
}
