//! Keeps the copy current: runs, and the threads that do them. The only module that knows both Klaviyo and the store.

mod budgets;
mod copying;
mod desk;
mod diary;
mod events;
mod identity;
mod members;
mod on_demand;
mod pass;
mod plan;
mod reconciling;
pub mod record;
mod remedy;
mod reports;
mod run;
pub mod schedule;
mod series;
mod tally;
mod values;
mod webhooks;

pub use members::{Chosen, Membership};
pub use on_demand::{Fetch, Missed};

use std::collections::HashSet;
use std::convert::Infallible;
use std::hash::Hash;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

pub use self::budgets::{Budget, Spent};
use self::desk::{Desk, Live, Refused as RefusedKey, Task, source};
pub use self::reports::Reach;
use self::schedule::Timetable;
use crate::catalog::{ENTITIES, Entity, Pace};
use crate::causes::{causes, said};
use crate::klaviyo::{self, Client, Stop};
use crate::store::reports::Call;
use crate::store::runs::{EntityStatus, Level, Line, Run, RunEntity, Status};
use crate::store::{self, Store};

/// How often it is looked whether events can be read.
const TURN: Duration = Duration::from_millis(200);
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

    fn of(name: &str) -> Trigger {
        let all = [Trigger::Schedule, Trigger::Page, Trigger::Api];
        all.into_iter().find(|it| it.name() == name).unwrap_or(Trigger::CommandLine)
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
}

/// Klaviyo refuses the key.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// What Klaviyo said.
    pub error: String,
    /// What to do about it.
    pub remedy: &'static str,
    /// When it is tried once more, in case that it was a mistake.
    pub again_at: DateTime<Utc>,
    /// Whether that is still to come: until then nothing is asked by itself.
    pub rests: bool,
}

/// How the sync behaves; see `[default.sync]` in `Rocket.toml`.
#[derive(Debug, Clone)]
pub struct Options {
    /// How far back a first read of events goes; 0 is everything.
    pub history_days: u32,
    /// What every run reads again, in hours.
    pub lookback_hours: u32,
    /// What is read again once a day, in days; 0 is nothing.
    pub lookback_daily_days: u32,
    /// What is read again once a week, in days; 0 is nothing.
    pub lookback_weekly_days: u32,
    /// Windows of events read at the same time.
    pub windows: usize,
    /// Entities copied at the same time, beside those that take long: each of these has a thread of its own.
    pub parallel: usize,
    /// When each entity is copied by itself.
    pub timetable: Timetable,
    /// How often all profiles are listed to find the deleted ones; 0 is never.
    pub profile_sweep_days: u32,
    pub membership: Membership,
    pub reports: Reach,
}

impl Default for Options {
    /// As in the packaged `Rocket.toml`.
    fn default() -> Options {
        Options {
            history_days: 0,
            lookback_hours: 2,
            lookback_daily_days: 3,
            lookback_weekly_days: 30,
            windows: 24,
            parallel: 4,
            timetable: Timetable::default(),
            profile_sweep_days: 7,
            membership: Membership::default(),
            reports: Reach::default(),
        }
    }
}

impl From<&crate::config::Settings> for Options {
    fn from(settings: &crate::config::Settings) -> Options {
        let crate::config::Settings { sync, membership, reports, .. } = settings;
        Options {
            history_days: sync.history_days,
            lookback_hours: sync.lookback_hours,
            lookback_daily_days: sync.lookback_daily_days,
            lookback_weekly_days: sync.lookback_weekly_days,
            windows: sync.windows,
            parallel: sync.parallel,
            timetable: Timetable::new(&sync.schedules, sync.jitter_secs),
            profile_sweep_days: sync.profile_sweep_days,
            membership: Membership {
                lists: (&membership.lists).into(),
                segments: (&membership.segments).into(),
                relist_days: membership.relist_days,
            },
            reports: Reach { history_days: reports.history_days, restate_days: reports.restate_days },
        }
    }
}

/// What the log says of a run that somebody ended.
const CANCELLED: &str = "; the schedule copies what is left, each entity at its next time";

/// Threads for what takes long: one for each such entity. Most of the time it waits for its endpoint's next turn, for a
/// minute or for hours, and none has to wait for another's.
fn slow_threads() -> usize {
    ENTITIES.iter().filter(|it| it.pace() == Pace::Slow && source(it).name == it.name).count()
}

/// The sync of one account, as everyone else sees it: start, join, pause, resume, cancel, progress. Clones share it.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

struct Shared {
    store: Store,
    /// Absent without a key.
    client: Option<Client>,
    options: Options,
    clock: Box<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    desk: Mutex<Desk>,
    /// Held while events are read: they are staged in one place.
    events: Mutex<()>,
    /// Whether the key was seen to belong to the account that is copied here.
    account_is_known: Mutex<bool>,
    /// Rung when a run is added, progresses or ends.
    bell: Condvar,
    /// Set once, at shutdown.
    stop: Stop,
    tally: tally::Tally,
    post: webhooks::Post,
    fetches: on_demand::Fetches,
}

/// The threads of a sync; dropping them does not stop them, [`Threads::stop`] does.
pub struct Threads {
    handle: Handle,
    /// Each thread holds a sender, and drops it at its end.
    running: Receiver<Infallible>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Handle {
    /// A sync at rest, by the time that `clock` tells; without a client it refuses to run. What was paused when an earlier
    /// process ended is still paused.
    ///
    /// # Errors
    /// When what an earlier process left running cannot be written down as interrupted.
    pub fn new(
        store: Store,
        client: Option<Client>,
        options: Options,
        clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static,
    ) -> Result<Handle, store::Error> {
        let now = clock();
        store.write(|db| db.interrupt_runs(now))?;
        if let Some(client) = &client {
            recall(client, &store.read(|db| db.calls(now))?, now);
        }
        let desk = store.read(|db| Ok(Desk::new(db.last_run()?, db.paused_at()?.is_some(), db.held_runs()?)))?;
        Ok(Handle(Arc::new(Shared {
            store,
            client,
            options,
            clock: Box::new(clock),
            desk: Mutex::new(desk),
            events: Mutex::default(),
            account_is_known: Mutex::default(),
            bell: Condvar::new(),
            stop: Stop::default(),
            tally: tally::Tally::default(),
            post: webhooks::Post::default(),
            fetches: on_demand::Fetches::default(),
        })))
    }

    /// Starts the threads that do the runs and, if asked, the one that orders them on schedule.
    #[must_use]
    pub fn spawn(&self, scheduled: bool) -> Threads {
        self.desk().scheduled = scheduled;
        let (sender, running) = mpsc::channel();
        let start = |work: fn(&Handle)| {
            let (handle, alive) = (self.clone(), sender.clone());
            std::thread::spawn(move || {
                work(&handle);
                drop(alive);
            })
        };
        let mut threads = vec![start(webhooks::keep)];
        for _ in 0..self.0.options.parallel {
            threads.push(start(|it| it.work(Pace::Prompt)));
        }
        for _ in 0..slow_threads() {
            threads.push(start(|it| it.work(Pace::Slow)));
        }
        if scheduled {
            threads.push(start(schedule::keep));
        }
        Threads { handle: self.clone(), running, threads }
    }

    /// How far a first read of events goes, in days; 0 is everything that Klaviyo has.
    #[must_use]
    pub fn history_days(&self) -> u32 {
        self.0.options.history_days
    }

    /// Whether there is a key to read with.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.0.client.is_some()
    }

    /// Queues a run, or joins one that does all that was ordered. A forced run is joined by anything it covers; an
    /// incremental one never stands in for a forced one. What another run is about to copy is left to it.
    ///
    /// Nothing is written and nobody is waited for, but where a pause holds the run.
    ///
    /// # Errors
    /// When there is no key or the server is stopping.
    pub fn start(&self, order: Order) -> Result<Ticket, Refused> {
        if self.0.client.is_none() {
            return Err(Refused::NoKey);
        }
        if self.0.stop.is_set() {
            return Err(Refused::Stopping);
        }
        let order = Order { entities: whole(&order.entities), ..order };
        let now = self.now();
        let ticket = self.desk().start(order, now);
        self.0.bell.notify_all();
        if self.is_held(ticket.run) {
            self.write_held();
        }
        Ok(ticket)
    }

    /// Every run that goes on or waits, as it stands; in the order in which they were ordered.
    #[must_use]
    pub fn runs(&self) -> Vec<Run> {
        let now = self.now();
        self.desk().runs(now)
    }

    /// The first of the [runs](Self::runs).
    #[must_use]
    pub fn progress(&self) -> Option<Run> {
        let now = self.now();
        self.desk().first(now)
    }

    /// Whether anything is being copied that is done soon, unlike reports and the like.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.desk().is_prompt_under_way()
    }

    /// What was said of a run that goes on, as far as it is not written down yet.
    #[must_use]
    pub fn unwritten(&self, run: i64) -> Vec<Line> {
        self.desk().live(run).map(|it| it.diary.unwritten().to_vec()).unwrap_or_default()
    }

    /// Waits until the run has ended, at most for `time`; `None` while it has not.
    #[must_use]
    pub fn ended(&self, run: i64, time: Duration) -> Option<Run> {
        let until = Instant::now() + time;
        let mut desk = self.desk();
        loop {
            if !desk.is_live(run) {
                return desk.ended(run);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            desk = self.0.bell.wait_timeout(desk, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends all runs, keeping every finished window and batch.
    pub fn cancel(&self) {
        self.cancel_chosen(None);
    }

    /// Ends one run, keeping every finished window and batch. False when it does not go on.
    #[must_use]
    pub fn cancel_run(&self, run: i64) -> bool {
        self.cancel_chosen(Some(run))
    }

    fn cancel_chosen(&self, run: Option<i64>) -> bool {
        let (cancelled, put_off) = self.desk().cancel(run);
        self.0.bell.notify_all();
        let now = self.now();
        // What somebody ended is not begun again before its next time.
        let written = self.0.store.write_aside(|db| put_off.iter().try_for_each(|it| db.set_tried(it, now)));
        if let Err(error) = written {
            log::error!("what was cancelled could not be written down: {}", causes(&error));
        }
        self.desk().forget_put_off();
        for run in &cancelled {
            self.close(*run);
        }
        !cancelled.is_empty()
    }

    /// Lets nothing go on: what is being copied stops at its next page, keeping its place, and nothing begins, on schedule
    /// or otherwise, until somebody [resumes](Self::resume). Holds over a restart.
    ///
    /// # Errors
    /// When it cannot be written down; it holds then until the process ends.
    pub fn pause(&self) -> Result<(), store::Error> {
        let now = self.now();
        self.desk().pause();
        self.0.bell.notify_all();
        self.0.store.write(|db| {
            db.pause(now)?;
            let held = self.desk().held();
            held.iter().try_for_each(|it| db.hold_run(it))
        })
    }

    /// Lets everything go on where it was.
    ///
    /// # Errors
    /// When it cannot be written down.
    pub fn resume(&self) -> Result<(), store::Error> {
        self.0.store.write(|db| db.resume())?;
        self.desk().resume();
        self.0.bell.notify_all();
        Ok(())
    }

    /// What differs once a run was ordered or ended, and what ran is told anew.
    #[must_use]
    pub fn mark(&self) -> impl Hash {
        let desk = self.desk();
        (desk.mark(), desk.paused, desk.refused.as_ref().map(|it| it.error.clone()))
    }

    /// Whether a person paused the sync.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.desk().paused
    }

    /// When an entity that stands so is next copied by itself, in the account's zone: at `now` where it is due, and where it
    /// is under way the time after this one. Nothing is
    /// without a key or a schedule, or while the sync is paused.
    #[must_use]
    pub fn next_run_at(
        &self,
        entity: &'static Entity,
        status: &EntityStatus,
        zone: chrono_tz::Tz,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let timetable = &self.0.options.timetable;
        let (keeps, refused, is_under_way) = {
            let desk = self.desk();
            let keeps = self.has_key() && desk.scheduled && !desk.paused && !self.is_off(entity);
            (keeps, desk.refused.as_ref().map(|it| it.again_at), desk.is_under_way(entity))
        };
        let next = || match refused {
            _ if is_under_way => timetable.next(source(entity), zone, now),
            None => timetable.due(source(entity), status, zone),
            Some(again_at) => timetable.due(source(entity), status, zone).max(Some(again_at)),
        };
        keeps.then(next).flatten().map(|it| it.max(now))
    }

    /// Whether the settings choose none of what it is read of.
    fn is_off(&self, entity: &Entity) -> bool {
        self.0.options.membership.of(entity) == Some(&Chosen::None)
    }

    /// When the entity is copied by itself, in words: "Every 15 minutes".
    #[must_use]
    pub fn schedule_of(&self, entity: &'static Entity) -> String {
        if self.is_off(entity) {
            return format!("Off: {} is \"none\"", Membership::setting_of(entity));
        }
        self.0.options.timetable.words(entity)
    }

    /// What was done since the process started.
    #[must_use]
    pub fn tallies(&self) -> Tallies {
        self.0.tally.all()
    }

    /// That Klaviyo refuses the key, since it last did; nothing once it took it.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        let refused = self.desk().refused.clone()?;
        let RefusedKey { error, again_at, .. } = refused;
        Some(Refusal { error, remedy: remedy::NEW_KEY, again_at, rests: self.now() < again_at })
    }

    /// Takes in what an answer says of the key.
    fn heed(&self, answer: &Result<klaviyo::Batch, klaviyo::Error>) {
        match answer {
            Err(error @ klaviyo::Error::Unauthorized { .. }) => {
                let (error, now) = (causes(error), self.now());
                let words = said(&error, Some(remedy::NEW_KEY));
                if self.desk().refuse(&error, &words, now) {
                    log::warn!("{words}");
                }
                self.0.bell.notify_all();
            }
            Ok(_) | Err(klaviyo::Error::MissingScope { .. }) => self.desk().refused = None,
            Err(_) => {}
        }
    }

    /// Why nothing of a run can be read.
    fn hopeless(&self, run: i64) -> Option<desk::Hopeless> {
        self.desk().live(run)?.hopeless.clone()
    }

    /// Copies what the desk hands out at that pace, until the end.
    fn work(&self, pace: Pace) {
        while let Some(task) = self.take(pace) {
            let client = self.0.client.as_ref().expect("a run is only queued with a client");
            run::carry_out(self, client, &task);
            self.desk().finish(&task);
            self.0.bell.notify_all();
            self.close(task.run);
        }
    }

    /// Waits for something to copy; `None` at shutdown.
    fn take(&self, pace: Pace) -> Option<Task> {
        let mut desk = self.desk();
        loop {
            if self.0.stop.is_set() {
                return None;
            }
            if let Some(task) = desk.take(pace, self.now()) {
                return Some(task);
            }
            desk = self.0.bell.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits while a pause holds the run and `cancel` does not end it.
    fn wait_while_held(&self, run: i64, cancel: &Stop) {
        let mut desk = self.desk();
        while desk.is_held(run) && !cancel.is_set() {
            desk = self.0.bell.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Writes down how a run ended that has nothing left to do.
    fn close(&self, run: i64) {
        let Some(mut run) = self.desk().close(run) else { return };
        let now = self.now();
        run.status = run::outcome(&run);
        run.ended_at = Some(now);
        self.0.tally.ended(run.status);
        let scheduled = self.desk().scheduled;
        let lines = self.change(run.id, |live, now| {
            let level = if run.status == Status::Failed { Level::Error } else { Level::Info };
            let then = if run.status == Status::Cancelled && scheduled { CANCELLED } else { "" };
            live.diary.end(now, None, level, format!("ended: {}{then}", run.status.name()));
            live.diary.take()
        });
        let written = self.0.store.write_aside(|db| {
            db.end_run(&run)?;
            db.add_log(run.id, &lines.unwrap_or_default())
        });
        if let Err(error) = written {
            log::error!("run {} could not be written down: {}", run.id, causes(&error));
        }
        self.0.store.end_row();
        self.desk().put_away(run);
        self.0.bell.notify_all();
    }

    /// Writes down what the pause holds.
    fn write_held(&self) {
        let written = self.0.store.write_aside(|db| {
            let held = self.desk().held();
            held.iter().try_for_each(|it| db.hold_run(it))?;
            Ok(held)
        });
        match written {
            Ok(held) => held.iter().for_each(|it| self.write_diary(it.run.id)),
            Err(error) => log::error!("what is paused could not be written down: {}", causes(&error)),
        }
    }

    /// Writes down what was said of the run, and before it how it stands once it is its turn: a process may be killed, and
    /// who waited longer for the writer must not take back what came after.
    fn write_diary(&self, run: i64) {
        if self.unwritten(run).is_empty() {
            return;
        }
        let written = self.0.store.write_aside(|db| {
            let stands = self.change(run, |live, _| (live.run.clone(), live.diary.take()));
            let Some((run, lines)) = stands.filter(|(_, lines)| !lines.is_empty()) else { return Ok(()) };
            db.end_run(&run)?;
            db.add_log(run.id, &lines)
        });
        if let Err(error) = written {
            log::error!("the log of run {run} could not be written down: {}", causes(&error));
        }
    }

    /// Whether what is due is copied by itself, as it is while a server runs.
    fn keeps_schedule(&self) -> bool {
        self.desk().scheduled
    }

    fn is_stopping(&self) -> bool {
        self.0.stop.is_set()
    }

    fn is_held(&self, run: i64) -> bool {
        self.desk().is_held(run)
    }

    fn is_cancelled(&self, run: i64) -> bool {
        self.desk().live(run).is_some_and(|it| it.cancelled)
    }

    fn is_under_way(&self, entity: &'static Entity) -> bool {
        self.desk().is_under_way(entity)
    }

    fn now(&self) -> DateTime<Utc> {
        (self.0.clock)()
    }

    /// Waits until nobody else reads events; a run of its own and a reconciliation may both want to.
    fn turn_at_events(&self, cancel: &Stop) -> Result<MutexGuard<'_, ()>, klaviyo::Error> {
        loop {
            match self.0.events.try_lock() {
                Ok(turn) => return Ok(turn),
                Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if cancel.wait(TURN) => return Err(klaviyo::Error::Stopped),
                Err(TryLockError::WouldBlock) => {}
            }
        }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known of a run that goes on.
    fn change<T>(&self, run: i64, change: impl FnOnce(&mut Live, DateTime<Utc>) -> T) -> Option<T> {
        let now = self.now();
        let mut desk = self.desk();
        let changed = desk.live(run).map(|it| change(it, now));
        self.0.bell.notify_all();
        changed
    }

    /// Changes what is shown of one entity of a run that goes on.
    fn show(&self, run: i64, entity: &str, change: impl FnOnce(&mut RunEntity)) {
        self.change(run, |live, now| {
            live.entity(entity).map(|it| {
                let before = it.clone();
                change(it);
                self.0.tally.add(&before, it, now);
            })
        });
    }
}

/// Counts what earlier processes sent in the last day against the limits that go by the day.
fn recall(client: &Client, calls: &[Call], now: DateTime<Utc>) {
    for entity in ENTITIES.iter().filter(|it| it.tier.daily().is_some()) {
        let Some(path) = entity.path() else { continue };
        let own = calls.iter().filter(|it| it.endpoint == path);
        let ages: Vec<Duration> = own.filter_map(|it| (now - it.sent_at).to_std().ok()).collect();
        client.recall(path, entity.tier, &ages);
    }
}

impl Threads {
    /// Asks the threads to stop and waits for them, at most for `time`. What was committed is kept; a run that goes on is
    /// written down as interrupted, or as paused where a pause holds it.
    pub fn stop(self, time: Duration) {
        self.handle.0.stop.set();
        let interrupted = self.handle.desk().shut();
        self.handle.0.bell.notify_all();
        self.handle.0.post.ring();
        for run in interrupted {
            self.handle.close(run);
        }
        if self.running.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
            log::warn!("the sync did not come to its end in {} s; what it committed is kept", time.as_secs());
            return;
        }
        for thread in self.threads {
            if thread.join().is_err() {
                log::error!("a sync thread had panicked");
            }
        }
        self.handle.write_held();
    }
}

/// What was ordered, in the catalog's order: nothing means all, and what comes along with a parent means the parent
/// and all that comes along with it.
fn whole(ordered: &[&'static Entity]) -> Vec<&'static Entity> {
    let wanted: HashSet<&str> = ordered.iter().map(|it| source(it).name).collect();
    ENTITIES.iter().copied().filter(|it| wanted.is_empty() || wanted.contains(source(it).name)).collect()
}
