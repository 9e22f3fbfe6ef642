//! The pages, in the order of the menu: each is a question that a person asks, from its route to its template.

pub mod agreement;
pub mod annotations;
pub mod audience;
pub mod benchmarks;
pub mod campaigns;
pub mod caption;
pub mod content;
pub mod definitions;
pub mod deliverability;
pub mod explore;
pub mod fetching;
pub mod flows;
pub mod forms;
pub mod frame;
pub mod groups;
pub mod messages;
pub mod notes;
pub mod overview;
pub mod page;
mod preview;
pub mod profile;
mod reach;
pub mod revenue;
pub mod settings;
pub mod sheet;
pub mod sync;
pub mod view;
mod working;

use crate::catalog::Pace;
use crate::causes::said;
use crate::range::{Ask, Period, Unclear};
use crate::store::runs::{Account, EntityStatus, Run, Status};
use crate::store::{self, Db, FromRow, Query, Row, RowResult, Store, Window};
use crate::sync::Handle;
use crate::web::{self, Cache, Choice, Etag, Standing, Visit};
use crate::{catalog, params, query};
use benchmarks::editions::{Benchmarks, Shelf};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use page::Page;
use rocket::Request;
use rocket::fairing::AdHoc;
use rocket::http::Status as HttpStatus;
use rocket::request::{FromRequest, Outcome};
use std::hash::Hash;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
pub use working::WORKING;

const EVENT_SPAN: Query = query!("pages/event_span");
const CONVERSION_METRICS: Query = query!("pages/conversion_metrics");

/// Every query that a page asks; a test prepares them all.
pub const QUERIES: &[&[Query]] = &[
    &[EVENT_SPAN, CONVERSION_METRICS],
    agreement::QUERIES,
    annotations::QUERIES,
    audience::QUERIES,
    benchmarks::AUDIT_QUERIES,
    benchmarks::QUERIES,
    campaigns::QUERIES,
    content::QUERIES,
    deliverability::QUERIES,
    explore::QUERIES,
    flows::QUERIES,
    forms::QUERIES,
    frame::QUERIES,
    groups::QUERIES,
    messages::QUERIES,
    notes::QUERIES,
    overview::QUERIES,
    preview::QUERIES,
    profile::QUERIES,
    revenue::QUERIES,
    settings::QUERIES,
];

/// The pages that are descriptions, in the order of the menu.
pub const PAGES: &[&Page] = &[
    &overview::PAGE,
    &campaigns::LIST,
    &campaigns::COMPARE,
    &campaigns::ONE,
    &flows::LIST,
    &flows::ONE,
    &forms::LIST,
    &forms::ONE,
    &groups::LIST,
    &groups::ONE,
    &audience::PAGE,
    &profile::PAGE,
    &revenue::PAGE,
    &deliverability::PAGE,
    &content::PAGE,
    &benchmarks::PAGE,
    &benchmarks::RULE,
    &explore::PAGE,
];

/// What most readers open first, and so what is worked out after each sync.
const USUAL: &[&Page] = &[&overview::PAGE, &campaigns::LIST, &flows::LIST];

/// Runs that are looked at to say how the account stands.
const RECENT_RUNS: i64 = 20;

/// How long a copy is fresh: every schedule comes round in less.
const FRESH: TimeDelta = TimeDelta::days(2);

const OLD: &str = "The last complete sync is more than two days old.";

/// Mounts every page.
#[must_use]
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("pages", |rocket| async {
        if let Some(directory) =
            rocket.state::<Desk>().and_then(|it| it.store.directory().is_some().then(|| it.store.exports().ok())?)
        {
            page::sweep(&directory);
        }
        rocket
            .attach(sync::stage())
            .attach(settings::stage())
            .attach(annotations::stage())
            .attach(preview::stage())
            .attach(definitions::stage())
            .attach(explore::stage())
            .mount("/", page::routes())
    })
}

/// A request, understood, with what it is answered from.
#[derive(Clone)]
pub struct Call {
    pub ask: Ask,
    pub desk: Desk,
}

/// What requests are answered from; clones share it.
#[derive(Clone)]
pub struct Desk {
    pub store: Store,
    pub handle: Handle,
    pub cache: Cache,
    shelf: Arc<Shelf>,
    ground: Arc<Mutex<Option<Arc<Ground>>>>,
}

/// What every answer rests on, as of one version of the data.
#[derive(Debug)]
pub struct Ground {
    pub version: u64,
    pub zone: Tz,
    pub span: EventSpan,
    /// Every entity of the catalog.
    pub statuses: Vec<EntityStatus>,
    /// Published averages, as the data directory has them.
    pub benchmarks: Arc<Benchmarks>,
    /// Spans of time whose events are complete, newest first.
    covered: Vec<Window>,
    /// How far a first read of events goes, in days; 0 is everything.
    history_days: u32,
}

impl Desk {
    #[must_use]
    pub fn new(store: Store, handle: Handle, cache: Cache) -> Desk {
        Desk { store, handle, cache, shelf: Arc::default(), ground: Arc::default() }
    }

    /// With the benchmarks of a data directory beside those that are shipped.
    #[must_use]
    pub fn with_benchmarks(self, data_dir: &Path) -> Desk {
        Desk { shelf: Arc::new(Shelf::of(data_dir)), ..self }
    }

    /// Asked once a version of the data: each question waits for it, and its span takes a look at every event.
    ///
    /// # Errors
    /// When a query fails.
    pub fn ground(&self) -> Result<Arc<Ground>, store::Error> {
        let (benchmarks, have_changed) = self.shelf.look();
        if have_changed {
            // What was worked out rests on them as on the data: a write that changes nothing makes it old.
            self.store.write(|_| Ok(()))?;
        }
        let version = self.store.version();
        let last = || self.ground.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ground) = last().as_ref().filter(|it| it.version == version) {
            return Ok(Arc::clone(ground));
        }
        let history_days = self.handle.history_days();
        let ground = self.store.read(|db| {
            let (zone, span, statuses) = (db.zone()?, EventSpan::load(db)?, db.statuses()?);
            let covered = db.covered(&catalog::EVENTS)?;
            Ok(Arc::new(Ground { version, zone, span, statuses, benchmarks, covered, history_days }))
        })?;
        *last() = Some(Arc::clone(&ground));
        Ok(ground)
    }
}

impl Ground {
    /// The account's local day at `now`.
    #[must_use]
    pub fn day(&self, now: DateTime<Utc>) -> NaiveDate {
        now.with_timezone(&self.zone).date_naive()
    }

    /// The days that are asked for, as far as events are copied.
    ///
    /// # Errors
    /// When the range begins in the future.
    pub fn period(&self, ask: &Ask, now: DateTime<Utc>) -> Result<Period, Unclear> {
        let reach = reach::reach(&self.covered, self.history_days, self.zone, now);
        Ok(ask.period(self.day(now), self.span.first_on)?.within(reach))
    }

    #[must_use]
    pub fn status(&self, entity: &str) -> Option<&EntityStatus> {
        self.statuses.iter().find(|it| it.name == entity)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Call {
    type Error = Unclear;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Call, Unclear> {
        let pairs: Vec<_> = request.query_fields().map(|it| (it.name.to_string(), it.value)).collect();
        let Some(desk) = request.rocket().state::<Desk>() else {
            return Outcome::Forward(HttpStatus::ServiceUnavailable);
        };
        match Ask::parse(pairs.iter().map(|(name, value)| (name.as_str(), *value))) {
            Ok(ask) => Outcome::Success(Call { ask, desk: desk.clone() }),
            Err(unclear) => Outcome::Error((HttpStatus::BadRequest, unclear)),
        }
    }
}

/// How far the copied events reach.
#[derive(Debug, Clone, Copy)]
pub struct EventSpan {
    pub events: i64,
    /// The first local day that has one.
    pub first_on: Option<NaiveDate>,
}

impl EventSpan {
    /// # Errors
    /// When the query fails.
    pub fn load(db: &Db<'_>) -> Result<EventSpan, store::Error> {
        db.row(EVENT_SPAN, params! {})
    }
}

impl FromRow for EventSpan {
    fn from_row(row: &Row<'_>) -> RowResult<EventSpan> {
        Ok(EventSpan { events: row.get("events")?, first_on: row.get("first_on")? })
    }
}

/// Works out what most readers will ask first, so that they need not wait for it.
///
/// # Errors
/// When a query fails.
pub fn warm(desk: &Desk, now: DateTime<Utc>) -> Result<(), web::Error> {
    USUAL.iter().try_for_each(|it| it.warm(desk, now))
}

/// What conversions may be of, the one that is asked for among them.
fn conversion_metrics(db: &Db<'_>, ask: &Ask) -> Result<Vec<Choice>, store::Error> {
    struct Metric {
        id: String,
        label: String,
        chosen: bool,
    }
    impl FromRow for Metric {
        fn from_row(row: &Row<'_>) -> RowResult<Metric> {
            Ok(Metric { id: row.get("id")?, label: row.get("label")?, chosen: row.get("chosen")? })
        }
    }
    let metrics: Vec<Metric> = db.rows(CONVERSION_METRICS, params! { "metric": ask.metric })?;
    Ok(metrics.into_iter().map(|it| Choice::new(it.id, it.label, it.chosen)).collect())
}

/// How the account stands, as every page says it.
///
/// # Errors
/// When a query fails.
pub(crate) fn standing(db: &Db<'_>, handle: &Handle, now: DateTime<Utc>) -> Result<Standing, store::Error> {
    let (account, runs) = (db.account()?, db.runs(RECENT_RUNS)?);
    let (has_key, running) = (handle.has_key(), is_running(handle));
    let last_synced_at = runs.iter().find(|it| it.status == Status::Completed).and_then(|it| it.ended_at);
    let old = last_synced_at.is_some_and(|it| it + FRESH < now) && !running;
    Ok(Standing {
        zone: account.as_ref().map_or(Tz::UTC, Account::zone).name().to_owned(),
        currency: account.as_ref().and_then(|it| it.currency.clone()).unwrap_or_default(),
        account: account.and_then(|it| it.name),
        stale: stale(handle, &runs, &db.statuses()?).or_else(|| old.then(|| OLD.to_owned())),
        last_synced_at,
        running,
        has_key,
    })
}

/// Whether something is being copied that is done soon.
fn is_running(handle: &Handle) -> bool {
    handle.is_busy() && !handle.is_paused()
}

/// The tag of a page about a period: it changes with the data, the day, what runs and ran, and with each start of the server,
/// because versions of the data are counted from there. No query is asked for it.
fn tag(visit: &Visit, handle: &Handle, version: u64, about: impl Hash) -> Etag {
    static START: LazyLock<DateTime<Utc>> = LazyLock::new(Utc::now);
    // A run that failed changes no data, and yet every page says so.
    Etag::of(visit, (&*START, version, is_running(handle), handle.mark(), about))
}

/// Why the data is older than it should be, by how everything that pages rest on stands.
fn stale(handle: &Handle, runs: &[Run], statuses: &[EntityStatus]) -> Option<String> {
    if !handle.has_key() {
        return (!runs.is_empty()).then(|| "No Klaviyo API key is set, so nothing new is copied.".to_owned());
    }
    if handle.is_paused() {
        return Some("The sync is paused, so nothing new is copied.".to_owned());
    }
    if let Some(refusal) = handle.refusal() {
        return Some(said(&refusal.error, Some(refusal.remedy)));
    }
    let failed = statuses.iter().find_map(|it| {
        let entity = catalog::find(&it.name)?;
        let hurts = match it.status {
            // What takes long is second opinions and details; the sync page tells of them.
            Status::Failed | Status::Parked => entity.pace() == Pace::Prompt,
            _ => false,
        };
        let error = said(it.error.as_deref().unwrap_or("the last sync did not end well"), it.remedy.as_deref());
        hurts.then(|| format!("{}: {error}", entity.title()))
    });
    let interrupted = runs.first().is_some_and(|it| it.status == Status::Interrupted);
    let words = "The last sync was interrupted; the next one goes on where it stopped.";
    failed.or_else(|| interrupted.then(|| words.to_owned()))
}
