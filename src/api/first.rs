//! Database-first: what was never copied is read when it is asked for, as far as that takes no longer than a reader waits.

use std::time::{Duration, Instant};

use rocket::tokio::time::sleep;
use serde::Serialize;
use utoipa::ToSchema;

use super::endpoint::{Unread, known};
use crate::catalog::{self, Entity};
use crate::causes::said;
use crate::config;
use crate::pages::{Desk, Ground};
use crate::store::runs::{Run, RunEntity, Status};
use crate::sync::{Handle, Order, Refused, Ticket, Trigger};
use crate::web::{self, Error};

/// What was done for an answer.
pub(super) enum First {
    /// There was something to answer from.
    Known,
    /// It was read from Klaviyo.
    Fetched,
    NotYet(NotYet),
}

/// Why there is no answer yet: its entity was never copied.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NotYet {
    /// `syncing` while a run goes on or waits, else `never`.
    #[schema(example = "syncing")]
    status: &'static str,
    message: String,
    run: Option<RunBrief>,
    /// Share of the entity that is copied, 0–1, where it can be known.
    progress: Option<f64>,
}

/// A run of the sync.
#[derive(Debug, Serialize, ToSchema)]
struct RunBrief {
    id: i64,
    status: &'static str,
    entities: Vec<String>,
}

/// How often a reader who waits looks again.
const LOOK: Duration = Duration::from_millis(50);

/// What decides which local day it is, and so comes before everything.
const ACCOUNT: &str = "accounts";

/// What says which events are which.
const MEANINGS: &[&str] = &["metrics", "mapped_metrics"];

/// Copies what was never copied, or says how far that is. No thread waits meanwhile.
pub(super) async fn copy(
    desk: Desk,
    entity: &'static Entity,
    unread: Unread,
    settings: config::Api,
) -> Result<First, Error> {
    if let Some(refusal) = desk.handle.refusal().filter(|it| it.rests) {
        return Err(Error::Upstream(failure(entity, Some(&refusal.error), Some(refusal.remedy))));
    }
    let here = desk.clone();
    let begun = web::blocking(move || if unread == Unread::Tell { Ok(None) } else { begin(&here, entity) }).await?;
    let Some(ticket) = begun else {
        return Ok(First::NotYet(NotYet::of(entity, &desk.handle, None)));
    };
    if unread == Unread::Fetch && is_copied_in_time(&desk, entity, ticket.run, settings).await? {
        return Ok(First::Fetched);
    }
    Ok(First::NotYet(NotYet::of(entity, &desk.handle, Some(ticket))))
}

/// Waits until the run has copied the entity, as long as the settings allow.
async fn is_copied_in_time(
    desk: &Desk,
    entity: &'static Entity,
    run: i64,
    settings: config::Api,
) -> Result<bool, Error> {
    let until = Instant::now() + Duration::from_secs(settings.fallback_deadline_secs);
    loop {
        let here = desk.clone();
        if web::blocking(move || is_copied(&here, entity, run)).await? {
            return Ok(true);
        }
        if Instant::now() >= until {
            return Ok(false);
        }
        sleep(LOOK).await;
    }
}

/// Orders a run, or joins one; there is none without a key.
fn begin(desk: &Desk, entity: &'static Entity) -> Result<Option<Ticket>, Error> {
    let ground = desk.ground()?;
    let entities = needed(&ground, entity);
    match desk.handle.start(Order { entities, forced: false, since: None, trigger: Trigger::Api }) {
        Ok(ticket) => Ok(Some(ticket)),
        Err(Refused::NoKey) => Ok(None),
        Err(refused @ Refused::Stopping) => Err(Error::Busy(refused.to_string())),
    }
}

/// The entity, and what its numbers cannot do without, as far as it was never copied.
fn needed(ground: &Ground, entity: &'static Entity) -> Vec<&'static Entity> {
    let meanings = if entity.name == catalog::EVENTS.name { MEANINGS } else { &[] };
    let missing = std::iter::once(&ACCOUNT).chain(meanings).filter(|it| known(ground, it).is_none());
    missing.filter_map(|it| catalog::find(it)).chain([entity]).collect()
}

/// Whether the entity is there by now. The run may go on for hours with others.
fn is_copied(desk: &Desk, entity: &Entity, run: i64) -> Result<bool, Error> {
    let current = desk.handle.runs().into_iter().find(|it| it.id == run);
    // One that has nothing left to do ends in a moment; whoever asks next must not join it.
    let is_ending = current.as_ref().is_some_and(|it| it.entities.iter().all(|it| !is_pending(it.status)));
    let seen = current.or_else(|| desk.handle.ended(run, Duration::ZERO)).and_then(|it| part(it, entity));
    match seen {
        Some(it) if it.status == Status::Completed => Ok(true),
        Some(_) if is_ending => Ok(false),
        Some(it) if matches!(it.status, Status::Failed | Status::Disabled) => {
            Err(Error::Upstream(failure(entity, it.error.as_deref(), it.remedy.as_deref())))
        }
        Some(it) if !is_pending(it.status) => {
            Err(Error::Busy(failure(entity, it.error.as_deref(), it.remedy.as_deref())))
        }
        _ => Ok(desk.ground()?.status(entity.name).is_some_and(|it| it.last_synced_at.is_some())),
    }
}

fn is_pending(status: Status) -> bool {
    matches!(status, Status::Never | Status::Queued | Status::Running | Status::Paused)
}

fn part(run: Run, entity: &Entity) -> Option<RunEntity> {
    run.entities.into_iter().find(|it| it.name == entity.name)
}

fn failure(entity: &Entity, why: Option<&str>, remedy: Option<&str>) -> String {
    let why = said(why.unwrap_or("the run was ended"), remedy);
    format!("{} were never copied, and could not be read now: {why}", entity.title())
}

impl NotYet {
    /// `ticket` is of the run that was begun for the answer; without one, a run that is under way may do.
    fn of(entity: &Entity, handle: &Handle, ticket: Option<Ticket>) -> NotYet {
        let copies = |it: &Run| it.entities.iter().any(|it| it.name == entity.name);
        let current = handle.runs().into_iter().find(copies);
        let progress = current.clone().and_then(|it| part(it, entity)?.done);
        let run = ticket.map(RunBrief::from).or_else(|| current.map(RunBrief::from));
        let (title, name) = (entity.title(), entity.name);
        let message = if run.is_some() {
            format!("{title} are being copied from Klaviyo for the first time; ask again in a moment")
        } else if handle.has_key() {
            format!("{title} were never copied from Klaviyo; start it with POST /api/{name}/sync")
        } else {
            format!(
                "{title} were never copied from Klaviyo, and no API key is set; set KLAVIYO_API_KEY and start again"
            )
        };
        NotYet { status: if run.is_some() { "syncing" } else { "never" }, message, run, progress }
    }
}

impl From<Ticket> for RunBrief {
    fn from(it: Ticket) -> RunBrief {
        RunBrief { id: it.run, status: it.status.name(), entities: it.entities }
    }
}

impl From<Run> for RunBrief {
    fn from(it: Run) -> RunBrief {
        let entities = it.entities.into_iter().map(|it| it.name).collect();
        RunBrief { id: it.id, status: it.status.name(), entities }
    }
}
