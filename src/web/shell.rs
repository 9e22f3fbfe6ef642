//! What stands around every page: whose account, which days, how current, which theme.

use std::convert::Infallible;

use chrono::{DateTime, NaiveDate, Utc};
use rocket::request::{FromRequest, Outcome, Request};
use serde::Serialize;

use super::format::span;
use super::menu::{Group, MENU};
use super::page::Etag;
use super::theme::Theme;
use crate::range::{Ask, Basis, Channel, Compare, Machine, Period, Preset, Reach};

/// What a request says of its page besides the page's own question.
#[derive(Debug, Clone, Serialize)]
pub struct Visit {
    pub theme: Theme,
    /// `/sync`
    pub path: String,
    /// The query, decoded, in its order.
    pub query: Vec<(String, String)>,
    #[serde(skip)]
    tags: Option<String>,
}

impl Visit {
    pub(super) fn of(request: &Request<'_>) -> Visit {
        Visit {
            theme: Theme::of(request.cookies()),
            path: request.uri().path().to_string(),
            query: request.query_fields().map(|it| (it.name.to_string(), it.value.to_owned())).collect(),
            tags: request.headers().get_one("If-None-Match").map(ToOwned::to_owned),
        }
    }

    /// Whether the reader has the page of this tag already.
    #[must_use]
    pub fn has(&self, etag: &Etag) -> bool {
        self.tags.as_deref().is_some_and(|it| etag.is_among(it))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Visit {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Visit, Infallible> {
        Outcome::Success(Visit::of(request))
    }
}

/// How the account stands, as every page says it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Standing {
    /// The organisation's name; unknown before the account was copied.
    pub account: Option<String>,
    /// IANA name of the account's time zone.
    pub zone: String,
    /// ISO 4217.
    pub currency: String,
    /// When the last run ended that copied everything it set out to.
    pub last_synced_at: Option<DateTime<Utc>>,
    /// Whether a run goes on.
    pub running: bool,
    /// Why the data is older than it should be, in words: "Klaviyo refused the key".
    pub stale: Option<String>,
    pub has_key: bool,
}

/// All that the base template shows.
#[derive(Debug, Clone, Serialize)]
pub struct Shell {
    #[serde(flatten)]
    visit: Visit,
    #[serde(flatten)]
    standing: Standing,
    /// Missing on pages that show no range.
    range: Option<RangeBar>,
    /// How the page counts, as far as that can be changed.
    switches: Vec<Switch>,
    /// Whether anything is known of the account: an error page knows nothing.
    bare: bool,
    version: &'static str,
    menu: &'static [Group],
}

impl Shell {
    #[must_use]
    pub fn new(visit: Visit, standing: Standing) -> Shell {
        Shell {
            visit,
            standing,
            range: None,
            switches: Vec::new(),
            bare: false,
            version: env!("CARGO_PKG_VERSION"),
            menu: MENU,
        }
    }

    /// With the range picker, for a page about a period.
    #[must_use]
    pub fn with_range(self, period: &Period) -> Shell {
        Shell { range: Some(RangeBar::of(period)), ..self }
    }

    /// With what can be changed about how the page counts: `basis`, `machine`, `metric` and `channel`, of those named.
    /// `metrics` are what conversions may be of.
    #[must_use]
    pub fn with_switches(self, ask: &Ask, names: &[&'static str], metrics: Vec<Choice>) -> Shell {
        let mut switches = vec![
            Switch {
                name: "basis",
                label: "Counted by",
                choices: vec![
                    Choice::new("sent", "Send date", ask.basis == Basis::Sent),
                    Choice::new("event", "Event date", ask.basis == Basis::Event),
                ],
            },
            Switch {
                name: "machine",
                label: "Machine opens and bot clicks",
                choices: vec![
                    Choice::new("exclude", "Left out", ask.machine == Machine::Exclude),
                    Choice::new("include", "Counted", ask.machine == Machine::Include),
                ],
            },
            Switch {
                name: "channel",
                label: "Channel",
                choices: std::iter::once(Choice::new("", "All channels", ask.channel.is_none()))
                    .chain(Channel::ALL.iter().map(|it| Choice::new(it.name(), it.title(), ask.channel == Some(*it))))
                    .collect(),
            },
            Switch { name: "metric", label: "Conversions are", choices: metrics },
        ];
        switches.retain(|it| names.contains(&it.name) && it.choices.len() > 1);
        for first in switches.iter_mut().filter_map(|it| it.choices.first_mut()) {
            first.usual = true;
        }
        Shell { switches, ..self }
    }

    /// The shell of a page that could not ask how the account stands.
    pub(super) fn bare(visit: &Visit) -> Shell {
        Shell { bare: true, ..Shell::new(visit.clone(), Standing::default()) }
    }
}

/// The range picker and what it is set to.
#[derive(Debug, Clone, Serialize)]
struct RangeBar {
    /// First and last day, both included.
    start: NaiveDate,
    end: NaiveDate,
    /// "Last 30 days", or the days themselves.
    label: String,
    /// "23 Oct – 21 Nov 2026"
    days: String,
    presets: Vec<Choice>,
    /// The values of `range` one period earlier and later; there is none later than today.
    earlier: Option<String>,
    later: Option<String>,
    /// Whether the last day is still going on.
    partial: bool,
    /// That not all of the days are copied, in words. Missing where all are.
    gap: Option<String>,
    /// That the days before are not, so that nothing is compared.
    uncompared: Option<String>,
    comparisons: Vec<Choice>,
    /// What is compared with, in words: "the previous 30 days". Missing where nothing is.
    compared: Option<String>,
    /// The days compared with: "23 Sep – 22 Oct 2026".
    compared_days: Option<String>,
}

/// Something that can be changed about a page, by a parameter of its address.
#[derive(Debug, Clone, Serialize)]
struct Switch {
    name: &'static str,
    label: &'static str,
    choices: Vec<Choice>,
}

/// An entry of a menu.
#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    /// As it stands in the address.
    value: String,
    label: String,
    current: bool,
    /// Whether it is what the page does unless it is told otherwise.
    usual: bool,
}

impl Choice {
    #[must_use]
    pub fn new(value: impl Into<String>, label: impl Into<String>, current: bool) -> Choice {
        Choice { value: value.into(), label: label.into(), current, usual: false }
    }
}

impl RangeBar {
    fn of(period: &Period) -> RangeBar {
        let (range, compared) = (period.range, period.compared);
        let preset = |it: &Preset| Choice::new(it.name(), it.label(), it.name() == period.name);
        let comparison = |value: &str, label: &str, it| Choice::new(value, label, period.compare == it);
        RangeBar {
            start: range.start(),
            end: range.end(),
            label: period.label.clone(),
            days: span(range.start(), range.end()),
            presets: Preset::ALL.iter().map(preset).collect(),
            earlier: period.earlier.clone(),
            later: period.later.clone(),
            partial: period.incomplete,
            gap: gap(period),
            uncompared: uncompared(period),
            comparisons: vec![
                comparison("previous", "Previous period", Compare::Previous),
                comparison("year", "Same weekdays last year", Compare::Year),
                comparison("none", "No comparison", Compare::None),
            ],
            compared: compared.map(|it| compared_words(period.compare, it.day_count())),
            compared_days: compared.map(|it| span(it.start(), it.end())),
        }
    }
}

/// What is missing of the days that the page is about.
fn gap(period: &Period) -> Option<String> {
    let Reach { from, complete_from, is_all } = period.reach?;
    let range = period.range;
    let so_far = if is_all { ", as sync.history_days says" } else { " so far" };
    if complete_from <= range.start() {
        None
    } else if range.end() < from {
        Some(format!("None of these days is copied: events are copied back to {}{so_far}.", day_words(from)))
    } else if range.end() < complete_from {
        Some("None of these days is copied as a whole yet: what is shown is what was copied so far.".to_owned())
    } else {
        let rest =
            if is_all { "earlier days are not counted in full" } else { "earlier days are not counted in full yet" };
        Some(format!("Events are copied back to {}{so_far}; {rest}.", day_words(complete_from)))
    }
}

/// Why nothing is compared although the days themselves are there.
fn uncompared(period: &Period) -> Option<String> {
    let reach = period.reach.filter(|it| it.complete_from <= period.range.start())?;
    let so_far = if reach.is_all { "" } else { " so far" };
    Some(format!("nothing to compare with: events are copied back to {}{so_far}", day_words(reach.complete_from)))
}

fn day_words(day: NaiveDate) -> String {
    span(day, day)
}

/// What the page says after "up on".
fn compared_words(compare: Compare, days: u64) -> String {
    match (compare, days) {
        (Compare::Year, 1) => "the same weekday last year".to_owned(),
        (Compare::Year, _) => "the same weekdays last year".to_owned(),
        (_, 1) => "the day before".to_owned(),
        (_, days) => format!("the previous {days} days"),
    }
}
