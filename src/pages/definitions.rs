//! What every number means: formula, denominator, what is left out, where it comes from, and the SQL that says so.
//!
//! Cards, columns and panels are named after these; `/definitions` shows them all with the SQL of their views.

mod audience;
mod benchmarks;
mod campaigns;
mod content;
mod deliverability;
mod explore;
mod flows;
mod forms;
mod groups;
mod messages;
mod overview;
mod profiles;
mod revenue;

use chrono::Utc;
use rocket::fairing::AdHoc;
use rocket::{State, get, routes};
use serde::Serialize;
use utoipa::ToSchema;

use super::Desk;
use crate::store::VIEWS;
use crate::web::{self, Error, Html, Shell, Visit};

/// One number.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Definition {
    /// As columns and cards are named.
    pub name: &'static str,
    pub title: &'static str,
    pub formula: &'static str,
    /// What it is a share of; empty where nothing is divided.
    pub over: &'static str,
    /// What is filtered out.
    pub without: &'static str,
    /// Whose definition it is, and which stored rows it rests on.
    pub source: &'static str,
    /// The view that defines it; empty where it is a plain count.
    pub view: &'static str,
    pub good: Good,
    pub bands: Option<Bands>,
}

/// The direction that is welcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Good {
    Up,
    Down,
    Neither,
}

impl Good {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Good::Up => "up",
            Good::Down => "down",
            Good::Neither => "",
        }
    }
}

/// Thresholds: beyond `healthy` all is well, beyond `attention` it is not, between them there is room for improvement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Bands {
    pub healthy: f64,
    pub attention: f64,
}

/// Every number that a page shows under a name of its own, by what it is about.
const SUBJECTS: &[(&str, &[Definition])] = &[
    ("Messages", messages::ALL),
    ("Campaigns", campaigns::ALL),
    ("Flows", flows::ALL),
    ("Forms", forms::ALL),
    ("Segments and lists", groups::ALL),
    ("Audience", audience::ALL),
    ("Single people", profiles::ALL),
    ("Revenue", revenue::ALL),
    ("Deliverability", deliverability::ALL),
    ("Content", content::ALL),
    ("Benchmarks and audit", benchmarks::ALL),
    ("What changed", overview::ALL),
    ("Explore", explore::ALL),
];

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Definition> {
    SUBJECTS.iter().flat_map(|it| it.1)
}

/// The definition of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Definition> {
    all().find(|it| it.name == name)
}

/// Those that a search left, and the views that they rest on.
#[derive(Serialize)]
struct Found {
    searched: String,
    subjects: Vec<Subject>,
    views: Vec<View>,
    /// How many definitions there are in all.
    of: usize,
}

#[derive(Serialize)]
struct Subject {
    title: &'static str,
    definitions: Vec<&'static Definition>,
}

/// Many numbers rest on one view.
#[derive(Serialize)]
struct View {
    name: &'static str,
    sql: &'static str,
    definitions: Vec<&'static Definition>,
}

impl Found {
    /// `searched` are small letters.
    fn of(searched: String) -> Found {
        let subjects = SUBJECTS.iter().filter_map(|(title, all)| {
            let definitions: Vec<_> = all.iter().filter(|it| it.says(&searched)).collect();
            (!definitions.is_empty()).then_some(Subject { title, definitions })
        });
        let subjects: Vec<Subject> = subjects.collect();
        let views = VIEWS.iter().filter_map(|(name, sql)| {
            let definitions: Vec<_> =
                subjects.iter().flat_map(|it| &it.definitions).filter(|it| it.view == *name).copied().collect();
            (!definitions.is_empty()).then_some(View { name, sql, definitions })
        });
        Found { views: views.collect(), subjects, searched, of: all().count() }
    }
}

impl Definition {
    /// Whether its words hold the searched ones, which are small letters.
    fn says(&self, searched: &str) -> bool {
        let all = [self.name, self.title, self.formula, self.over, self.without, self.source, self.view];
        all.iter().any(|it| it.to_lowercase().contains(searched))
    }
}

pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("definitions", |rocket| async { rocket.mount("/", routes![show]) })
}

#[get("/definitions?<q>")]
async fn show(desk: &State<Desk>, visit: Visit, q: Option<String>) -> Result<Html, Error> {
    let desk = desk.inner().clone();
    let searched = q.unwrap_or_default().trim().to_lowercase();
    web::blocking(move || {
        let standing = desk.store.read(|db| super::standing(db, &desk.handle, Utc::now()))?;
        web::draw("definitions.html", &Shell::new(visit, standing), &Found::of(searched))
    })
    .await
}

const DELIVERIES: &str = "Stored Received, Bounced and Failed events and what answered them";
const SENDS: &str = "Automated text answers and dropped e-mails, which were not sent";
const MACHINES: &str = "Opens by machines (Apple Privacy Open, machine_open), unless the page is set to count them; opens of text messages, which are not told";
const BOTS: &str = "Clicks by bots (Bot Click), unless the page is set to count them";

/// A share of deliveries, which most of them are.
const fn rate(
    name: &'static str,
    title: &'static str,
    formula: &'static str,
    without: &'static str,
    good: Good,
    bands: Option<Bands>,
) -> Definition {
    let over = "Deliveries: Received events of the messages. Nothing delivered: no rate";
    Definition { name, title, formula, over, without, source: DELIVERIES, view: "message_stats", good, bands }
}

const fn count(
    name: &'static str,
    title: &'static str,
    formula: &'static str,
    without: &'static str,
    good: Good,
) -> Definition {
    let view = "message_stats";
    Definition { name, title, formula, over: "", without, source: DELIVERIES, view, good, bands: None }
}

const fn money(name: &'static str, title: &'static str, formula: &'static str, over: &'static str) -> Definition {
    Definition {
        name,
        title,
        formula,
        over,
        without: "Orders in another currency and values that are no amount, both counted beside it. Refunds and cancellations are not taken off",
        source: "Stored events of the conversion metric, with Klaviyo's attribution",
        view: "conversions",
        good: Good::Up,
        bands: None,
    }
}

const fn published(
    name: &'static str,
    title: &'static str,
    formula: &'static str,
    without: &'static str,
) -> Definition {
    Definition {
        name,
        title,
        formula,
        over: "",
        without,
        source: "Editions as they are cited on the page, or benchmarks.toml in the data directory, beside stored events",
        view: "message_stats",
        good: Good::Up,
        bands: None,
    }
}

const fn audited(
    name: &'static str,
    title: &'static str,
    formula: &'static str,
    without: &'static str,
    view: &'static str,
) -> Definition {
    let source = "What is stored, by the bounds on the rule's page";
    Definition { name, title, formula, over: "", without, source, view, good: Good::Neither, bands: None }
}

/// A number of people.
#[expect(clippy::too_many_arguments, reason = "each is a part of a definition")]
const fn of_profiles(
    name: &'static str,
    title: &'static str,
    formula: &'static str,
    over: &'static str,
    without: &'static str,
    view: &'static str,
    good: Good,
    bands: Option<Bands>,
) -> Definition {
    let source = "Stored profiles with their consent, and what they received and did";
    Definition { name, title, formula, over, without, source, view, good, bands }
}

/// Bounds of Klaviyo's deliverability tab, help article 12695416712219.
pub(super) const BOUNCE: Bands = Bands { healthy: 0.01, attention: 0.02 };
pub(super) const SPAM: Bands = Bands { healthy: 0.0001, attention: 0.0005 };
pub(super) const UNSUBSCRIBE: Bands = Bands { healthy: 0.003, attention: 0.01 };
const OPEN: Bands = Bands { healthy: 0.33, attention: 0.27 };
pub(super) const CLICK: Bands = Bands { healthy: 0.012, attention: 0.008 };

/// Bands of form submit rates, of which 3% is the baseline of Klaviyo's strategists.
pub(super) const SUBMIT: Bands = Bands { healthy: 0.05, attention: 0.03 };

/// Of e-mail subscribers, by an audit of heymay's.
pub(super) const DORMANT: Bands = Bands { healthy: 0.3, attention: 0.5 };

/// Of profiles, as third parties have it.
pub(super) const SUPPRESSED: Bands = Bands { healthy: 0.1, attention: 0.2 };

const FORM_EVENTS: &str = "Stored events of Klaviyo's sign-up forms";

/// Of a segment or list.
const fn group(
    name: &'static str,
    title: &'static str,
    formula: &'static str,
    over: &'static str,
    without: &'static str,
    view: &'static str,
) -> Definition {
    let source = "Klaviyo's reports of segments, and copied members of lists and segments";
    Definition { name, title, formula, over, without, source, view, good: Good::Up, bands: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_is_defined_once_and_its_view_exists() {
        let names: BTreeSet<_> = all().map(|it| it.name).collect();
        assert_eq!(names.len(), all().count());
        for it in all() {
            assert!(
                it.view.is_empty() || VIEWS.iter().any(|view| view.0 == it.view),
                "{} rests on an unknown view {}",
                it.name,
                it.view
            );
            assert!(!it.formula.is_empty() && !it.source.is_empty(), "{} says too little", it.name);
        }
    }

    #[test]
    fn bands_lie_on_the_side_that_is_welcome() {
        for it in all() {
            let Some(bands) = it.bands else { continue };
            assert_eq!(it.good == Good::Up, bands.healthy > bands.attention, "{}", it.name);
        }
    }
}
