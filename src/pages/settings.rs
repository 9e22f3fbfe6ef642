//! `/settings`: what metrics mean, what Klaviyo delivers by itself, and which settings are in force.

use chrono::Utc;
use rocket::fairing::AdHoc;
use rocket::form::{Form, FromForm};
use rocket::response::Redirect;
use rocket::{State, get, post, routes};
use serde::Serialize;

use crate::catalog::metric_kinds::{METRIC_KINDS, NOTHING};
use crate::config::{self, InForce};
use crate::range::Unclear;
use crate::store::webhooks::Subscription;
use crate::store::{self, Db, FromRow, Query, Row, RowResult, Store};
use crate::sync::{Asked, Handle};
use crate::web::{self, Error, Html, Shell, Visit};
use crate::{params, query};

const METRICS: Query = query!("settings/metrics");

pub(super) const QUERIES: &[Query] = &[METRICS];

/// Characters of a webhook's name.
const NAME_MAX: usize = 100;

/// All that the settings page shows.
#[derive(Debug, Serialize)]
pub struct SettingsPage {
    /// Those that mean nothing yet come first.
    metrics: Vec<Metric>,
    /// How many of them mean nothing yet.
    unmapped: usize,
    kinds: Vec<Kind>,
    /// The metric that the form begins with.
    chosen: Option<String>,
    webhooks: Webhooks,
    settings: Vec<InForce>,
    /// Whether a webhook was to be registered for nothing.
    lacks_topics: bool,
}

/// A metric, and what it is counted as.
#[derive(Debug, Serialize)]
struct Metric {
    id: String,
    name: String,
    integration: Option<String>,
    /// Unknown: no page counts it, and nobody said that none should.
    kind: Option<Kind>,
    set_by_person: bool,
}

/// What a metric may mean.
#[derive(Debug, Clone, Serialize)]
struct Kind {
    /// `received_email`
    name: String,
    /// "Received email"
    title: String,
}

/// What the page says of webhooks.
#[derive(Debug, Serialize)]
struct Webhooks {
    has_key: bool,
    /// Where Klaviyo would deliver to; missing without a public address.
    endpoint_url: Option<String>,
    /// Whether deliveries of webhooks that were made elsewhere can be checked.
    has_secret: bool,
    topics: Vec<Topic>,
    registered: Vec<Subscription>,
    /// What Klaviyo said last.
    asked: Option<Asked>,
}

/// Something to be told of.
#[derive(Debug, Serialize)]
struct Topic {
    /// `event:klaviyo.opened_email`
    id: String,
    /// "Opened email"
    title: String,
}

impl Kind {
    fn of(name: &str) -> Kind {
        let title = if name == NOTHING { "Nothing that a page counts".to_owned() } else { title(name) };
        Kind { name: name.to_owned(), title }
    }
}

/// `received_email` as a title.
fn title(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|it| it.to_uppercase().collect::<String>());
    let words = first.unwrap_or_default() + &letters.as_str().replace('_', " ");
    words.split(' ').map(|it| if it.eq_ignore_ascii_case("sms") { "SMS" } else { it }).collect::<Vec<_>>().join(" ")
}

impl Topic {
    fn of(id: String) -> Topic {
        let name = id.split_once('.').map_or(id.as_str(), |it| it.1);
        Topic { title: title(name), id }
    }
}

impl SettingsPage {
    /// # Errors
    /// When a query fails.
    fn load(
        db: &Db<'_>,
        handle: &Handle,
        webhooks: &config::Webhooks,
        settings: &[InForce],
        chosen: Option<String>,
    ) -> Result<SettingsPage, store::Error> {
        let metrics: Vec<Metric> = db.rows(METRICS, params! {})?;
        let names = METRIC_KINDS.iter().map(|it| it.kind).chain([NOTHING]);
        Ok(SettingsPage {
            unmapped: metrics.iter().filter(|it| it.kind.is_none()).count(),
            kinds: names.map(Kind::of).collect(),
            chosen: chosen.filter(|id| metrics.iter().any(|it| it.id == *id)),
            metrics,
            webhooks: Webhooks {
                has_key: handle.has_key(),
                endpoint_url: webhooks.endpoint_url(),
                has_secret: webhooks.secret.expose().is_some(),
                topics: db.webhook_topics()?.into_iter().map(Topic::of).collect(),
                registered: db.webhooks()?,
                asked: handle.last_asked(),
            },
            settings: settings.to_vec(),
            lacks_topics: false,
        })
    }
}

impl FromRow for Metric {
    fn from_row(row: &Row<'_>) -> RowResult<Metric> {
        let set_by: Option<String> = row.get("set_by")?;
        Ok(Metric {
            id: row.get("id")?,
            name: row.get("name")?,
            integration: row.get("integration_name")?,
            kind: row.get::<Option<String>>("kind")?.map(|it| Kind::of(&it)),
            set_by_person: set_by.as_deref() == Some("person"),
        })
    }
}

#[get("/settings?<chosen>&<lacks>")]
async fn show(
    chosen: Option<String>,
    lacks: Option<&str>,
    visit: Visit,
    store: &State<Store>,
    handle: &State<Handle>,
    webhooks: &State<config::Webhooks>,
    settings: &State<Vec<InForce>>,
) -> Result<Html, Error> {
    let lacks_topics = lacks == Some("topics");
    let (store, handle) = (store.inner().clone(), handle.inner().clone());
    let (webhooks, settings) = (webhooks.inner().clone(), settings.inner().clone());
    web::blocking(move || {
        let (page, standing) = store.read(|db| {
            let page = SettingsPage::load(db, &handle, &webhooks, &settings, chosen)?;
            Ok((SettingsPage { lacks_topics, ..page }, super::standing(db, &handle, Utc::now())?))
        })?;
        web::draw("settings.html", &Shell::new(visit, standing), &page)
    })
    .await
}

/// What a metric means from now on.
#[derive(Debug, FromForm)]
struct Meaning {
    metric: String,
    /// Empty: what its name says.
    kind: String,
}

#[post("/settings/metric-kinds", data = "<meaning>")]
async fn set_kind(meaning: Form<Meaning>, store: &State<Store>) -> Result<Redirect, Error> {
    let Meaning { metric, kind } = meaning.into_inner();
    let kind = known_kind(kind)?;
    let store = store.inner().clone();
    web::blocking(move || {
        let metrics: Vec<Metric> = store.read(|db| db.rows(METRICS, params! {}))?;
        if !metrics.iter().any(|it| it.id == metric) {
            return Err(Error::NotFound("metric"));
        }
        store.write(|db| db.set_metric_kind(&metric, kind.as_deref()))?;
        Ok(Redirect::to("/settings#metrics"))
    })
    .await
}

fn known_kind(kind: String) -> Result<Option<String>, Unclear> {
    match kind.as_str() {
        "" => Ok(None),
        name if name == NOTHING || METRIC_KINDS.iter().any(|it| it.kind == name) => Ok(Some(kind)),
        other => Err(Unclear { parameter: "kind", problem: format!("“{other}” is no kind of metric") }),
    }
}

#[post("/settings/webhooks/ask")]
async fn ask(handle: &State<Handle>) -> Result<Redirect, Error> {
    let handle = with_key(handle)?;
    web::waiting(move || {
        handle.ask_for_webhooks();
        Ok(Redirect::to("/settings#webhooks"))
    })
    .await
}

/// What is to be delivered.
#[derive(Debug, FromForm)]
struct Wish {
    name: String,
    topics: Vec<String>,
}

#[post("/settings/webhooks", data = "<wish>")]
async fn register(
    wish: Form<Wish>,
    store: &State<Store>,
    handle: &State<Handle>,
    settings: &State<config::Webhooks>,
) -> Result<Redirect, Error> {
    let Wish { name, topics } = wish.into_inner();
    let name = name.trim().to_owned();
    let (handle, store) = (with_key(handle)?, store.inner().clone());
    let endpoint_url = settings.endpoint_url().ok_or_else(|| {
        Error::Conflict("set webhooks.public_url first: Klaviyo has to know where to deliver to".to_owned())
    })?;
    if name.is_empty() || name.chars().count() > NAME_MAX {
        let problem = format!("a name of 1 to {NAME_MAX} characters is needed");
        return Err(Unclear { parameter: "name", problem }.into());
    }
    web::waiting(move || {
        let known = store.read(|db| db.webhook_topics())?;
        if topics.is_empty() {
            // Easily forgotten, and no reason to take the form away.
            return Ok(Redirect::to("/settings?lacks=topics#webhooks"));
        }
        if topics.iter().any(|it| !known.contains(it)) {
            let problem = "choose of those that Klaviyo has".to_owned();
            return Err(Unclear { parameter: "topics", problem }.into());
        }
        handle.register_webhook(name, endpoint_url, topics);
        Ok(Redirect::to("/settings#webhooks"))
    })
    .await
}

/// What is to be removed.
#[derive(Debug, FromForm)]
struct Unwanted {
    id: String,
}

#[post("/settings/webhooks/remove", data = "<unwanted>")]
async fn remove(unwanted: Form<Unwanted>, store: &State<Store>, handle: &State<Handle>) -> Result<Redirect, Error> {
    let Unwanted { id } = unwanted.into_inner();
    let (handle, store) = (with_key(handle)?, store.inner().clone());
    web::waiting(move || {
        if store.read(|db| db.webhook_secret(&id))?.is_none() {
            return Err(Error::NotFound("webhook"));
        }
        handle.remove_webhook(id);
        Ok(Redirect::to("/settings#webhooks"))
    })
    .await
}

fn with_key(handle: &State<Handle>) -> Result<Handle, Error> {
    let missing = || Error::Conflict("no Klaviyo API key is set, so Klaviyo cannot be asked".to_owned());
    handle.has_key().then(|| handle.inner().clone()).ok_or_else(missing)
}

pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("settings", |rocket| async { rocket.mount("/", routes![show, set_kind, ask, register, remove]) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_titles() {
        assert_eq!(title("received_email"), "Received email");
        assert_eq!((title("clicked_sms"), title("")), ("Clicked SMS".to_owned(), String::new()));
        assert_eq!(Topic::of("event:klaviyo.opened_email".to_owned()).title, "Opened email");
        assert_eq!(Topic::of("odd".to_owned()).title, "Odd");
        assert_eq!(Kind::of(NOTHING).title, "Nothing that a page counts");
    }

    #[test]
    fn only_kinds_that_a_page_counts_are_taken() {
        assert_eq!(known_kind(String::new()), Ok(None));
        assert_eq!(known_kind("placed_order".to_owned()), Ok(Some("placed_order".to_owned())));
        assert_eq!(known_kind("placed_orders".to_owned()).expect_err("none").parameter, "kind");
    }
}
