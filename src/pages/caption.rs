//! What a chart over time says, in words: the days, the sum, the change, the peak.

use super::frame::Frame;
use super::overview::Figure;
use super::sheet::Unit;
use super::view::Chart;
use crate::range::{Compare, Period};
use crate::web::buckets::Step;
use crate::web::format;

/// "23 Oct – 21 Nov 2026: $1,234 of revenue, 4.0% up on the 30 days before; peak 14 Nov 2026, $120".
///
/// `what` follows the number and may be empty; the peak is that of `chart`.
#[must_use]
pub fn of_sum(frame: &Frame<'_>, figure: &Figure, what: &str, chart: &Chart) -> String {
    let mut said = vec![format!(
        "{}: {}{}{what}{}",
        format::span(frame.period.range.start(), frame.period.range.end()),
        written(frame, chart.unit, figure.current),
        if what.is_empty() { "" } else { " " },
        change(frame.period, figure),
    )];
    said.extend(peak(frame, chart));
    said.extend(unfinished(frame.period));
    said.join("; ")
}

/// "peak week of 31 Aug 2026, $2,023": of the bars or points that are drawn, where they add up.
#[must_use]
pub fn peak(frame: &Frame<'_>, chart: &Chart) -> Option<String> {
    let (label, value) = chart.peak().filter(|_| chart.unit != Unit::Share)?;
    Some(format!("peak {}, {}", within(label), written(frame, chart.unit, Some(value))))
}

/// A bucket's name within a sentence: "week of 31 Aug 2026".
#[must_use]
pub fn within(label: &str) -> String {
    label.strip_prefix("Week").map_or_else(|| label.to_owned(), |rest| format!("week{rest}"))
}

/// "the last week is not over", of a chart of the whole period.
#[must_use]
pub fn unfinished(period: &Period) -> Option<String> {
    let step = match Step::of(period.range.days().count()) {
        Step::Day => "day",
        Step::Week => "week",
        Step::Month => "month",
    };
    period.incomplete.then(|| format!("the last {step} is not over"))
}

/// ", 4.0% up on the 30 days before", or nothing.
fn change(period: &Period, figure: &Figure) -> String {
    let Some(change) = figure.change else { return String::new() };
    format!(", {} on {}", changed(change), before(period))
}

/// "4.0% up"
#[must_use]
pub fn changed(change: f64) -> String {
    match format::direction(change) {
        format::Direction::Up => format!("{} up", format::change(change)),
        format::Direction::Down => format!("{} down", format::change(change)),
        format::Direction::Flat => "unchanged".to_owned(),
    }
}

/// What is compared with, in words.
#[must_use]
pub fn before(period: &Period) -> &'static str {
    match period.compare {
        Compare::Year => "the same days a year before",
        Compare::Previous | Compare::None => "as many days before",
    }
}

/// A number as its unit has it; what is not known is a dash.
#[must_use]
pub fn written(frame: &Frame<'_>, unit: Unit, value: Option<f64>) -> String {
    let Some(value) = value else { return format::UNKNOWN.to_owned() };
    match unit {
        Unit::Money => format::money_short(value, &frame.currency),
        Unit::Share => format::percent(value),
        Unit::Hours => format::hours(value),
        _ => format::grouped(value, 0),
    }
}

/// With a capital at the beginning.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|it| it.to_uppercase().collect::<String>()).unwrap_or_default() + letters.as_str()
}
