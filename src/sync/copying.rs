//! What one pass works with: its requests, what is shown of it, and which way its entity is copied.

use chrono::{DateTime, Utc};

use super::run::Stopped;
use super::{Handle, Order, events, pass};
use crate::catalog::{Entity, Follow};
use crate::klaviyo::{self, Client, Note, Stop, Why};
use crate::store::runs::{RunEntity, Status};
use crate::store::{Changes, Store};

/// One entity of one run, while it is copied.
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
    pub(super) fn ask(&self, request: &klaviyo::Request) -> Result<klaviyo::Batch, klaviyo::Error> {
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

/// Copies one entity, and what follows from it.
pub(super) fn copy(copying: &Copying<'_>) -> Result<(), Stopped> {
    copying.show(|it| it.status = Status::Running);
    match copying.entity.follow {
        Follow::Windows { .. } => events::copy(copying)?,
        _ => pass::copy(copying)?,
    }
    let store = copying.store();
    match copying.entity.name {
        "accounts" => drop(store.settle_zone()?),
        "metrics" => store.write(|db| db.name_metric_kinds())?,
        _ => {}
    }
    store.settle_aggregates()?;
    if copying.entity.name == "accounts" { zone_is_known(store) } else { Ok(()) }
}

/// Local times follow the account's zone, as far as it is known.
fn zone_is_known(store: &Store) -> Result<(), Stopped> {
    let named = store.read(|db| db.account())?.and_then(|it| it.timezone);
    match named {
        Some(name) if name.parse::<chrono_tz::Tz>().is_err() => Err(Stopped::UnknownZone(name)),
        _ => Ok(()),
    }
}
