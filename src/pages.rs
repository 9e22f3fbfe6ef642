//! The pages, in the order of the menu: each is a question that a person asks, from its route to its template.

pub mod overview;
pub mod sync;

use crate::range::{Ask, Period, Unclear};
use crate::catalog::Pace;
use crate::store::runs::{EntityStatus, Run, Status};
use crate::store::{self, Db, FromRow, Query, Row, RowResult, Store};
use crate::sync::Handle;
use crate::web::{self, Etag, Standing, Visit};
use crate::{catalog, params, query};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rocket::Request;
use rocket::fairing::AdHoc;
use rocket::http::Status as HttpStatus;
use rocket::request::{FromRequest, Outcome};
use std::hash::Hash;
use std::sync::LazyLock;

const EVENT_SPAN: Query = query!("pages/event_span");

/// Every query that a page asks; a test prepares them all.
pub const QUERIES: &[&[Query]] = &[&[EVENT_SPAN], overview::QUERIES];

/// Runs that are looked at to say how the account stands.
const RECENT_RUNS: i64 = 20;

/// How long a copy is fresh: every schedule comes round in less.
const FRESH: TimeDelta = TimeDelta::days(2);

const OLD: &str = "The last complete sync is more than two days old.";

/// Mounts every page.
#[must_use]
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("pages", |rocket| async { rocket.attach(overview::stage()).attach(sync::stage()) })
}

/// A request, understood, with what it is answered from.
pub struct Call {
    pub ask: Ask,
    pub store: Store,
    pub handle: Handle,
}

impl Call {
    /// The days that are asked for at `now`, by the account's calendar.
    ///
    /// # Errors
    /// When a query fails, or the range begins in the future.
    pub fn period(&self, now: DateTime<Utc>) -> Result<Period, web::Error> {
        let (zone, span) = self.store.read(|db| Ok((db.zone()?, EventSpan::load(db)?)))?;
        let today = now.with_timezone(&zone).date_naive();
        Ok(self.ask.period(today, span.first_on)?)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Call {
    type Error = Unclear;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Call, Unclear> {
        let pairs: Vec<_> = request.query_fields().map(|it| (it.name.to_string(), it.value)).collect();
        let Some((store, handle)) = request.rocket().state::<Store>().zip(request.rocket().state::<Handle>()) else {
            return Outcome::Forward(HttpStatus::ServiceUnavailable);
        };
        match Ask::parse(pairs.iter().map(|(name, value)| (name.as_str(), *value))) {
            Ok(ask) => Outcome::Success(Call { ask, store: store.clone(), handle: handle.clone() }),
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

/// How the account stands, as every page says it.
///
/// # Errors
/// When a query fails.
pub(crate) fn standing(db: &Db<'_>, handle: &Handle, now: DateTime<Utc>) -> Result<Standing, store::Error> {
    let (account, zone, runs) = (db.account()?, db.zone()?, db.runs(RECENT_RUNS)?);
    let (has_key, running) = (handle.has_key(), handle.is_busy() && !handle.is_paused());
    let last_synced_at = runs.iter().find(|it| it.status == Status::Completed).and_then(|it| it.ended_at);
    let old = last_synced_at.is_some_and(|it| it + FRESH < now) && !running;
    Ok(Standing {
        zone: zone.name().to_owned(),
        currency: account.as_ref().and_then(|it| it.currency.clone()).unwrap_or_default(),
        account: account.and_then(|it| it.name),
        stale: stale(handle, &runs, &db.statuses()?).or_else(|| old.then(|| OLD.to_owned())),
        last_synced_at,
        running,
        has_key,
    })
}

/// The tag of a page about a period: it changes with the data, the day, what runs, and with each start of the server,
/// because versions of the data are counted from there.
pub(crate) fn tag(visit: &Visit, standing: &Standing, version: u64, about: impl Hash) -> Etag {
    static START: LazyLock<DateTime<Utc>> = LazyLock::new(Utc::now);
    Etag::of(visit, (&*START, version, standing.running, standing.has_key, about))
}

/// Why the data is older than it should be, by how everything that pages rest on stands.
fn stale(handle: &Handle, runs: &[Run], statuses: &[EntityStatus]) -> Option<String> {
    if !handle.has_key() {
        return (!runs.is_empty()).then(|| "No Klaviyo API key is set, so nothing new is copied.".to_owned());
    }
    if handle.is_paused() {
        return Some("The sync is paused, so nothing new is copied.".to_owned());
    }
    let failed = statuses.iter().find_map(|it| {
        let entity = catalog::find(&it.name)?;
        let hurts = match it.status {
            Status::Failed => true,
            // What waits for a quota of the day is second opinions.
            Status::Parked => entity.pace() == Pace::Prompt,
            _ => false,
        };
        let error = it.error.as_deref().unwrap_or("the last sync did not end well");
        hurts.then(|| format!("{}: {error}", entity.title()))
    });
    let interrupted = runs.first().is_some_and(|it| it.status == Status::Interrupted);
    let words = "The last sync was interrupted; the next one goes on where it stopped.";
    failed.or_else(|| interrupted.then(|| words.to_owned()))
}
