//! One run: its entities copied side by side, each after what it depends on; one's failure leaves the others alone.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::{Handle, Order, events, pass, record};
use crate::catalog::{Entity, Follow, Source};
use crate::causes::causes;
use crate::klaviyo::{self, Client, Note, Stop, Why};
use crate::store::runs::{Run, RunEntity, Status};
use crate::store::{self, Changes, Store};

/// Why an entity was not copied to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stopped {
    #[error(transparent)]
    Klaviyo(#[from] klaviyo::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Malformed(#[from] record::Malformed),
    #[error("the pages of {0} lead nowhere: Klaviyo links to one that was read already, or to empty ones without end")]
    Endless(&'static str),
    #[error("no Klaviyo API key is set")]
    NoKey,
    #[error("there is nothing to read it for: {0} were not read yet; sync them first")]
    NoParents(String),
    #[error("Klaviyo names the time zone `{0}`, which is not known; days are counted in UTC until it is mended there")]
    UnknownZone(String),
}

/// What one pass works with.
pub(super) struct Copying<'a> {
    pub(super) handle: &'a Handle,
    pub(super) client: &'a Client,
    pub(super) order: &'a Order,
    pub(super) entity: &'static Entity,
    pub(super) cancel: &'a Stop,
}

impl Copying<'_> {
    pub(super) fn store(&self) -> &Store {
        &self.handle.0.store
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.handle.now()
    }

    /// One request, with its waits and bytes shown.
    pub(super) fn get(&self, request: &klaviyo::Request) -> Result<klaviyo::Batch, klaviyo::Error> {
        let mut note = |note: Note| self.show(|it| account_for(it, &note));
        let batch = self.client.ask(request, self.cancel, &mut note)?;
        self.show(|it| {
            it.bytes += i64::try_from(batch.bytes).unwrap_or(i64::MAX);
            it.doing = None;
        });
        Ok(batch)
    }

    pub(super) fn show(&self, change: impl FnOnce(&mut RunEntity)) {
        self.handle.show(self.entity.name, change);
    }

    /// Counts what was read and written of `entity`, which may be one that came along.
    pub(super) fn count(&self, entity: &Entity, seen: usize, changes: Changes) {
        let whole = |it: u64| i64::try_from(it).unwrap_or(i64::MAX);
        self.handle.show(entity.name, |it| {
            it.status = Status::Running;
            it.rows_seen += whole(seen as u64);
            it.rows_new += whole(changes.new);
            it.rows_changed += whole(changes.changed);
            it.rows_deleted += whole(changes.deleted);
        });
    }
}

/// Adds a request or a wait to what is shown.
fn account_for(it: &mut RunEntity, note: &Note) {
    match note {
        Note::Sent => it.requests += 1,
        Note::Waited { time, why } => {
            it.waited_secs += time.as_secs_f64();
            if time.as_secs() >= 1 {
                let reason = match why {
                    Why::Budget => "so as not to exceed Klaviyo's rate limit",
                    Why::RateLimit => "as Klaviyo asked",
                    Why::Retry => "before trying again",
                };
                it.doing = Some(format!("waiting {} s {reason}", time.as_secs()));
            }
        }
    }
}

/// Copies all that was ordered, `parallel` entities at a time.
pub(super) fn carry_out(handle: &Handle, client: &Client, order: &Order, cancel: &Stop) {
    let passes = order.entities.iter().copied().filter(|it| !matches!(it.source, Source::Included { .. }));
    let desk = Desk { waiting: Mutex::new(passes.collect()), finished: Mutex::default(), bell: Condvar::new() };
    std::thread::scope(|scope| {
        for _ in 0..handle.0.options.parallel {
            scope.spawn(|| {
                while let Some(entity) = desk.take(order) {
                    let copying = Copying { handle, client, order, entity, cancel };
                    let result = if cancel.is_set() { Err(klaviyo::Error::Stopped.into()) } else { copy(&copying) };
                    settle(&copying, result);
                    desk.finish(entity);
                }
            });
        }
    });
}

/// Hands out entities whose dependencies are finished.
struct Desk {
    waiting: Mutex<Vec<&'static Entity>>,
    finished: Mutex<HashSet<&'static str>>,
    bell: Condvar,
}

impl Desk {
    fn take(&self, order: &Order) -> Option<&'static Entity> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if waiting.is_empty() {
                return None;
            }
            let ready = waiting.iter().position(|it| self.is_ready(it, order));
            if let Some(at) = ready {
                return Some(waiting.remove(at));
            }
            waiting = self.bell.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether all that the entity depends on, as far as it was ordered, is finished. Everything depends on the
    /// account, whose zone local times need.
    fn is_ready(&self, entity: &Entity, order: &Order) -> bool {
        let finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = |name: &str| {
            name != entity.name && order.entities.iter().any(|it| it.name == name) && !finished.contains(name)
        };
        let parent = entity.parent().map(|it| it.parent().unwrap_or(it).name);
        !pending("accounts") && !parent.is_some_and(pending)
    }

    fn finish(&self, entity: &'static Entity) {
        let _waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        self.finished.lock().unwrap_or_else(PoisonError::into_inner).insert(entity.name);
        self.bell.notify_all();
    }
}

/// Copies one entity, and what follows from it.
fn copy(copying: &Copying<'_>) -> Result<(), Stopped> {
    copying.show(|it| it.status = Status::Running);
    match copying.entity.follow {
        Follow::Windows { .. } => events::copy(copying)?,
        _ => pass::copy(copying)?,
    }
    match copying.entity.name {
        "accounts" => settle_zone(copying.store()),
        "metrics" => Ok(copying.store().write(|db| db.name_metric_kinds())?),
        _ => Ok(()),
    }
}

/// Local times follow the account's zone, as far as it is known.
fn settle_zone(store: &Store) -> Result<(), Stopped> {
    store.settle_zone()?;
    let named = store.read(|db| db.account())?.and_then(|it| it.timezone);
    match named {
        Some(name) if name.parse::<chrono_tz::Tz>().is_err() => Err(Stopped::UnknownZone(name)),
        _ => Ok(()),
    }
}

/// Writes down how the pass ended, for the entity and for those that came along with it.
fn settle(copying: &Copying<'_>, result: Result<(), Stopped>) {
    let (status, error) = match &result {
        Ok(()) => (Status::Completed, None),
        Err(stopped) => (status_of(stopped), Some(causes(stopped))),
    };
    if let (Status::Failed | Status::Disabled | Status::Parked, Some(error)) = (status, &error) {
        log::warn!("{} was not synced: {error}", copying.entity.name);
    }
    let companions = copying.entity.companions().map(|(it, _)| it);
    for entity in std::iter::once(copying.entity).chain(companions) {
        if status != Status::Cancelled {
            let write = |db: &store::Db<'_>| db.set_status(entity, status, error.as_deref(), copying.now());
            if let Err(failure) = copying.store().write(write) {
                log::error!("the status of {} could not be written down: {}", entity.name, causes(&failure));
            }
        }
        copying.handle.show(entity.name, |it| {
            it.status = status;
            it.doing = None;
            it.done = (status == Status::Completed).then_some(1.0);
            it.error.clone_from(&error);
            it.key_refused = matches!(result, Err(Stopped::Klaviyo(klaviyo::Error::Unauthorized { .. })));
        });
    }
}

fn status_of(stopped: &Stopped) -> Status {
    match stopped {
        Stopped::Klaviyo(klaviyo::Error::Stopped) => Status::Cancelled,
        Stopped::Klaviyo(klaviyo::Error::MissingScope { .. }) | Stopped::NoParents(_) => Status::Disabled,
        Stopped::Klaviyo(klaviyo::Error::QuotaUsedUp { .. }) => Status::Parked,
        _ => Status::Failed,
    }
}

/// How a run ended: as badly as its worst entity, unless someone stopped it.
pub(super) fn outcome(run: &Run, shutting_down: bool, cancelled: bool) -> Status {
    let any = |status: Status| run.entities.iter().any(|it| it.status == status);
    if any(Status::Cancelled) && shutting_down {
        Status::Interrupted
    } else if any(Status::Cancelled) && cancelled {
        Status::Cancelled
    } else if any(Status::Failed) {
        Status::Failed
    } else if any(Status::Parked) {
        Status::Parked
    } else {
        Status::Completed
    }
}
