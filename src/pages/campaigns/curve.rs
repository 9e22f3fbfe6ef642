//! What campaigns earned and saw hour by hour since their first delivery.

use std::collections::BTreeMap;

use super::HOURS;
use super::compare::Chosen;
use super::names::Names;
use crate::pages::frame::{Frame, Value};
use crate::pages::sheet::{Column, Sheet, Unit};
use crate::pages::view::chart::{Bucket, Series};
use crate::pages::view::{Block, Chart, Content, Shape, Width};
use crate::store::{self, FromRow, Row, RowResult};
use crate::web::format;

/// Three days: by then nearly all has happened that will.
pub(super) const HOURS_SHOWN: u16 = 72;

/// The columns of files about hours.
pub(super) const COLUMNS: &[Column] = &[
    Column::text("id", "Campaign"),
    Column::new("hour", "Hours since the first delivery", Unit::Count),
    Column::count("opens", "Opens"),
    Column::count("clicks", "Clicks"),
    Column::count("conversions", "Conversions"),
    Column::money("revenue", "Revenue"),
];

/// Of one campaign.
pub(super) static SHEET: Sheet = sheet("campaign_hours");

pub(super) const fn sheet(name: &'static str) -> Sheet {
    Sheet {
        name,
        title: "Hour by hour",
        query: HOURS,
        by_event: None,
        columns: COLUMNS,
        order: "hour",
        search: &[],
        link: None,
        sample: None,
        nothing: "Nothing was sent yet.",
    }
}

/// An hour of a campaign; only those that have begun are there.
#[derive(Debug, Clone)]
pub(super) struct Hour {
    id: String,
    hour: i64,
    opens: i64,
    clicks: i64,
    revenue: Option<f64>,
}

/// Of the campaigns of these names.
pub(super) fn load(frame: &Frame<'_>, names: &Names) -> Result<Vec<Hour>, store::Error> {
    let mut values = names.values(names.end_of(HOURS_SHOWN));
    values.push(hours());
    frame.rows_with(HOURS, values)
}

/// What the query of hours names besides.
pub(super) fn hours() -> Value {
    ("hours", Box::new(i64::from(HOURS_SHOWN)))
}

/// Of one campaign: what people did, and what it earned.
pub(super) fn blocks(frame: &Frame<'_>, hours: &[Hour], tells_opens: bool) -> Vec<Block> {
    let opens: i64 = hours.iter().map(|it| it.opens).sum();
    let clicks: i64 = hours.iter().map(|it| it.clicks).sum();
    let mut series = vec![("clicks", "Clicks")];
    if tells_opens {
        series.insert(0, ("opens", "Opens"));
    }
    let number = |it: i64| format::grouped(f64::from(i32::try_from(it).unwrap_or(i32::MAX)), 0);
    let named = |count: i64, one: &str| format!("{} {one}{}", number(count), if count == 1 { "" } else { "s" });
    let busiest = hours.iter().max_by_key(|it| (it.opens + it.clicks, -it.hour));
    let mut words = if tells_opens {
        format!("In its first {HOURS_SHOWN} hours: {} and {}", named(opens, "open"), named(clicks, "click"))
    } else {
        format!("In its first {HOURS_SHOWN} hours: {}", named(clicks, "click"))
    };
    if let Some(it) = busiest.filter(|it| it.opens + it.clicks > 0) {
        words = format!("{words}; most in {}", ordinal(it.hour));
    }
    let reactions = chart(Unit::Count, &series, hours, |it, key| {
        Some(if key == "opens" { it.opens } else { it.clicks }).and_then(|it| crate::pages::overview::share(it, 1))
    });
    let mut blocks = vec![block("hours", "Opens and clicks by the hour", reactions.saying(words + "."))];
    if frame.metric.is_some() {
        let total: f64 = hours.iter().filter_map(|it| it.revenue).sum();
        let money = format::money_short(total, &frame.currency);
        let first: f64 = hours.iter().filter(|it| it.hour < 24).filter_map(|it| it.revenue).sum();
        let share = if total > 0.0 {
            format!(", {} of it in the first day", format::percent(first / total))
        } else {
            String::new()
        };
        let earned = chart(Unit::Money, &[("revenue", "Revenue")], hours, |it, _| it.revenue);
        let words = format!("In its first {HOURS_SHOWN} hours: {money}{share}.");
        blocks.push(block("revenue-hours", "Revenue by the hour", earned.saying(words)));
    }
    blocks
}

fn block(name: &'static str, title: &str, chart: Chart) -> Block {
    let block = Block::new(name, title, Content::Chart(chart)).wide(Width::Half).filed(SHEET.name);
    block.with("since the first delivery").defined("hours_since_send")
}

fn chart(unit: Unit, series: &[(&str, &str)], hours: &[Hour], value: impl Fn(&Hour, &str) -> Option<f64>) -> Chart {
    let rows = hours.iter().map(|it| Bucket {
        label: capital(&ordinal(it.hour)),
        tick: tick(it.hour),
        whole: true,
        values: series.iter().map(|(key, _)| ((*key).to_owned(), value(it, key))).collect(),
    });
    let named =
        |(key, name): &(&str, &str)| Series { key: (*key).to_owned(), name: (*name).to_owned(), is_compared: false };
    Chart {
        shape: Shape::Columns,
        caption: String::new(),
        unit,
        rows: rows.collect(),
        series: series.iter().map(named).collect(),
        marks: Vec::new(),
    }
}

/// Revenue summed up hour by hour, a line for each of the campaigns.
pub(super) fn lines(frame: &Frame<'_>, hours: &[Hour], chosen: &[Chosen]) -> Chart {
    let mut rows: Vec<Bucket> = (0..i64::from(HOURS_SHOWN))
        .map(|hour| Bucket {
            label: format!("After {}", ordinal(hour).trim_start_matches("the ")),
            tick: tick(hour),
            whole: true,
            values: chosen.iter().map(|it| (it.id.clone(), None)).collect(),
        })
        .collect();
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    for it in hours {
        let sum = sums.entry(&it.id).or_default();
        *sum += it.revenue.unwrap_or_default();
        if let Some(row) = usize::try_from(it.hour).ok().and_then(|at| rows.get_mut(at)) {
            row.values.insert(it.id.clone(), Some(*sum));
        }
    }
    let series = chosen.iter().map(|it| Series { key: it.id.clone(), name: it.name.clone(), is_compared: false });
    let best = sums.iter().max_by(|a, b| a.1.total_cmp(b.1)).filter(|it| *it.1 > 0.0);
    let name = |id: &str| chosen.iter().find(|it| it.id == id).map_or(id.to_owned(), |it| it.name.clone());
    let words = match best {
        Some((id, sum)) => format!(
            "After {HOURS_SHOWN} hours “{}” had earned the most, {}.",
            name(id),
            format::money_short(*sum, &frame.currency)
        ),
        None => format!("None of them earned anything in its first {HOURS_SHOWN} hours."),
    };
    Chart { shape: Shape::Lines, caption: words, unit: Unit::Money, series: series.collect(), rows, marks: Vec::new() }
}

/// What stands under the bar of an hour: "5 h", "2 d 3 h".
fn tick(hour: i64) -> String {
    match (hour / 24, hour % 24) {
        (0, hours) => format!("{hours} h"),
        (days, 0) => format!("{days} d"),
        (days, hours) => format!("{days} d {hours} h"),
    }
}

/// "the 1st hour"
fn ordinal(hour: i64) -> String {
    let number = hour + 1;
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("the {number}{ending} hour")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |it| it.to_uppercase().chain(letters).collect())
}

impl FromRow for Hour {
    fn from_row(row: &Row<'_>) -> RowResult<Hour> {
        Ok(Hour {
            id: row.get("id")?,
            hour: row.get("hour")?,
            opens: row.get("opens")?,
            clicks: row.get("clicks")?,
            revenue: row.get("revenue")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_counted_as_people_count() {
        for (hour, words, under) in [
            (0, "the 1st hour", "0 h"),
            (1, "the 2nd hour", "1 h"),
            (10, "the 11th hour", "10 h"),
            (22, "the 23rd hour", "22 h"),
            (24, "the 25th hour", "1 d"),
            (71, "the 72nd hour", "2 d 23 h"),
        ] {
            assert_eq!((ordinal(hour).as_str(), tick(hour).as_str()), (words, under));
        }
    }
}
