//! What stands around every page: whose account, which days, how current, which theme.

use super::menu::{Group, MENU};
use super::page::Etag;
use super::theme::Theme;
use chrono::{DateTime, NaiveDate, Utc};
use rocket::request::{FromRequest, Outcome, Request};
use serde::Serialize;
use std::convert::Infallible;

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
    /// Whether anything is known of the account: an error page knows nothing.
    bare: bool,
    version: &'static str,
    menu: &'static [Group],
}

impl Shell {
    #[must_use]
    pub fn new(visit: Visit, standing: Standing) -> Shell {
        Shell { visit, standing, range: None, bare: false, version: env!("CARGO_PKG_VERSION"), menu: MENU }
    }

    #[must_use]
    pub fn with_range(self, range: RangeBar) -> Shell {
        Shell { range: Some(range), ..self }
    }

    /// The shell of a page that could not ask how the account stands.
    pub(super) fn bare(visit: &Visit) -> Shell {
        Shell { bare: true, ..Shell::new(visit.clone(), Standing::default()) }
    }
}

/// The range picker and what it is set to.
#[derive(Debug, Clone, Serialize)]
pub struct RangeBar {
    /// First and last day, both included.
    pub start: NaiveDate,
    pub end: NaiveDate,
    /// "Last 30 days", or the days themselves.
    pub label: String,
    /// "23 Oct – 21 Nov 2026"
    pub days: String,
    pub presets: Vec<Choice>,
    /// The values of `range` one period earlier and later; there is none later than today.
    pub earlier: Option<String>,
    pub later: Option<String>,
    /// Whether the last day is still going on.
    pub partial: bool,
    pub comparisons: Vec<Choice>,
    /// What is compared with, in words: "the previous 30 days". Missing where nothing is.
    pub compared: Option<String>,
    /// The days compared with: "23 Sep – 22 Oct 2026".
    pub compared_days: Option<String>,
}

/// An entry of a menu.
#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    /// As it stands in the address; empty where it is what no parameter means.
    pub value: String,
    pub label: String,
    pub current: bool,
}
