//! What one pass works with: its requests, what is shown of it, and which way its entity is copied.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::run::{self, Stopped};
use super::{Handle, Order, events, identity, pass, reconciling, reports};
use crate::catalog::{Entity, Follow, Source};
use crate::causes::causes;
use crate::klaviyo::{self, Client, Note, Stop, Why};
use crate::store::runs::{Level, RunEntity, Status};
use crate::store::{Changes, Store, Window, aggregates};

/// Waits that the run's log tells of; shorter ones are its everyday life.
const WORTH_TELLING: Duration = Duration::from_secs(10);

/// One entity of one run, while it is copied.
pub(super) struct Copying<'a> {
    pub(super) handle: &'a Handle,
    pub(super) client: &'a Client,
    pub(super) order: &'a Order,
    pub(super) entity: &'static Entity,
    /// The entity that the run lists, where this one is read on its account.
    pub(super) on_behalf_of: Option<&'static Entity>,
    pub(super) cancel: &'a Stop,
    pub(super) remarks: &'a Remarks,
    /// The number of the run.
    pub(super) run: i64,
}

/// What a pass that goes well has to say all the same.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    /// Records that were no records; see [`Copying::leave_out`].
    left_out: AtomicUsize,
    said: Mutex<Vec<String>>,
}

impl Copying<'_> {
    pub(super) fn store(&self) -> &Store {
        &self.handle.0.store
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.handle.now()
    }

    /// One request, with its waits and bytes shown; while the sync is paused it does not go out.
    pub(super) fn ask(&self, request: &klaviyo::Request) -> Result<klaviyo::Batch, klaviyo::Error> {
        self.handle.wait_while_held(self.run, self.cancel);
        let mut wait = Wait { copying: self, goes_on: false };
        let mut failure = None;
        let mut note = |note: Note| {
            // Whatever comes next, the wait before it is over.
            wait.end();
            if note == Note::Sent && self.entity.tier.daily().is_some() {
                self.note_call(request.endpoint());
            }
            self.show(|it| account_for(it, &note, failure.as_deref()));
            self.mention(&note);
            match note {
                Note::Waited { .. } => wait.begin(),
                Note::Failed { reason } => failure = Some(reason),
                Note::Sent => {}
            }
        };
        let answer = self.client.ask(request, self.cancel, &mut note);
        wait.end();
        self.handle.heed(&answer);
        let batch = answer?;
        self.show(|it| {
            it.bytes += i64::try_from(batch.bytes).unwrap_or(i64::MAX);
            it.doing = None;
        });
        Ok(batch)
    }

    /// Whether a pause lets nothing go out.
    pub(super) fn is_held(&self) -> bool {
        self.handle.is_held(self.run)
    }

    /// Counts a request against the day before it goes out, so that not even a crash forgets it.
    fn note_call(&self, endpoint: &str) {
        if let Err(error) = self.store().write_aside(|db| db.note_call(endpoint, self.now())) {
            log::error!("a request to {endpoint} could not be counted: {}", causes(&error));
        }
    }

    /// The entity that the run lists.
    fn listed(&self) -> &'static Entity {
        self.on_behalf_of.unwrap_or(self.entity)
    }

    pub(super) fn show(&self, change: impl FnOnce(&mut RunEntity)) {
        self.handle.show(self.run, self.listed().name, change);
    }

    /// Says something of this pass in the run's log.
    pub(super) fn tell(&self, level: Level, words: String) {
        self.handle.change(self.run, |live, now| live.diary.say(now, self.listed().name, level, words));
    }

    /// Says that a window is complete; of many windows a few are mentioned.
    pub(super) fn closed(&self, window: Window, changes: Changes) {
        self.mention_now_and_then("windows", Level::Info, || run::of_window(window, changes.new + changes.changed));
    }

    /// Says why nothing comes for a while.
    fn mention(&self, note: &Note) {
        match note {
            Note::Failed { reason } => self.mention_now_and_then("failures", Level::Warning, || {
                format!("a request failed and is tried again: {reason}")
            }),
            Note::Waited { time, why } if *time >= WORTH_TELLING => {
                let level = if *why == Why::Budget { Level::Info } else { Level::Warning };
                self.mention_now_and_then("waits", level, || format!("waits {} s {}", time.as_secs(), reason_of(*why)));
            }
            Note::Sent | Note::Waited { .. } => {}
        }
    }

    fn mention_now_and_then(&self, kind: &'static str, level: Level, words: impl FnOnce() -> String) {
        let is_due = self.handle.change(self.run, |live, now| {
            live.diary.mention(now, self.listed().name, kind, level, words);
            live.diary.is_due(now)
        });
        if is_due == Some(true) {
            self.handle.write_diary(self.run);
        }
    }

    /// Takes in that so many records of a page, or of what came along with it, had no id and were left out.
    pub(super) fn leave_out(&self, count: usize) {
        if count > 0 {
            log::warn!("{count} records of {}, or that came along with them, have no id: left out", self.entity.name);
            self.remarks.left_out.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// What a pass that went well has to say all the same.
    pub(super) fn remark(&self) -> Option<String> {
        let mut said = self.remarks.said.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match self.remarks.left_out.load(Ordering::Relaxed) {
            0 => {}
            1 => said.push("1 record that Klaviyo sent has no id and was left out; everything else is here".to_owned()),
            some => said.push(format!(
                "{some} records that Klaviyo sent have no id and were left out; everything else is here"
            )),
        }
        (!said.is_empty()).then(|| said.join("; "))
    }

    /// Has something to say of the pass, however well it ends.
    pub(super) fn remark_on(&self, words: String) {
        log::warn!("{}: {words}", self.entity.name);
        self.tell(Level::Warning, words.clone());
        self.remarks.said.lock().unwrap_or_else(PoisonError::into_inner).push(words);
    }

    /// Counts what was read and written of `entity`, which may be one that came along.
    pub(super) fn count(&self, entity: &Entity, seen: usize, changes: Changes) {
        let whole = |it: u64| i64::try_from(it).unwrap_or(i64::MAX);
        let shown = self.on_behalf_of.unwrap_or(entity);
        self.handle.show(self.run, shown.name, |it| {
            it.status = Status::Running;
            it.rows_seen += whole(seen as u64);
            it.rows_new += whole(changes.new);
            it.rows_changed += whole(changes.changed);
            it.rows_deleted += whole(changes.deleted);
        });
    }
}

/// The wait of one request, which counts while it goes on.
struct Wait<'a> {
    copying: &'a Copying<'a>,
    goes_on: bool,
}

impl Wait<'_> {
    fn begin(&mut self) {
        let Copying { handle, run, .. } = *self.copying;
        let name = self.copying.listed().name;
        handle.change(run, |live, now| live.begin_wait(name, now));
        self.goes_on = true;
    }

    fn end(&mut self) {
        if !std::mem::take(&mut self.goes_on) {
            return;
        }
        let Copying { handle, run, .. } = *self.copying;
        let name = self.copying.listed().name;
        if let Some(waited) = handle.change(run, |live, now| live.end_wait(name, now)).flatten() {
            self.copying.show(|it| it.waited_secs += waited);
        }
    }
}

/// Adds a request to what is shown, or what is waited for; `failure` is why the last try brought nothing.
fn account_for(it: &mut RunEntity, note: &Note, failure: Option<&str>) {
    match note {
        Note::Sent => it.requests += 1,
        Note::Waited { time, why } => {
            if time.as_secs() >= 1 {
                let failure = failure.filter(|_| *why == Why::Retry).map(|it| format!(": {it}")).unwrap_or_default();
                it.doing = Some(format!("waiting {} s {}{failure}", time.as_secs(), reason_of(*why)));
            }
            if *time >= WORTH_TELLING {
                // What was thought to be left was thought of without this.
                it.left_secs = None;
            }
        }
        Note::Failed { .. } => {}
    }
}

fn reason_of(why: Why) -> &'static str {
    match why {
        Why::Budget => "so as not to exceed Klaviyo's rate limit",
        Why::RateLimit => "as Klaviyo asked",
        Why::Retry => "before trying again",
    }
}

/// Copies one entity, and what follows from it.
pub(super) fn copy(copying: &Copying<'_>) -> Result<(), Stopped> {
    identity::checked(copying, |it| match (&it.entity.source, it.entity.follow) {
        (_, Follow::Windows { .. }) => events::copy(it),
        (Source::Report(report), _) => reports::copy(it, report),
        (Source::Aggregates { path, days_max }, _) => reconciling::copy(it, path, *days_max),
        _ => pass::copy(it),
    })?;
    let store = copying.store();
    match copying.entity.name {
        "accounts" => drop(store.settle_zone()?),
        "metrics" => store.write_in_row(|db| db.name_metric_kinds())?,
        _ => {}
    }
    if aggregates::RESTS_ON.contains(&copying.entity.name) {
        store.settle_aggregates()?;
    }
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
