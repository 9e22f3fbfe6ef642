//! `/sync`: is it current? Every entity with its state, what runs now, what ran before, and the buttons.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rocket::fairing::AdHoc;
use rocket::form::{Form, FromForm};
use rocket::response::Redirect;
use rocket::response::stream::{Event, EventStream};
use rocket::tokio::{select, time};
use rocket::{Shutdown, State, get, post, routes, uri};
use serde::Serialize;

use crate::catalog::{self, Entity};
use crate::range::Unclear;
use crate::store::runs::{EntityStatus, Run, Status};
use crate::store::{self, Db, Store};
use crate::sync::{Handle, Order, Refused, Trigger};
use crate::web::{self, Error, Html, Shell, Visit};

/// Finished runs that are shown.
const HISTORY: i64 = 50;

/// How often a page that watches a run is told of its progress.
const BEAT: Duration = Duration::from_millis(500);

/// All that the sync page shows.
#[derive(Debug, Serialize)]
pub struct SyncPage {
    /// Without a key the page says how to set it.
    pub has_key: bool,
    /// The run that goes on or waits, if any.
    pub running: Option<Run>,
    pub entities: Vec<EntityRow>,
    /// Finished runs, newest first.
    pub history: Vec<Run>,
}

/// An entity as the page and `/api/sync/status` show it.
#[derive(Debug, Clone, Serialize)]
pub struct EntityRow {
    #[serde(flatten)]
    pub status: EntityStatus,
    /// "Campaign messages"
    pub title: String,
    pub about: &'static str,
    pub next_run_at: Option<DateTime<Utc>>,
}

impl SyncPage {
    /// How everything stands at `now`.
    ///
    /// # Errors
    /// When a query fails.
    pub fn load(db: &Db<'_>, handle: &Handle, now: DateTime<Utc>) -> Result<SyncPage, store::Error> {
        Ok(SyncPage {
            has_key: handle.has_key(),
            running: handle.progress(),
            entities: entities(db, handle, now)?,
            history: db.runs(HISTORY)?,
        })
    }
}

/// Every entity of the catalog; one that is being read is shown as it stands in the run.
///
/// # Errors
/// When a query fails.
pub fn entities(db: &Db<'_>, handle: &Handle, now: DateTime<Utc>) -> Result<Vec<EntityRow>, store::Error> {
    let (zone, running) = (db.zone()?, handle.progress());
    let row = |mut status: EntityStatus| {
        let entity = catalog::find(&status.name)?;
        let part = running.as_ref().and_then(|run| run.entities.iter().find(|it| it.name == status.name));
        if let Some(part) = part {
            // What was counted when the last pass ended, and what came and went since.
            status.rows += if part.status == Status::Running { part.rows_new - part.rows_deleted } else { 0 };
            status.status = part.status;
            status.error = part.error.clone().or(status.error);
        }
        let next_run_at = handle.next_run_at(entity, zone, now);
        // What is parked goes on when it may, whatever its schedule says.
        let next_run_at = next_run_at.map(|it| status.resumes_at.filter(|it| *it > now).unwrap_or(it));
        Some(EntityRow { title: entity.title(), about: entity.about, next_run_at, status })
    };
    Ok(db.statuses()?.into_iter().filter_map(row).collect())
}

#[get("/sync")]
async fn show(visit: Visit, store: &State<Store>, handle: &State<Handle>) -> Result<Html, Error> {
    let (store, handle) = (store.inner().clone(), handle.inner().clone());
    web::blocking(move || {
        let now = Utc::now();
        let (page, standing) =
            store.read(|db| Ok((SyncPage::load(db, &handle, now)?, super::standing(db, &handle, now)?)))?;
        web::draw("sync.html", &Shell::new(visit, standing), &page)
    })
    .await
}

/// What the buttons of the page send.
#[derive(Debug, FromForm)]
struct Wish {
    /// Names of entities, separated by commas; missing means all.
    entities: Option<String>,
    force: Option<bool>,
}

#[post("/sync", data = "<wish>")]
async fn start(wish: Form<Wish>, handle: &State<Handle>) -> Result<Redirect, Error> {
    let entities = named(wish.entities.as_deref().unwrap_or_default())?;
    let order = Order { entities, forced: wish.force.unwrap_or(false), since: None, trigger: Trigger::Page };
    let handle = handle.inner().clone();
    web::blocking(move || match handle.start(order) {
        Ok(_) => Ok(()),
        Err(Refused::Store(error)) => Err(Error::Store(error)),
        Err(refused) => Err(Error::Conflict(refused.to_string())),
    })
    .await?;
    Ok(Redirect::to(uri!("/sync")))
}

#[post("/sync/cancel")]
fn cancel(handle: &State<Handle>) -> Redirect {
    handle.cancel();
    Redirect::to(uri!("/sync"))
}

/// The entities of a list of names separated by commas; none at all means all of them.
///
/// # Errors
/// Names the one that there is not.
pub fn named(list: &str) -> Result<Vec<&'static Entity>, Error> {
    let names = list.split(',').map(str::trim).filter(|it| !it.is_empty());
    names.map(|it| catalog::find(it).ok_or_else(|| unknown(it))).collect()
}

fn unknown(name: &str) -> Error {
    let known: Vec<&str> = catalog::ENTITIES.iter().map(|it| it.name).collect();
    let problem = format!("there is no entity `{name}`; there are {}", known.join(", "));
    Error::BadRequest(Unclear { parameter: "entities", problem })
}

/// Tells a page that watches how the run goes on, and when it is over.
#[get("/sync/events")]
fn events(handle: &State<Handle>, mut shutdown: Shutdown) -> EventStream![] {
    let handle = handle.inner().clone();
    EventStream! {
        let mut beat = time::interval(BEAT);
        while let Some(run) = handle.progress() {
            yield Event::json(&run).event("progress");
            select! {
                _ = beat.tick() => {}
                () = &mut shutdown => return,
            }
        }
        yield Event::data("").event("done");
    }
}

pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("sync", |rocket| async { rocket.mount("/", routes![show, start, cancel, events]) })
}
