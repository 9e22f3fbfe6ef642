//! What campaigns did day by day: the key figures and the chart of the list.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde_json::json;

use super::counts::{Counts, FIGURES, Measure};
use super::{DAILY, DAILY_BY_EVENT};
use crate::pages::annotations;
use crate::pages::frame::{Frame, Value};
use crate::pages::overview::Figure;
use crate::pages::sheet::{Column, Sheet, Unit};
use crate::pages::view::{Block, Card, Chart, Content, Shape, chart::Line};
use crate::range::{Basis, DateRange, Period, RATE_DAYS};
use crate::store::repository::Document;
use crate::store::{self, FromRow, Row, RowResult};
use crate::web::format;

/// What the chart is drawn from.
pub(super) static SHEET: Sheet = Sheet {
    name: "campaign_days",
    title: "Campaigns by day",
    query: DAILY,
    by_event: Some(DAILY_BY_EVENT),
    columns: &[
        Column::new("day", "Day", Unit::Day),
        Column::text("name", "Campaign"),
        Column::text("id", "Id"),
        Column::new("channel", "Channel", Unit::Badge),
        Column::count("recipients", "Recipients"),
        Column::count("delivered", "Delivered"),
        Column::count("openable", "Opens told of"),
        Column::count("opened", "Opened"),
        Column::count("clicked", "Clicked"),
        Column::count("bounced", "Bounced"),
        Column::count("failed", "Failed"),
        Column::count("unsubscribed", "Unsubscribed"),
        Column::count("complained", "Marked as spam"),
        Column::count("converted", "Converted"),
        Column::count("conversions", "Conversions"),
        Column::money("revenue", "Revenue"),
    ],
    order: "day",
    search: &["name"],
    link: None,
    sample: None,
    nothing: "No campaign did anything in these days.",
};

/// Campaigns that have a colour of their own; the others share one.
const NAMED: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];

/// What a campaign did on a local day.
#[derive(Debug, Clone)]
pub(super) struct Day {
    pub(super) day: NaiveDate,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) channel: Option<String>,
    pub(super) counts: Counts,
}

/// From `from` to the end of the range, by the day that the page counts by.
pub(super) fn load(frame: &Frame<'_>, from: NaiveDate) -> Result<Vec<Day>, store::Error> {
    let query = if frame.period.basis == Basis::Event { DAILY_BY_EVENT } else { DAILY };
    frame.rows_with(query, vec![("from", Box::new(from))])
}

/// By the day of sending, whatever the page counts by.
pub(super) fn sends(frame: &Frame<'_>) -> Result<Vec<Day>, store::Error> {
    frame.rows_with(DAILY, vec![("from", Box::new(frame.period.range.start()))])
}

pub(super) fn values(frame: &Frame<'_>) -> Vec<Value> {
    vec![("from", Box::new(frame.period.range.start()))]
}

/// The key figures of all campaigns together.
pub(super) fn cards(frame: &Frame<'_>, days: &[Day]) -> Vec<Card> {
    let knows = frame.metric.is_some();
    let mut sums: BTreeMap<NaiveDate, Counts> = BTreeMap::new();
    for it in days {
        *sums.entry(it.day).or_insert_with(|| Counts::nothing(knows)) += it.counts;
    }
    let card = |it: &Measure| Card::new(it.name, it.unit, figure(frame.period, &sums, it, knows)).titled(it.title);
    FIGURES.iter().map(card).collect()
}

fn figure(period: &Period, sums: &BTreeMap<NaiveDate, Counts>, measure: &Measure, knows: bool) -> Figure {
    let of = |range: DateRange| (measure.of)(&Counts::of_all(range.days().filter_map(|it| sums.get(&it)), knows));
    // On most days no campaign goes out, and a rate of nothing is none.
    let width = if measure.adds_up { 1 } else { RATE_DAYS };
    let until = |day: NaiveDate| DateRange::new(day - Days::new(width - 1), day).and_then(of);
    Figure::new(of(period.range), period.compared.and_then(of), period.range.days().map(until).collect())
}

/// Revenue over time, each of the campaigns that earned the most in a colour of its own.
pub(super) fn chart(frame: &Frame<'_>, days: &[Day]) -> Result<Block, store::Error> {
    let title = "Revenue by campaign";
    if frame.metric.is_none() {
        let words =
            "No metric stands for conversions, so nothing is known of revenue. Choose one on the settings page.";
        return Ok(Block::new("revenue-by-campaign", title, Content::Nothing { words: words.to_owned() }));
    }
    let best = best(frame.period, days);
    let rows = rows(frame.period, days, &best);
    let mut lines: Vec<Line> = best.iter().zip(NAMED).map(|(it, key)| Line::sum(it.1.clone(), key)).collect();
    lines.push(Line::sum(if best.is_empty() { "Campaigns" } else { "Other campaigns" }, "others"));
    if frame.period.compared.is_some() {
        lines.push(Line::sum("Compared", "previous").compared());
    }
    let notes: Vec<_> = annotations::notes(frame)?.into_iter().filter(|it| it.1 != "campaign").collect();
    let chart = Chart::over_time(Shape::Stacks, Unit::Money, frame.period, &rows, &lines, &notes);
    let by = if frame.period.basis == Basis::Event { "by the day of the order" } else { "by the day of sending" };
    let words = words(frame, days, best.first());
    Ok(Block::new("revenue-by-campaign", title, Content::Chart(chart.saying(words)))
        .with(by)
        .defined("attributed_revenue")
        .filed(SHEET.name))
}

/// Ids and names of the campaigns that earned the most in the range, best first.
fn best(period: &Period, days: &[Day]) -> Vec<(String, String, f64)> {
    let mut earned: BTreeMap<&str, (&str, f64)> = BTreeMap::new();
    for it in days.iter().filter(|it| period.range.contains(it.day)) {
        earned.entry(&it.id).or_insert((&it.name, 0.0)).1 += it.counts.revenue.unwrap_or_default();
    }
    let mut best: Vec<_> = earned.into_iter().filter(|it| it.1.1 > 0.0).collect();
    best.sort_by(|a, b| b.1.1.total_cmp(&a.1.1).then_with(|| a.0.cmp(b.0)));
    best.into_iter().take(NAMED.len()).map(|(id, (name, sum))| (id.to_owned(), name.to_owned(), sum)).collect()
}

/// One row a day of the range, with a column for each of the best.
fn rows(period: &Period, days: &[Day], best: &[(String, String, f64)]) -> Vec<Document> {
    let mut sums: BTreeMap<(NaiveDate, &str), f64> = BTreeMap::new();
    let mut totals: BTreeMap<NaiveDate, f64> = BTreeMap::new();
    for it in days {
        let key = best.iter().position(|one| one.0 == it.id).map_or("others", |at| NAMED[at]);
        let revenue = it.counts.revenue.unwrap_or_default();
        *sums.entry((it.day, key)).or_default() += revenue;
        *totals.entry(it.day).or_default() += revenue;
    }
    let keys = || NAMED.iter().take(best.len()).copied().chain(["others"]);
    let row = |day: NaiveDate| {
        let mut row = Document::new();
        row.insert("date".to_owned(), json!(day));
        for key in keys() {
            row.insert(key.to_owned(), json!(sums.get(&(day, key)).copied().unwrap_or_default()));
        }
        let shift = period.shift().and_then(|it| u64::try_from(it).ok());
        let before = shift.map(|it| totals.get(&(day - Days::new(it))).copied().unwrap_or_default());
        row.insert("previous".to_owned(), json!(before));
        row
    };
    period.range.days().map(row).collect()
}

/// Range, sum, change, the best and the peak.
fn words(frame: &Frame<'_>, days: &[Day], best: Option<&(String, String, f64)>) -> String {
    let money = |it: f64| format::money_short(it, &frame.currency);
    let sum = |range: DateRange| -> f64 {
        days.iter().filter(|it| range.contains(it.day)).filter_map(|it| it.counts.revenue).sum()
    };
    let range = frame.period.range;
    let total = sum(range);
    let mut words = format!("{}: {} from campaigns", format::span(range.start(), range.end()), money(total));
    if let Some(before) = frame.period.compared {
        let change = Figure::new(Some(total), Some(sum(before)), Vec::new()).change;
        let way = change.map_or(String::new(), |it| match format::direction(it) {
            format::Direction::Up => format!(", up {} on {}", format::change(it), money(sum(before))),
            format::Direction::Down => format!(", down {} on {}", format::change(it), money(sum(before))),
            format::Direction::Flat => ", as much as before".to_owned(),
        });
        words.push_str(&way);
    }
    if let Some((_, name, revenue)) = best {
        words = format!("{words}; most by “{name}”, {}", money(*revenue));
    }
    words + "."
}

impl FromRow for Day {
    fn from_row(row: &Row<'_>) -> RowResult<Day> {
        Ok(Day {
            day: row.get("day")?,
            id: row.get("id")?,
            name: row.get("name")?,
            channel: row.get("channel")?,
            counts: Counts::from_row(row)?,
        })
    }
}
