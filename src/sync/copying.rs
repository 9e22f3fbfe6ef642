//! What one pass works with: its requests, what is shown of it, and which way its entity is copied.

use chrono::{DateTime, Utc};

use super::run::Stopped;
use super::{Handle, Order, events, pass, reconciling, reports};
use crate::catalog::{Entity, Follow, Source};
use crate::causes::causes;
use crate::klaviyo::{self, Client, Note, Stop, Why};
use crate::store::runs::{RunEntity, Status};
use crate::store::{Changes, Store};

/// One entity of one run, while it is copied.
pub(super) struct Copying<'a> {
    pub(super) handle: &'a Handle,
    pub(super) client: &'a Client,
    pub(super) order: &'a Order,
    pub(super) entity: &'static Entity,
    /// The entity that the run lists, where this one is read on its account.
    pub(super) on_behalf_of: Option<&'static Entity>,
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
    pub(super) fn ask(&self, request: &klaviyo::Request) -> Result<klaviyo::Batch, klaviyo::Error> {
        let mut note = |note: Note| {
            if note == Note::Sent && self.entity.tier.daily().is_some() {
                self.note_call(request.endpoint());
            }
            self.show(|it| account_for(it, &note));
        };
        let batch = self.client.ask(request, self.cancel, &mut note)?;
        self.show(|it| {
            it.bytes += i64::try_from(batch.bytes).unwrap_or(i64::MAX);
            it.doing = None;
        });
        Ok(batch)
    }

    /// Counts a request against the day before it goes out, so that not even a crash forgets it.
    fn note_call(&self, endpoint: &str) {
        if let Err(error) = self.store().write(|db| db.note_call(endpoint, self.now())) {
            log::error!("a request to {endpoint} could not be counted: {}", causes(&error));
        }
    }

    pub(super) fn show(&self, change: impl FnOnce(&mut RunEntity)) {
        self.handle.show(self.on_behalf_of.unwrap_or(self.entity).name, change);
    }

    /// Counts what was read and written of `entity`, which may be one that came along.
    pub(super) fn count(&self, entity: &Entity, seen: usize, changes: Changes) {
        let whole = |it: u64| i64::try_from(it).unwrap_or(i64::MAX);
        let shown = self.on_behalf_of.unwrap_or(entity);
        self.handle.show(shown.name, |it| {
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

/// Copies one entity, and what follows from it.
pub(super) fn copy(copying: &Copying<'_>) -> Result<(), Stopped> {
    copying.show(|it| it.status = Status::Running);
    match (&copying.entity.source, copying.entity.follow) {
        (_, Follow::Windows { .. }) => events::copy(copying)?,
        (Source::Report(report), _) => reports::copy(copying, report)?,
        (Source::Aggregates { path, days_max }, _) => reconciling::copy(copying, path, *days_max)?,
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
