//! What a chart over time says, in words: the days, the sum, the change, the peak.

use chrono::NaiveDate;

use super::frame::Frame;
use super::overview::Figure;
use super::sheet::Unit;
use crate::range::{Compare, Period};
use crate::web::format;

/// "23 Oct – 21 Nov 2026: $1,234 of revenue, 4.0% up on the 30 days before; peak 14 Nov, $120".
///
/// `what` follows the number and may be empty; `days` are those that the peak is looked for among.
#[must_use]
pub fn of_sum(frame: &Frame<'_>, unit: Unit, figure: &Figure, what: &str, days: &[(NaiveDate, f64)]) -> String {
    let peak = days.iter().copied().fold(None, |best: Option<(NaiveDate, f64)>, it| match best {
        Some(best) if best.1 >= it.1 => Some(best),
        _ => Some(it),
    });
    let peak = peak.filter(|it| it.1 > 0.0 && days.len() > 1);
    let peak = peak.map(|(day, value)| format!("; peak {}, {}", format::day(day), written(frame, unit, Some(value))));
    format!(
        "{}: {}{}{what}{}{}{}",
        format::span(frame.period.range.start(), frame.period.range.end()),
        written(frame, unit, figure.current),
        if what.is_empty() { "" } else { " " },
        change(frame.period, figure),
        peak.unwrap_or_default(),
        if frame.period.incomplete { "; the last day is not over" } else { "" },
    )
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
