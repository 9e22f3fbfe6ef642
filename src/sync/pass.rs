//! One pass over an entity that is listed: page by page, each batch of rows in one transaction with how far it reached.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::copying::Copying;
use super::record::{self, Context, Page};
use super::run::Stopped;
use super::series::Series;
use crate::catalog::{Entity, Follow, Source};
use crate::klaviyo::{Bounds, Error, Request};
use crate::store::runs::RunEntity;
use crate::store::{Changes, Record, Store};

/// Rows gathered before they are written: enough that the statement's cost is spread, few enough for a small VM.
const ROWS_PER_WRITE: usize = 5_000;

/// How often a series is begun again because its cursor expired.
const RESTARTS: usize = 3;

/// Copies the entity, and those that come along with it.
pub(super) fn copy(copying: &Copying<'_>) -> Result<(), Stopped> {
    let mut pass = Pass::new(copying)?;
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

struct Pass<'a> {
    copying: &'a Copying<'a>,
    entity: &'static Entity,
    context: Context<'a>,
    /// Absent when the pass reads everything.
    since: Option<DateTime<Utc>>,
    /// The latest time that was seen of what the entity is followed by, never in the future.
    reached: Option<DateTime<Utc>>,
    started_at: DateTime<Utc>,
    gathered: Vec<Record>,
    companions: Vec<(&'static Entity, Vec<Record>)>,
    /// Ids of the whole listing, of the entity and of each that came along.
    seen: Vec<(&'static Entity, HashSet<String>)>,
}

impl<'a> Pass<'a> {
    fn new(copying: &'a Copying<'a>) -> Result<Pass<'a>, Stopped> {
        let entity = copying.entity;
        let (zone, watermark) = copying.store().read(|db| Ok((db.zone()?, db.watermark(entity)?)))?;
        let since = match entity.follow {
            Follow::Since { .. } if copying.order.since.is_some() => copying.order.since,
            Follow::Since { .. } if !copying.order.forced => watermark,
            _ => None,
        };
        let all = std::iter::once(entity).chain(entity.companions().map(|(it, _)| it));
        Ok(Pass {
            copying,
            entity,
            context: Context { zone, parent: None },
            since,
            reached: watermark,
            started_at: copying.now(),
            gathered: Vec::new(),
            companions: Vec::new(),
            seen: all.map(|it| (it, HashSet::new())).collect(),
        })
    }

    /// Reads a listing to its end; begins again where its cursor expired, which rows that differ survive.
    fn series(&mut self, partition: Option<&str>, parent: Option<&str>) -> Result<(), Stopped> {
        let mut restarts = 0;
        loop {
            match self.pages(partition, parent) {
                Err(Stopped::Klaviyo(Error::ExpiredCursor { .. })) if restarts < RESTARTS => restarts += 1,
                result => return result,
            }
        }
    }

    fn pages(&mut self, partition: Option<&str>, parent: Option<&str>) -> Result<(), Stopped> {
        let bounds = self.since.map(Bounds::Since);
        let mut series = Series::from(Request::first(self.entity, partition, bounds, parent));
        while let Some(asked) = series.take() {
            let batch = self.copying.ask(&asked)?;
            let page = record::read(self.entity, &batch, Context { parent, ..self.context })?;
            series.follow(&asked, &batch)?;
            self.gather(page)?;
        }
        Ok(())
    }

    /// Reads one listing, or document, for each row of the parent.
    fn each_parent(&mut self) -> Result<(), Stopped> {
        let Source::PerParent { parent, only, .. } = self.entity.source else { return Ok(()) };
        let Some(parent) = crate::catalog::find(parent) else { return Ok(()) };
        let (ids, statuses) = self.copying.store().read(|db| Ok((db.ids(parent, only)?, db.statuses()?)))?;
        if !statuses.iter().any(|it| it.name == parent.name && it.last_synced_at.is_some()) {
            return Err(Stopped::NoParents(parent.title().to_lowercase()));
        }
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
        self.note_seen(self.entity, &page.records);
        self.gathered.extend(page.records);
        for (entity, records) in page.companions {
            self.note_seen(entity, &records);
            match self.companions.iter_mut().find(|(it, _)| it.name == entity.name) {
                Some((_, gathered)) => gathered.extend(records),
                None => self.companions.push((entity, records)),
            }
        }
        if self.gathered.len() >= ROWS_PER_WRITE { self.write() } else { Ok(()) }
    }

    fn note_seen(&mut self, entity: &Entity, records: &[Record]) {
        if let Some((_, ids)) = self.seen.iter_mut().find(|(it, _)| it.name == entity.name) {
            ids.extend(records.iter().map(|it| it.id.clone()));
        }
    }

    /// Writes what was gathered. Where the listing is sorted by what is followed, how far it reached goes with it, so
    /// that a pass that is cut off goes on there; else only the whole pass counts.
    fn write(&mut self) -> Result<(), Stopped> {
        let Follow::Since { attribute, .. } = self.entity.follow else { return self.commit(None) };
        let watermark = if self.entity.sort == Some(attribute) { self.reached } else { None };
        self.commit(watermark)
    }

    fn commit(&mut self, watermark: Option<DateTime<Utc>>) -> Result<(), Stopped> {
        let own = (self.entity, std::mem::take(&mut self.gathered));
        let batches: Vec<_> = std::iter::once(own).chain(std::mem::take(&mut self.companions)).collect();
        let entity = self.entity;
        let now = self.copying.now();
        let changes: Vec<Changes> = self.copying.store().write(|db| {
            if watermark.is_some() {
                db.set_watermark(entity, watermark)?;
            }
            batches.iter().map(|(entity, records)| db.merge(entity, records, now)).collect()
        })?;
        for ((entity, records), changes) in batches.iter().zip(changes) {
            self.copying.count(entity, records.len(), changes);
        }
        Ok(())
    }

    /// The whole listing was read: what it did not hold is deleted, and the next pass starts from here.
    fn finish(mut self) -> Result<(), Stopped> {
        self.commit(None)?;
        let store: &Store = self.copying.store();
        let whole = self.since.is_none();
        let (entity, reached, now) = (self.entity, self.reached, self.copying.now());
        let swept = store.write(|db| {
            if matches!(entity.follow, Follow::Since { .. }) {
                db.set_watermark(entity, reached)?;
            }
            let sweeps = self.seen.iter().filter(|_| whole);
            sweeps.map(|(entity, ids)| Ok((*entity, db.sweep(entity, ids, now)?))).collect::<Result<Vec<_>, _>>()
        })?;
        for (entity, deleted) in swept {
            self.copying.count(entity, 0, Changes { deleted, ..Changes::default() });
        }
        Ok(())
    }
}
