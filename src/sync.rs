//! Keeps the copy current: runs, and the threads that do them. The only module that knows both Klaviyo and the store.

mod copying;
mod events;
mod on_demand;
mod pass;
pub mod record;
mod run;
pub mod schedule;
mod series;
mod tally;
mod values;
mod webhooks;

use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::catalog::{ENTITIES, Entity, Source};
use crate::causes::causes;
use crate::klaviyo::{Client, Stop, Usage};
use crate::store::runs::{Run, RunEntity, Status};
use crate::store::{self, Store};

pub use tally::{EntityTally, Tallies};
pub use webhooks::{Asked, Declined, Delivery, PostTally, Receipt};

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct Order {
    /// Entities to bring up to date; empty means all.
    pub entities: Vec<&'static Entity>,
    /// Read everything again, rather than what changed.
    pub forced: bool,
    /// Read what changed since then, wherever the last run stopped.
    pub since: Option<DateTime<Utc>>,
    pub trigger: Trigger,
}

/// Who asked for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    Schedule,
    Page,
    Api,
    CommandLine,
}

impl Trigger {
    fn name(self) -> &'static str {
        match self {
            Trigger::Schedule => "schedule",
            Trigger::Page => "page",
            Trigger::Api => "api",
            Trigger::CommandLine => "command line",
        }
    }
}

/// A run that will do what was ordered.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub run: i64,
    /// Whether the run was under way or waiting already.
    pub joined: bool,
    pub status: Status,
    pub entities: Vec<String>,
}

/// Why nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("no Klaviyo API key is set; set KLAVIYO_API_KEY and start Klytics again")]
    NoKey,
    #[error("the server is shutting down")]
    Stopping,
    #[error("the run could not be written down")]
    Store(#[from] store::Error),
}

/// How the sync behaves; see `[default.sync]` in `Rocket.toml`.
#[derive(Debug, Clone)]
pub struct Options {
    pub history_days: u32,
    pub lookback_hours: u32,
    pub parallel: usize,
}

impl From<&crate::config::Sync> for Options {
    fn from(settings: &crate::config::Sync) -> Options {
        Options {
            history_days: settings.history_days,
            lookback_hours: settings.lookback_hours,
            parallel: settings.parallel,
        }
    }
}

/// The sync of one account, as everyone else sees it: start, join, cancel, progress. Clones share it.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

struct Shared {
    store: Store,
    /// Absent without a key.
    client: Option<Client>,
    options: Options,
    clock: Box<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    state: Mutex<State>,
    /// Rung when a run is added, progresses or ends.
    bell: Condvar,
    /// Set once, at shutdown.
    stop: Stop,
    tally: tally::Tally,
    post: webhooks::Post,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(Order, Run)>,
    running: Option<Running>,
    /// The run that ended last, for whoever waits for it.
    ended: Option<Run>,
    /// Whether a thread orders runs on schedule.
    scheduled: bool,
}

struct Running {
    order: Order,
    run: Run,
    cancel: Stop,
}

/// The threads of a sync; dropping them does not stop them, [`Threads::stop`] does.
pub struct Threads {
    handle: Handle,
    /// Each thread holds a sender, and drops it at its end.
    running: Receiver<Infallible>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Handle {
    /// A sync at rest, by the time that `clock` tells; without a client it refuses to run.
    ///
    /// # Errors
    /// When what an earlier process left running cannot be written down as interrupted.
    pub fn new(
        store: Store,
        client: Option<Client>,
        options: Options,
        clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static,
    ) -> Result<Handle, store::Error> {
        store.write(|db| db.interrupt_runs(clock()))?;
        Ok(Handle(Arc::new(Shared {
            store,
            client,
            options,
            clock: Box::new(clock),
            state: Mutex::default(),
            bell: Condvar::new(),
            stop: Stop::default(),
            tally: tally::Tally::default(),
            post: webhooks::Post::default(),
        })))
    }

    /// Starts the thread that does the runs and, if asked, the one that orders them on schedule.
    #[must_use]
    pub fn spawn(&self, scheduled: bool) -> Threads {
        self.state().scheduled = scheduled;
        let (sender, running) = mpsc::channel();
        let start = |work: fn(&Handle)| {
            let (handle, alive) = (self.clone(), sender.clone());
            std::thread::spawn(move || {
                work(&handle);
                drop(alive);
            })
        };
        let mut threads = vec![start(Handle::work), start(webhooks::keep)];
        if scheduled {
            threads.push(start(schedule::keep));
        }
        Threads { handle: self.clone(), running, threads }
    }

    /// Whether there is a key to read with.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.0.client.is_some()
    }

    /// Queues a run, or joins one that does all that was ordered. A forced run is joined by anything it covers; an
    /// incremental one never stands in for a forced one.
    ///
    /// # Errors
    /// When there is no key, the server is stopping, or the run cannot be written down.
    pub fn start(&self, order: Order) -> Result<Ticket, Refused> {
        if self.0.client.is_none() {
            return Err(Refused::NoKey);
        }
        if self.0.stop.is_set() {
            return Err(Refused::Stopping);
        }
        let order = Order { entities: whole(&order.entities), ..order };
        let mut state = self.state();
        if let Some(ticket) = join(&state, &order) {
            return Ok(ticket);
        }
        let run = self.begin(&order)?;
        let ticket = ticket(&run, false);
        state.waiting.push_back((order, run));
        self.0.bell.notify_all();
        Ok(ticket)
    }

    /// Writes a new run down.
    fn begin(&self, order: &Order) -> Result<Run, store::Error> {
        let now = self.now();
        let trigger = order.trigger.name();
        let id = self.0.store.write(|db| db.begin_run(trigger, order.forced, now))?;
        Ok(Run {
            id,
            status: Status::Queued,
            trigger: trigger.to_owned(),
            forced: order.forced,
            started_at: now,
            ended_at: None,
            entities: order.entities.iter().map(|it| RunEntity::queued(it)).collect(),
        })
    }

    /// The run that goes on, else the next one waiting, as it stands.
    #[must_use]
    pub fn progress(&self) -> Option<Run> {
        let state = self.state();
        let running = state.running.as_ref().map(|it| it.run.clone());
        running.or_else(|| state.waiting.front().map(|(_, run)| run.clone()))
    }

    /// Waits until the run has ended, at most for `time`; `None` while it has not.
    #[must_use]
    pub fn ended(&self, run: i64, time: Duration) -> Option<Run> {
        let until = Instant::now() + time;
        let mut state = self.state();
        loop {
            let pending = state.running.as_ref().is_some_and(|it| it.run.id == run)
                || state.waiting.iter().any(|(_, it)| it.id == run);
            if !pending {
                return state.ended.clone().filter(|it| it.id == run);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            state = self.0.bell.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends the run that goes on, keeping every finished window and batch, and those that wait.
    pub fn cancel(&self) {
        let waiting = {
            let mut state = self.state();
            if let Some(running) = &state.running {
                running.cancel.set();
            }
            std::mem::take(&mut state.waiting)
        };
        for (_, mut run) in waiting {
            run.status = Status::Cancelled;
            run.ended_at = Some(self.now());
            self.write_down(&run);
            self.state().ended = Some(run);
        }
        self.0.bell.notify_all();
    }

    /// When each entity is next due, in the account's zone; nothing is without a key or a schedule.
    #[must_use]
    pub fn next_run_at(&self, entity: &Entity, zone: chrono_tz::Tz, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let is_due = self.has_key() && self.state().scheduled;
        is_due.then(|| schedule::next(entity, zone, now)).flatten()
    }

    /// What was done since the process started.
    #[must_use]
    pub fn tallies(&self) -> Tallies {
        self.0.tally.all()
    }

    /// How much of Klaviyo's rate limits is used, of every endpoint that was asked so far.
    #[must_use]
    pub fn budgets(&self) -> Vec<Usage> {
        self.0.client.as_ref().map(Client::usage).unwrap_or_default()
    }

    /// Does the waiting runs, one after the other, until the end.
    fn work(&self) {
        while let Some((order, cancel)) = self.take() {
            let client = self.0.client.as_ref().expect("a run is only queued with a client");
            run::carry_out(self, client, &order, &cancel);
            self.finish(&cancel);
        }
    }

    /// Waits for a run and makes it the running one; `None` at shutdown.
    fn take(&self) -> Option<(Order, Stop)> {
        let mut state = self.state();
        loop {
            if self.0.stop.is_set() {
                return None;
            }
            if let Some((order, mut run)) = state.waiting.pop_front() {
                let cancel = Stop::default();
                run.status = Status::Running;
                state.running = Some(Running { order: order.clone(), run, cancel: cancel.clone() });
                self.0.bell.notify_all();
                return Some((order, cancel));
            }
            state = self.0.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Writes down how the running run ended.
    fn finish(&self, cancel: &Stop) {
        let Some(mut run) = self.state().running.as_ref().map(|it| it.run.clone()) else { return };
        run.status = run::outcome(&run, self.0.stop.is_set(), cancel.is_set());
        run.ended_at = Some(self.now());
        self.write_down(&run);
        let mut state = self.state();
        state.running = None;
        state.ended = Some(run);
        self.0.bell.notify_all();
    }

    fn write_down(&self, run: &Run) {
        self.0.tally.ended(run.status);
        if let Err(error) = self.0.store.write(|db| db.end_run(run)) {
            log::error!("run {} could not be written down: {}", run.id, causes(&error));
        }
    }

    fn now(&self) -> DateTime<Utc> {
        (self.0.clock)()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is shown of one entity of the running run.
    fn show(&self, entity: &str, change: impl FnOnce(&mut RunEntity)) {
        let mut state = self.state();
        let entities = state.running.as_mut().map(|it| &mut it.run.entities);
        if let Some(it) = entities.and_then(|all| all.iter_mut().find(|it| it.name == entity)) {
            let before = it.clone();
            change(it);
            self.0.tally.add(&before, it, self.now());
        }
        self.0.bell.notify_all();
    }
}

impl Threads {
    /// Asks the threads to stop and waits for them, at most for `time`. What was committed is kept; a run that goes on
    /// is written down as interrupted.
    pub fn stop(self, time: Duration) {
        self.handle.0.stop.set();
        self.handle.cancel();
        self.handle.0.bell.notify_all();
        self.handle.0.post.ring();
        if self.running.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
            log::warn!("the sync did not come to its end in {} s; what it committed is kept", time.as_secs());
            return;
        }
        for thread in self.threads {
            if thread.join().is_err() {
                log::error!("a sync thread had panicked");
            }
        }
    }
}

/// What was ordered, in the catalog's order: nothing means all, and what comes along with a parent means the parent
/// and all that comes along with it.
fn whole(ordered: &[&'static Entity]) -> Vec<&'static Entity> {
    let source = |it: &'static Entity| match it.source {
        Source::Included { .. } => it.parent().unwrap_or(it).name,
        _ => it.name,
    };
    let wanted: HashSet<&str> = ordered.iter().copied().map(source).collect();
    ENTITIES.iter().copied().filter(|it| wanted.is_empty() || wanted.contains(source(it))).collect()
}

/// A run under way or waiting that does all of `order`.
fn join(state: &State, order: &Order) -> Option<Ticket> {
    let covers = |other: &Order| {
        (other.forced || !order.forced)
            && (order.since.is_none() || other.forced || other.since == order.since)
            && order.entities.iter().all(|it| other.entities.iter().any(|other| other.name == it.name))
    };
    let running = state.running.iter().filter(|it| !it.cancel.is_set()).map(|it| (&it.order, &it.run));
    let waiting = state.waiting.iter().map(|(order, run)| (order, run));
    let (_, run) = running.chain(waiting).find(|(other, _)| covers(other))?;
    Some(ticket(run, true))
}

fn ticket(run: &Run, joined: bool) -> Ticket {
    Ticket {
        run: run.id,
        joined,
        status: run.status,
        entities: run.entities.iter().map(|it| it.name.clone()).collect(),
    }
}
