//! Who does what next: the runs that go on or wait, and which of their entities may be copied now. It only keeps books:
//! it starts no thread, asks nobody and writes nothing, so that whoever holds it never waits.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use super::diary::Diary;
use super::schedule::retry_after;
use super::{Order, Ticket, Trigger};
use crate::catalog::{Entity, Pace, Source};
use crate::klaviyo::Stop;
use crate::store::history::Held;
use crate::store::runs::{Level, Run, RunEntity, Status};

/// Runs that are remembered after their end, for whoever waits for one.
const ENDED_KEPT: usize = 32;

/// The runs of one account.
#[derive(Default)]
pub(super) struct Desk {
    /// What goes on or waits, in the order in which it was ordered.
    runs: Vec<Live>,
    /// The number of the last run.
    last: i64,
    ended: VecDeque<Run>,
    /// Whether a person wants nothing to go on.
    pub(super) paused: bool,
    /// Whether a thread orders runs on schedule.
    pub(super) scheduled: bool,
    /// Cancelled before they began, which is not written down yet: the schedule must not begin them at once.
    put_off: Vec<&'static Entity>,
    /// Since Klaviyo last refused the key; nothing once it took it.
    pub(super) refused: Option<Refused>,
}

/// Klaviyo refuses the key, whatever is asked.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub(super) error: String,
    /// Until then nothing is tried by itself.
    pub(super) again_at: DateTime<Utc>,
    /// How often in a row.
    times: u32,
}

/// Why nothing of a run can be read, whatever the entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hopeless {
    /// Nobody is at the other end.
    Unreachable(String),
    KeyRefused(String),
}

/// A run that has not ended.
pub(super) struct Live {
    pub(super) order: Order,
    pub(super) run: Run,
    pending: Vec<&'static Entity>,
    running: Vec<(&'static Entity, Stop)>,
    pub(super) cancelled: bool,
    /// Why nothing of this run can be read.
    pub(super) hopeless: Option<Hopeless>,
    pub(super) diary: Diary,
    /// What waits for a rate limit or before another try, by the entity's name.
    waiting: HashMap<&'static str, Waiting>,
    /// Whether its end is being written down.
    closing: bool,
}

/// Threads of one entity that wait, and since when one of them did.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    threads: usize,
    since: DateTime<Utc>,
}

/// One entity of one run, handed out to be copied.
#[derive(Clone)]
pub(super) struct Task {
    pub(super) run: i64,
    pub(super) order: Order,
    pub(super) entity: &'static Entity,
    pub(super) cancel: Stop,
    /// Why it need not be tried.
    pub(super) hopeless: Option<Hopeless>,
}

impl Desk {
    /// A desk whose next run comes after the run `last`, with the runs that a pause holds.
    pub(super) fn new(last: i64, paused: bool, held: Vec<Held>) -> Desk {
        Desk { last, paused, runs: held.into_iter().map(Live::held).collect(), ..Desk::default() }
    }

    /// Adds a run of what no other one is about to do, or joins one that does it all.
    pub(super) fn start(&mut self, order: Order, now: DateTime<Utc>) -> Ticket {
        let covering =
            |entity: &Entity| self.runs.iter().rev().find(|it| it.covers(&order, entity)).map(|it| it.run.id);
        let sources = || order.entities.iter().filter(|it| is_source(it));
        let joined = self.runs.iter().find(|live| sources().all(|it| live.covers(&order, it)));
        if let Some(live) = joined {
            return live.ticket(true);
        }
        let left: Vec<&'static Entity> =
            order.entities.iter().copied().filter(|it| covering(source(it)).is_none()).collect();
        if left.is_empty() {
            let last = sources().filter_map(|it| covering(it)).max();
            let live = self.runs.iter().find(|it| Some(it.run.id) == last).expect("a run that covers it");
            return live.ticket(true);
        }
        self.last += 1;
        let mut live = Live::new(self.last, Order { entities: left, ..order }, now);
        if self.holds(&live.order) {
            live.run.status = Status::Paused;
        }
        let ticket = live.ticket(false);
        self.runs.push(live);
        ticket
    }

    /// What differs once a run was ordered, or ended.
    pub(super) fn mark(&self) -> (i64, usize) {
        (self.last, self.runs.len())
    }

    /// Hands out the next entity that may be copied at that pace.
    pub(super) fn take(&mut self, pace: Pace, now: DateTime<Utc>) -> Option<Task> {
        let (at, entity) = self.runs.iter().enumerate().find_map(|(at, live)| {
            let entity = live.pending.iter().find(|it| it.pace() == pace && self.is_ready(at, it))?;
            Some((at, *entity))
        })?;
        let live = &mut self.runs[at];
        let cancel = Stop::default();
        live.pending.retain(|it| it.name != entity.name);
        live.running.push((entity, cancel.clone()));
        live.run.status = Status::Running;
        if let Some(it) = live.entity(entity.name) {
            it.status = Status::Running;
            it.started_at = Some(now);
        }
        let (run, order, hopeless) = (live.run.id, live.order.clone(), live.hopeless.clone());
        Some(Task { run, order, entity, cancel, hopeless })
    }

    /// Whether nothing stands in the way: no pause, no run that copies the entity now or was to copy it before this one,
    /// and nothing that it depends on, as far as anybody is about to read that. Everything depends on the account, whose
    /// zone local times need. A key that was refused is tried with one entity at a time.
    fn is_ready(&self, at: usize, entity: &Entity) -> bool {
        let live = &self.runs[at];
        let is_a_try = self.refused.is_some() && live.hopeless.is_none();
        if live.cancelled || self.holds(&live.order) || is_a_try && self.runs.iter().any(|it| !it.running.is_empty()) {
            return false;
        }
        let is_running = |name: &str| self.runs.iter().any(|it| it.running.iter().any(|(it, _)| it.name == name));
        let awaited = |name: &str| {
            let waits = |it: &Live| !self.holds(&it.order) && it.pending.iter().any(|it| it.name == name);
            name != entity.name && (is_running(name) || self.runs.iter().any(waits))
        };
        let was_first = |it: &Live| !self.holds(&it.order) && it.pending.iter().any(|it| it.name == entity.name);
        !is_running(entity.name)
            && !self.runs[..at].iter().any(was_first)
            && !awaited("accounts")
            && !entity.parent().is_some_and(|it| awaited(source(it).name))
            && !entity.needs().iter().any(|it| awaited(it))
    }

    /// Whether the pause holds what was so ordered. Who sits at a terminal and orders a run wants it now.
    pub(super) fn holds(&self, order: &Order) -> bool {
        self.paused && order.trigger != Trigger::CommandLine
    }

    /// Whether the pause holds that run; false once it has ended.
    pub(super) fn is_held(&self, run: i64) -> bool {
        self.runs.iter().any(|it| it.run.id == run && self.holds(&it.order))
    }

    /// Takes in that Klaviyo refused the key: whatever is being copied ends, and what waits need not be tried. `words` go
    /// into the log of every run. Tells whether this was news; the others of a moment hear the same.
    pub(super) fn refuse(&mut self, error: &str, words: &str, now: DateTime<Utc>) -> bool {
        let times = match &self.refused {
            Some(it) if now < it.again_at => it.times,
            last => last.as_ref().map_or(1, |it| it.times + 1),
        };
        let is_news = self.refused.as_ref().is_none_or(|it| it.times != times);
        if is_news {
            let again_at = now + retry_after(i64::from(times));
            self.refused = Some(Refused { error: error.to_owned(), again_at, times });
        }
        for live in self.runs.iter_mut().filter(|it| it.hopeless.is_none() && !it.closing) {
            live.hopeless = Some(Hopeless::KeyRefused(error.to_owned()));
            live.stop();
            live.diary.end(now, None, Level::Error, words.to_owned());
        }
        is_news
    }

    /// Takes an entity back that was copied, or could not be.
    pub(super) fn finish(&mut self, task: &Task) {
        if let Some(live) = self.live(task.run) {
            live.running.retain(|(it, _)| it.name != task.entity.name);
        }
    }

    /// What of the run has nothing left to do; its end is to be written down by whoever asked first.
    pub(super) fn close(&mut self, run: i64) -> Option<Run> {
        let live = self.live(run)?;
        let unfinished = |it: &RunEntity| matches!(it.status, Status::Queued | Status::Running);
        if live.closing || !live.running.is_empty() || live.run.entities.iter().any(unfinished) {
            return None;
        }
        live.closing = true;
        Some(live.run.clone())
    }

    /// Puts the run away, now that its end is written down.
    pub(super) fn put_away(&mut self, run: Run) {
        self.runs.retain(|it| it.run.id != run.id);
        self.ended.push_back(run);
        while self.ended.len() > ENDED_KEPT {
            self.ended.pop_front();
        }
    }

    /// Ends the run, or all of them: what is being copied stops at its next step, what waits is not begun. Tells which
    /// runs, and which entities were not begun: those are under way until they are [forgotten](Self::forget_put_off).
    pub(super) fn cancel(&mut self, run: Option<i64>) -> (Vec<i64>, Vec<&'static Entity>) {
        let (mut ids, mut put_off) = (Vec::new(), Vec::new());
        for live in self.runs.iter_mut().filter(|it| run.is_none_or(|run| run == it.run.id)) {
            live.cancelled = true;
            put_off.extend(live.pending.iter().copied());
            live.drop_pending(Status::Cancelled);
            ids.push(live.run.id);
        }
        self.put_off.extend(put_off.iter().copied());
        (ids, put_off)
    }

    /// It is written down now when they were cancelled.
    pub(super) fn forget_put_off(&mut self) {
        self.put_off.clear();
    }

    /// Ends everything because the process ends; what the pause holds is left as it stands. Tells what has to be closed.
    pub(super) fn shut(&mut self) -> Vec<i64> {
        let paused = self.paused;
        let held = |it: &Live| paused && it.order.trigger != Trigger::CommandLine;
        for live in &mut self.runs {
            if held(live) {
                live.stop();
            } else {
                live.drop_pending(Status::Interrupted);
            }
        }
        self.runs.iter().filter(|it| !held(it)).map(|it| it.run.id).collect()
    }

    /// Lets nothing go on from here.
    pub(super) fn pause(&mut self) {
        self.paused = true;
        for live in self.runs.iter_mut().filter(|it| it.order.trigger != Trigger::CommandLine && !it.cancelled) {
            live.run.status = Status::Paused;
        }
    }

    /// What the pause holds, as it stands.
    pub(super) fn held(&self) -> Vec<Held> {
        let held = self.runs.iter().filter(|it| self.holds(&it.order) && !it.cancelled && !it.closing);
        held.map(|it| Held { run: it.as_held(), since: it.order.since }).collect()
    }

    /// Lets everything go on.
    pub(super) fn resume(&mut self) {
        self.paused = false;
        for live in self.runs.iter_mut().filter(|it| it.run.status == Status::Paused) {
            let begun = live.run.entities.iter().any(|it| it.status != Status::Queued);
            live.run.status = if begun { Status::Running } else { Status::Queued };
        }
    }

    /// Every run that has not ended, as it stands.
    pub(super) fn runs(&self, now: DateTime<Utc>) -> Vec<Run> {
        self.runs.iter().map(|it| it.shown(now)).collect()
    }

    pub(super) fn first(&self, now: DateTime<Utc>) -> Option<Run> {
        self.runs.first().map(|it| it.shown(now))
    }

    pub(super) fn live(&mut self, run: i64) -> Option<&mut Live> {
        self.runs.iter_mut().find(|it| it.run.id == run)
    }

    pub(super) fn is_live(&self, run: i64) -> bool {
        self.runs.iter().any(|it| it.run.id == run)
    }

    pub(super) fn ended(&self, run: i64) -> Option<Run> {
        self.ended.iter().find(|it| it.id == run).cloned()
    }

    /// Whether some run is copying the entity or about to, or was until a moment ago.
    pub(super) fn is_under_way(&self, entity: &'static Entity) -> bool {
        let name = source(entity).name;
        self.runs.iter().any(|it| it.has_ahead(name)) || self.put_off.iter().any(|it| it.name == name)
    }

    /// Whether anything is under way that a person waits for.
    pub(super) fn is_prompt_under_way(&self) -> bool {
        let prompt = |it: &Live| {
            it.pending.iter().chain(it.running.iter().map(|(it, _)| it)).any(|entity| entity.pace() == Pace::Prompt)
        };
        self.runs.iter().any(prompt)
    }
}

impl Live {
    fn new(id: i64, order: Order, now: DateTime<Utc>) -> Live {
        let run = Run {
            id,
            status: Status::Queued,
            trigger: order.trigger.name().to_owned(),
            forced: order.forced,
            started_at: now,
            ended_at: None,
            entities: order.entities.iter().map(|it| RunEntity::queued(it)).collect(),
        };
        let pending = order.entities.iter().copied().filter(|it| is_source(it)).collect();
        let mut diary = Diary::default();
        diary.begin(&order, now);
        Live {
            order,
            run,
            pending,
            running: Vec::new(),
            cancelled: false,
            hopeless: None,
            diary,
            waiting: HashMap::new(),
            closing: false,
        }
    }

    /// A run that an earlier process held when it ended: what was not copied to its end is done now.
    fn held(held: Held) -> Live {
        let Held { mut run, since } = held;
        run.status = Status::Paused;
        let mut pending = Vec::new();
        for it in &mut run.entities {
            if let Some(entity) = crate::catalog::find(&it.name).filter(|_| it.status == Status::Paused) {
                it.status = Status::Queued;
                if is_source(entity) {
                    pending.push(entity);
                }
            }
        }
        let named = |it: &RunEntity| crate::catalog::find(&it.name);
        let order = Order {
            entities: run.entities.iter().filter_map(named).collect(),
            forced: run.forced,
            since,
            trigger: Trigger::of(&run.trigger),
        };
        let diary = Diary::default();
        Live {
            order,
            run,
            pending,
            running: Vec::new(),
            cancelled: false,
            hopeless: None,
            diary,
            waiting: HashMap::new(),
            closing: false,
        }
    }

    /// How the run is written down while it is held.
    fn as_held(&self) -> Run {
        let mut run = self.run.clone();
        run.status = Status::Paused;
        for it in run.entities.iter_mut().filter(|it| matches!(it.status, Status::Queued | Status::Running)) {
            it.status = Status::Paused;
        }
        run
    }

    /// The run with what follows from the time.
    fn shown(&self, now: DateTime<Utc>) -> Run {
        let mut run = self.run.clone();
        let goes_on = run.status == Status::Running;
        for it in &mut run.entities {
            it.waited_secs += self.waiting.get(it.name.as_str()).map_or(0.0, |it| secs(now - it.since));
            it.left_secs = it.left_secs.or_else(|| left(it, now)).filter(|_| goes_on && it.status == Status::Running);
        }
        run
    }

    /// Takes in that a thread of the entity begins to wait.
    pub(super) fn begin_wait(&mut self, name: &'static str, now: DateTime<Utc>) {
        self.waiting.entry(name).or_insert(Waiting { threads: 0, since: now }).threads += 1;
    }

    /// Takes in that a thread of the entity has waited. Tells for how many seconds any of them did, once none does: waits
    /// side by side are one.
    pub(super) fn end_wait(&mut self, name: &'static str, now: DateTime<Utc>) -> Option<f64> {
        let waiting = self.waiting.get_mut(name)?;
        waiting.threads = waiting.threads.saturating_sub(1);
        if waiting.threads > 0 {
            return None;
        }
        self.waiting.remove(name).map(|it| secs(now - it.since))
    }

    pub(super) fn entity(&mut self, name: &str) -> Option<&mut RunEntity> {
        self.run.entities.iter_mut().find(|it| it.name == name)
    }

    /// Whether this run is going to do what `order` wants of an entity, or is at it.
    fn covers(&self, order: &Order, entity: &Entity) -> bool {
        !self.cancelled
            && !self.closing
            && self.hopeless.is_none()
            && (self.order.forced || !order.forced)
            && (order.since.is_none() || self.order.forced || self.order.since == order.since)
            && self.has_ahead(entity.name)
    }

    fn has_ahead(&self, name: &str) -> bool {
        self.pending.iter().chain(self.running.iter().map(|(it, _)| it)).any(|it| it.name == name)
    }

    fn drop_pending(&mut self, status: Status) {
        self.stop();
        for entity in std::mem::take(&mut self.pending) {
            let companions = entity.companions().map(|(it, _)| it.name);
            for name in std::iter::once(entity.name).chain(companions) {
                if let Some(it) = self.entity(name) {
                    it.status = status;
                }
            }
        }
    }

    fn stop(&self) {
        for (_, cancel) in &self.running {
            cancel.set();
        }
    }

    fn ticket(&self, joined: bool) -> Ticket {
        let entities = self.run.entities.iter().map(|it| it.name.clone()).collect();
        Ticket { run: self.run.id, joined, status: self.run.status, entities }
    }
}

/// Seconds that are left of a pass if it goes on as it went; unknown before it has done a share worth judging by.
fn left(it: &RunEntity, now: DateTime<Utc>) -> Option<f64> {
    const WORTH_JUDGING: f64 = 0.02;
    let done = it.done.filter(|it| (WORTH_JUDGING..1.0).contains(it))?;
    let took = secs(now - it.started_at?);
    Some((took * (1.0 - done) / done).max(0.0))
}

fn secs(time: TimeDelta) -> f64 {
    time.as_seconds_f64().max(0.0)
}

/// Whether the entity has requests of its own.
fn is_source(entity: &Entity) -> bool {
    !matches!(entity.source, Source::Included { .. })
}

/// The entity whose requests bring this one.
pub(super) fn source(entity: &'static Entity) -> &'static Entity {
    match entity.source {
        Source::Included { .. } => entity.parent().unwrap_or(entity),
        _ => entity,
    }
}

#[cfg(test)]
mod tests;
