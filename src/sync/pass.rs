//! One pass over what is listed: page by page, each batch of rows in one transaction with how far it reached.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::copying::Copying;
use super::identity;
use super::members;
use super::plan::{Habit, Known, Plan, Wish};
use super::record::{self, Context, Page};
use super::run::Stopped;
use super::series::Series;
use crate::catalog::{Entity, Follow, Source, Whole};
use crate::klaviyo::{Bounds, Error, Request};
use crate::store::progress::ParentProgress;
use crate::store::runs::RunEntity;
use crate::store::{self, Changes, Db, Record};

/// Rows gathered before they are written: enough that the statement's cost is spread, few enough for a small VM.
const ROWS_PER_WRITE: usize = 5_000;

/// How often a series is begun again because its cursor expired.
const RESTARTS: usize = 3;

/// The smallest page that is asked for where larger ones cannot be had; below it the requests cost more than the rows.
const PAGE_MIN: u16 = 10;

/// Copies the entity, and those that come along with it.
pub(super) fn copy(copying: &Copying<'_>) -> Result<(), Stopped> {
    if copying.entity.is_membership() {
        return members::copy(copying);
    }
    let entity = copying.entity;
    let known =
        copying.store().read(|db| Ok(Known { watermark: db.watermark(entity)?, whole_at: db.whole_at(entity)? }))?;
    let mut pass = Pass::new(copying, Scope::Entity, known)?;
    match copying.entity.source {
        Source::PerParent { .. } => pass.each_parent()?,
        Source::List { partitions: [], .. } => pass.series(None, None)?,
        Source::List { partitions, .. } => {
            for partition in partitions {
                pass.series(Some(partition), None)?;
            }
        }
        // The latter two are asked for in their own ways.
        Source::Included { .. } | Source::Report(_) | Source::Aggregates { .. } => {}
    }
    pass.finish()
}

/// What is listed, followed and swept as one.
pub(super) enum Scope {
    /// All there is of the entity.
    Entity,
    /// The records of one parent, whose progress that is.
    Parent(ParentProgress),
}

pub(super) struct Pass<'a> {
    copying: &'a Copying<'a>,
    entity: &'static Entity,
    scope: Scope,
    context: Context<'a>,
    plan: Plan,
    /// The latest time that was seen of what the entity is followed by, never in the future.
    reached: Option<DateTime<Utc>>,
    started_at: DateTime<Utc>,
    page_size: Option<u16>,
    gathered: HashMap<&'static str, (&'static Entity, Vec<Record>)>,
}

/// How far one series came.
struct Course {
    /// Nothing before the first record.
    at: Option<DateTime<Utc>>,
    /// Whether every record was as late as the one before it, or later: only then is nothing left behind it.
    in_order: bool,
}

impl<'a> Pass<'a> {
    pub(super) fn new(copying: &'a Copying<'a>, scope: Scope, known: Known) -> Result<Pass<'a>, Stopped> {
        let entity = copying.entity;
        let zone = copying.store().read(|db| db.zone())?;
        let started_at = copying.now();
        let wish = Wish { forced: copying.order.forced, since: copying.order.since };
        let plan = match entity.follow {
            Follow::Since { whole, .. } => Plan::of(wish, known, habit(copying, whole), started_at),
            _ => Plan::WHOLE,
        };
        let pass = Pass {
            copying,
            entity,
            scope,
            context: Context { zone, parent: None },
            plan,
            reached: known.watermark,
            started_at,
            page_size: entity.page_size(),
            gathered: HashMap::new(),
        };
        if plan.sweeps {
            copying.store().write_aside(|db| pass.listed().try_for_each(|it| db.begin_listing(it)))?;
        }
        Ok(pass)
    }

    /// The entities whose whole listing this is.
    fn listed(&self) -> impl Iterator<Item = &'static Entity> {
        std::iter::once(self.entity).chain(self.entity.companions().map(|(it, _)| it))
    }

    /// Reads a listing to its end. Where its cursor expired, or its pages are too large to be answered, it goes on from
    /// where it was, or from its beginning where that cannot be told: rows that are written twice are written once.
    pub(super) fn series(&mut self, partition: Option<&str>, parent: Option<&str>) -> Result<(), Stopped> {
        let mut restarts = 0;
        let mut course = Course::of(self.entity);
        loop {
            match self.pages(partition, parent, &mut course) {
                Err(Stopped::Klaviyo(Error::ExpiredCursor { .. })) if restarts < RESTARTS => restarts += 1,
                Err(Stopped::Klaviyo(error)) if self.can_ask_for_less(&error) => {
                    self.page_size = self.page_size.map(|it| it / 2);
                    log::info!("{}: asking for pages of {:?} records", self.entity.name, self.page_size);
                }
                result => return result,
            }
        }
    }

    /// What is asked for beside the plain listing is what takes Klaviyo too long.
    fn can_ask_for_less(&self, error: &Error) -> bool {
        let helps = match error {
            Error::TooLong { .. } => true,
            Error::Unavailable { .. } => !self.entity.additional_fields.is_empty(),
            _ => false,
        };
        helps && self.page_size.is_some_and(|it| it / 2 >= PAGE_MIN)
    }

    fn pages(&mut self, partition: Option<&str>, parent: Option<&str>, course: &mut Course) -> Result<(), Stopped> {
        let from = if course.in_order { self.plan.since.max(course.at) } else { self.plan.since };
        if from != course.at {
            *course = Course::of(self.entity);
        }
        let first = Request::sized(self.entity, partition, from.map(Bounds::Since), parent, self.page_size);
        let mut series = Series::from(first);
        while let Some(asked) = series.take() {
            if self.copying.is_held() {
                // A pause may last for days, and a process be killed meanwhile.
                self.write()?;
            }
            let batch = self.copying.ask(&asked)?;
            let page = record::read(self.entity, &batch, Context { parent, ..self.context })?;
            identity::admit(self.copying, self.entity, &page.records)?;
            series.follow(&asked, &batch)?;
            course.go_on(&page);
            self.copying.leave_out(page.left_out);
            self.gather(page)?;
        }
        Ok(())
    }

    /// Reads one listing, or document, for each row of the parent.
    fn each_parent(&mut self) -> Result<(), Stopped> {
        let Source::PerParent { only, .. } = self.entity.source else { return Ok(()) };
        let Some(parent) = self.entity.parent() else { return Ok(()) };
        known_parents(self.copying, parent)?;
        let ids = self.copying.store().read(|db| db.ids(parent, only))?;
        for (done, id) in ids.iter().enumerate() {
            match self.series(None, Some(id)) {
                // Deleted between its listing and now.
                Err(Stopped::Klaviyo(Error::NotFound { .. })) => {}
                result => result?,
            }
            self.copying.show(|it: &mut RunEntity| it.done = Some((done + 1) as f64 / ids.len() as f64));
        }
        Ok(())
    }

    fn gather(&mut self, page: Page) -> Result<(), Stopped> {
        let latest = page.followed.iter().flatten().max().copied().map(|it| it.min(self.started_at));
        self.reached = self.reached.max(latest);
        for (entity, records) in std::iter::once((self.entity, page.records)).chain(page.companions) {
            self.copying.count(entity, records.len(), Changes::default());
            self.gathered.entry(entity.name).or_insert_with(|| (entity, Vec::new())).1.extend(records);
        }
        let own = self.gathered.get(self.entity.name).map_or(0, |it| it.1.len());
        if own >= ROWS_PER_WRITE { self.write() } else { Ok(()) }
    }

    /// Writes what was gathered. Where the listing is sorted by what is followed, how far it reached goes with it, so
    /// that a pass that is cut off goes on there; else only the whole pass counts.
    fn write(&mut self) -> Result<(), Stopped> {
        self.commit(|pass, db| if pass.entity.is_in_order() { pass.note_reached(db) } else { Ok(()) })
    }

    /// Writes what was gathered in one transaction with what `also` does.
    fn commit(&mut self, also: impl FnOnce(&Pass<'_>, &Db<'_>) -> Result<(), store::Error>) -> Result<(), Stopped> {
        let batches: Vec<_> = std::mem::take(&mut self.gathered).into_values().collect();
        let now = self.copying.now();
        let changes: Vec<Changes> = self.copying.store().write_in_row(|db| {
            also(self, db)?;
            let write = |(entity, records): &(&'static Entity, Vec<Record>)| {
                if self.plan.sweeps {
                    db.note_seen(entity, records)?;
                }
                db.merge(entity, records, now)
            };
            batches.iter().map(write).collect()
        })?;
        for ((entity, _), changes) in batches.iter().zip(changes) {
            self.copying.count(entity, 0, changes);
        }
        Ok(())
    }

    /// From here the next pass goes on.
    fn note_reached(&self, db: &Db<'_>) -> Result<(), store::Error> {
        match &self.scope {
            _ if !self.plan.moves => Ok(()),
            Scope::Entity => db.set_watermark(self.entity, self.reached),
            Scope::Parent(it) => db.set_parent(self.entity, &ParentProgress { watermark: self.reached, ..it.clone() }),
        }
    }

    /// The listing was read to its end: what it did not hold is deleted, and the next pass starts from here.
    pub(super) fn finish(mut self) -> Result<(), Stopped> {
        self.commit(|_, _| Ok(()))?;
        let (entity, now) = (self.entity, self.copying.now());
        let parent = match &self.scope {
            Scope::Entity => None,
            Scope::Parent(it) => Some(it.parent.as_str()),
        };
        let swept = self.copying.store().write_in_row(|db| {
            if matches!(entity.follow, Follow::Since { .. }) {
                self.note_end(db)?;
            }
            let sweeps = self.listed().filter(|_| self.plan.sweeps);
            sweeps.map(|it| Ok((it, db.sweep(it, parent, now)?))).collect::<Result<Vec<_>, store::Error>>()
        })?;
        for (entity, deleted) in swept {
            self.copying.count(entity, 0, Changes { deleted, ..Changes::default() });
        }
        Ok(())
    }

    fn note_end(&self, db: &Db<'_>) -> Result<(), store::Error> {
        match &self.scope {
            Scope::Parent(it) => {
                let whole_at = if self.plan.completes { Some(self.started_at) } else { it.whole_at };
                // A parent without a single record was read to its end, too.
                let watermark = self.reached.or(Some(self.started_at)).filter(|_| self.plan.moves);
                db.set_parent(self.entity, &ParentProgress { watermark, whole_at, ..it.clone() })
            }
            Scope::Entity => {
                self.note_reached(db)?;
                if self.plan.completes { db.set_whole_at(self.entity, self.started_at) } else { Ok(()) }
            }
        }
    }
}

impl Course {
    /// Before its first page.
    fn of(entity: &Entity) -> Course {
        Course { at: None, in_order: entity.is_in_order() }
    }

    fn go_on(&mut self, page: &Page) {
        for time in &page.followed {
            match time {
                Some(time) if self.at.is_none_or(|it| it <= *time) => self.at = Some(*time),
                _ => self.in_order = false,
            }
        }
    }
}

/// How the listing is followed, which is partly a matter of the settings.
fn habit(copying: &Copying<'_>, whole: Whole) -> Habit {
    let is_membership = copying.entity.is_membership();
    let options = &copying.handle.0.options;
    let days = match whole {
        Whole::EveryDays(days) => i64::from(days),
        Whole::AsSet if is_membership => i64::from(options.membership.relist_days),
        Whole::AsSet => i64::from(options.profile_sweep_days),
    };
    // Who joined may become visible late, as events do.
    let overlap = TimeDelta::hours(if is_membership { i64::from(options.lookback_hours) } else { 0 });
    Habit { every: (days > 0).then(|| TimeDelta::days(days)), overlap }
}

/// Nothing can be read per parent before the parents were.
pub(super) fn known_parents(copying: &Copying<'_>, parent: &Entity) -> Result<(), Stopped> {
    let statuses = copying.store().read(|db| db.statuses())?;
    if statuses.iter().any(|it| it.name == parent.name && it.last_synced_at.is_some()) {
        return Ok(());
    }
    Err(Stopped::NoParents(parent.title().to_lowercase()))
}
