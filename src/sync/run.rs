//! One run: its entities copied side by side, each after what it depends on; one's failure leaves the others alone.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, PoisonError};

use super::copying::{Copying, copy};
use super::{Handle, Order, record};
use crate::catalog::{Entity, Source};
use crate::causes::causes;
use crate::klaviyo::{self, Client, Stop};
use crate::store;
use crate::store::runs::{Run, Status};

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
    #[error("Klaviyo did not say what it made")]
    NoAnswer,
    #[error("there is nothing to read it for: {0} were not read yet; sync them first")]
    NoParents(String),
    #[error("Klaviyo names the time zone `{0}`, which is not known; days are counted in UTC until it is mended there")]
    UnknownZone(String),
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
