//! `/sync`: is it current? Every entity with its state, what runs now, what ran before, and the buttons.

mod asked;
mod problems;
mod progress;
pub mod run;

use std::time::Duration;

use chrono::{DateTime, Utc};
use rocket::fairing::AdHoc;
use rocket::form::{Form, FromForm};
use rocket::response::Redirect;
use rocket::response::stream::{Event, EventStream};
use rocket::tokio::{select, time};
use rocket::{Shutdown, State, get, post, routes, uri};
use serde::Serialize;

pub use self::asked::{Asked, run_of};
use self::problems::{Problem, SHARED, Said, gather, of_part};
pub use self::progress::Progress;
use super::agreement;
use crate::catalog::{self, Entity, Pace};
use crate::range::Unclear;
use crate::store::runs::{EntityStatus, Run, RunEntity, Status};
use crate::store::{self, Db, Store};
use crate::sync::{Budget, Handle, Order, Refused, Trigger};
use crate::web::{self, Error, Html, Shell, Visit};

/// How often a page that watches a run is told of its progress.
const BEAT: Duration = Duration::from_millis(500);

/// All that the sync page shows.
#[derive(Debug, Serialize)]
pub struct SyncPage {
    /// Without a key the page says how to set it.
    pub has_key: bool,
    /// Since when a person holds everything.
    pub paused_at: Option<DateTime<Utc>>,
    /// The runs that go on or wait.
    pub runs: Vec<Progress>,
    pub entities: Vec<EntityRow>,
    /// What went wrong with several of them.
    pub problems: Vec<Problem>,
    pub budgets: Vec<Budget>,
    pub agreement: agreement::Part,
    pub history: History,
}

/// A finished run, with what went wrong in it, each cause once.
#[derive(Debug, Serialize)]
pub struct Past {
    #[serde(flatten)]
    pub run: Run,
    pub problems: Vec<Problem>,
}

/// Finished runs, newest first, and which of them are shown.
#[derive(Debug, Serialize)]
pub struct History {
    pub runs: Vec<Past>,
    /// How many there are of those that were asked for.
    pub total: i64,
    pub asked: Asked,
    /// What may be asked for.
    pub statuses: [Status; 8],
    pub entities: Vec<Choice>,
    /// Where the page before and the one after begin.
    pub newer: Option<i64>,
    pub older: Option<i64>,
}

/// An entity to choose.
#[derive(Debug, Serialize)]
pub struct Choice {
    pub name: &'static str,
    pub title: String,
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
    /// "Every 15 minutes"
    pub schedule: String,
}

impl SyncPage {
    /// How everything stands at `now`, with the finished runs that were asked for.
    ///
    /// # Errors
    /// When a query fails.
    pub fn load(db: &Db<'_>, handle: &Handle, asked: Asked, now: DateTime<Utc>) -> Result<SyncPage, store::Error> {
        let mut entities = entities(db, handle, now)?;
        let mut problems = gather(&mut entities, SHARED, |it| Said {
            title: &it.title,
            error: &mut it.status.error,
            remedy: &mut it.status.remedy,
        });
        // Above all else the page says whether the key is refused.
        let refusal = handle.refusal();
        problems.retain(|it| refusal.as_ref().is_none_or(|refusal| refusal.error != it.error));
        Ok(SyncPage {
            has_key: handle.has_key(),
            paused_at: if handle.is_paused() { db.paused_at()?.or(Some(now)) } else { None },
            runs: handle.runs().into_iter().map(|it| Progress::of(it, now).told_once()).collect(),
            entities,
            problems,
            budgets: handle.budgets(),
            agreement: agreement::Part::load(db)?,
            history: History::load(db, asked)?,
        })
    }
}

impl Past {
    fn of(mut run: Run) -> Past {
        Past { problems: gather(&mut run.entities, 1, of_part), run }
    }
}

impl History {
    fn load(db: &Db<'_>, asked: Asked) -> Result<History, store::Error> {
        let (runs, total) = db.runs_like(&asked.filter(), asked.limit, asked.offset)?;
        let choice = |it: &&'static Entity| Choice { name: it.name, title: it.title() };
        let beyond = asked.offset + asked.limit;
        Ok(History {
            runs: runs.into_iter().map(Past::of).collect(),
            total,
            newer: (asked.offset > 0).then(|| (asked.offset - asked.limit).max(0)),
            older: (beyond < total).then_some(beyond),
            asked,
            statuses: Status::OF_RUNS,
            entities: catalog::ENTITIES.iter().map(choice).collect(),
        })
    }
}

/// Every entity of the catalog; one that is being read, or is about to be, is shown as it stands in its run.
///
/// # Errors
/// When a query fails.
pub fn entities(db: &Db<'_>, handle: &Handle, now: DateTime<Utc>) -> Result<Vec<EntityRow>, store::Error> {
    let (zone, runs) = (db.zone()?, handle.runs());
    let row = |mut status: EntityStatus| {
        let entity = catalog::find(&status.name)?;
        let next_run_at = handle.next_run_at(entity, &status, zone, now);
        let of_run =
            |run: &'_ Run| run.entities.iter().find(|it| it.name == status.name).cloned().map(|it| (run.status, it));
        let parts: Vec<(Status, RunEntity)> = runs.iter().filter_map(of_run).collect();
        let in_state = |state: Status| parts.iter().find(|(_, it)| it.status == state);
        if let Some((run, part)) = in_state(Status::Running).or_else(|| in_state(Status::Queued)) {
            // What was counted when the last pass ended, and what came and went since.
            status.rows += part.rows_new - part.rows_deleted;
            status.status = if *run == Status::Paused { Status::Paused } else { part.status };
        }
        let schedule = handle.schedule_of(entity);
        Some(EntityRow { title: entity.title(), about: entity.about, next_run_at, schedule, status })
    };
    Ok(db.statuses()?.into_iter().filter_map(row).collect())
}

#[get("/sync?<status>&<entity>&<trigger>&<offset>")]
async fn show(
    status: Option<&str>,
    entity: Option<&str>,
    trigger: Option<&str>,
    offset: Option<&str>,
    visit: Visit,
    store: &State<Store>,
    handle: &State<Handle>,
) -> Result<Html, Error> {
    let asked = Asked::parse(status, entity, trigger, None, offset)?;
    let (store, handle) = (store.inner().clone(), handle.inner().clone());
    web::blocking(move || {
        let now = Utc::now();
        let (page, mut standing) =
            store.read(|db| Ok((SyncPage::load(db, &handle, asked, now)?, super::standing(db, &handle, now)?)))?;
        // Here even what nobody waits for is watched; what is paused stands still.
        standing.running = !page.runs.is_empty() && page.paused_at.is_none();
        web::draw("sync.html", &Shell::new(visit, standing), &page)
    })
    .await
}

/// What the buttons of the page send.
#[derive(Debug, FromForm)]
struct Wish {
    /// Names of entities, separated by commas; missing means all that are done soon, or all of them where it is forced.
    entities: Option<String>,
    force: Option<bool>,
}

#[post("/sync", data = "<wish>")]
fn start(wish: Form<Wish>, handle: &State<Handle>) -> Result<Redirect, Error> {
    let forced = wish.force.unwrap_or(false);
    let mut entities = named(wish.entities.as_deref().unwrap_or_default())?;
    if entities.is_empty() && !forced {
        // Who presses the button waits for what is done soon; reports and the like come on their schedules.
        entities = catalog::ENTITIES.iter().copied().filter(|it| it.pace() == Pace::Prompt).collect();
    }
    let order = Order { entities, forced, since: None, trigger: Trigger::Page };
    handle.start(order).map_err(refusal)?;
    Ok(Redirect::to(uri!("/sync")))
}

/// Why nothing was started, for who asked.
#[must_use]
pub fn refusal(refused: Refused) -> Error {
    match refused {
        Refused::Stopping => Error::Busy(refused.to_string()),
        Refused::NoKey => Error::Conflict(refused.to_string()),
    }
}

#[post("/sync/cancel?<run>")]
async fn cancel(run: Option<&str>, handle: &State<Handle>) -> Result<Redirect, Error> {
    cancelled(run, handle).await?;
    Ok(Redirect::to(uri!("/sync")))
}

/// Ends the run of that number, or all.
///
/// # Errors
/// When it is no number, or no such run goes on.
pub async fn cancelled(run: Option<&str>, handle: &Handle) -> Result<(), Error> {
    let (run, handle) = (run.map(run_of).transpose()?, handle.clone());
    web::blocking(move || match run {
        Some(run) if !handle.cancel_run(run) => Err(Error::NotFound("run that goes on")),
        Some(_) => Ok(()),
        None => {
            handle.cancel();
            Ok(())
        }
    })
    .await
}

#[post("/sync/pause")]
async fn pause(handle: &State<Handle>) -> Result<Redirect, Error> {
    let handle = handle.inner().clone();
    web::blocking(move || Ok(handle.pause()?)).await?;
    Ok(Redirect::to(uri!("/sync")))
}

#[post("/sync/resume")]
async fn resume(handle: &State<Handle>) -> Result<Redirect, Error> {
    let handle = handle.inner().clone();
    web::blocking(move || Ok(handle.resume()?)).await?;
    Ok(Redirect::to(uri!("/sync")))
}

/// The entities of a list of names separated by commas; none at all means all of them.
///
/// # Errors
/// Names the one that there is not.
pub fn named(list: &str) -> Result<Vec<&'static Entity>, Error> {
    let names = list.split(',').map(str::trim).filter(|it| !it.is_empty());
    names.map(|it| catalog::find(it).ok_or_else(|| unknown("entities", it).into())).collect()
}

fn unknown(parameter: &'static str, name: &str) -> Unclear {
    let known: Vec<&str> = catalog::ENTITIES.iter().map(|it| it.name).collect();
    Unclear { parameter, problem: format!("there is no entity `{name}`; there are {}", known.join(", ")) }
}

/// Tells a page that watches how the runs go on, when what it waits for is over, and when all is.
#[get("/sync/events")]
fn events(handle: &State<Handle>, mut shutdown: Shutdown) -> EventStream![] {
    let handle = handle.inner().clone();
    EventStream! {
        let mut beat = time::interval(BEAT);
        let mut was_busy = false;
        loop {
            let runs = handle.runs();
            if runs.is_empty() || handle.is_paused() {
                break;
            }
            let is_busy = handle.is_busy();
            if was_busy && !is_busy {
                // Reports and the like may go on for hours.
                yield Event::data("").event("done");
            }
            was_busy = is_busy;
            yield Event::json(&runs).event("progress");
            select! {
                _ = beat.tick() => {}
                () = &mut shutdown => return,
            }
        }
        yield Event::data("").event("done");
    }
}

pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("sync", |rocket| async {
        rocket.mount("/", routes![show, start, cancel, pause, resume, events, run::show])
    })
}
