//! One record, read when somebody asks for it, and kept like any other.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::Handle;
use super::record::{self, Context};
use super::run::Stopped;
use crate::catalog::Entity;
use crate::causes::causes;
use crate::klaviyo::{self, Request, Stop};

/// Records that are read at a time. Klaviyo may be silent, and each of them keeps a thread until its deadline.
const AT_A_TIME: usize = 4;

/// How long a record is read at most, its request included: as long as the settings let anybody wait for it.
const DEADLINE: Duration = Duration::from_mins(1);

/// Why a record was not read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Missed {
    #[error("others are being read from Klaviyo already; ask again in a moment")]
    TooMany,
    #[error("Klaviyo has not answered yet; ask again in a moment")]
    TooLate,
    #[error("it could not be read: {0}")]
    Failed(String),
}

/// A record that is being read. Nobody has to wait for it, and whoever does not finds it later.
#[derive(Debug, Clone, Default)]
pub struct Fetch(Arc<Mutex<Option<Result<(), Missed>>>>);

impl Fetch {
    /// What came of it, once something did.
    #[must_use]
    pub fn outcome(&self) -> Option<Result<(), Missed>> {
        lock(&self.0).clone()
    }
}

/// What is being read, by entity and what it belongs to.
#[derive(Debug, Default)]
pub(super) struct Fetches(Mutex<HashMap<(&'static str, String), Fetch>>);

impl Handle {
    /// Begins to read the record of an entity of [`ON_DEMAND`](crate::catalog::ON_DEMAND) that belongs to `parent`, or joins
    /// who does. It has a thread of its own and a deadline.
    ///
    /// # Errors
    /// [`Missed::TooMany`], where nothing was begun.
    pub fn fetch(&self, entity: &'static Entity, parent: &str) -> Result<Fetch, Missed> {
        let key = (entity.name, parent.to_owned());
        let mut under_way = lock(&self.0.fetches.0);
        if let Some(fetch) = under_way.get(&key) {
            return Ok(fetch.clone());
        }
        if under_way.len() >= AT_A_TIME || self.0.stop.is_set() {
            return Err(Missed::TooMany);
        }
        let (handle, fetch) = (self.clone(), Fetch::default());
        let (told, place) = (fetch.clone(), key.clone());
        let read = move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| handle.read_one(entity, &place.1)));
            let outcome = outcome.unwrap_or(Err(Stopped::Panicked)).map_err(missed);
            // First what came of it: who no longer finds it here reads anew.
            *lock(&told.0) = Some(outcome);
            lock(&handle.0.fetches.0).remove(&place);
        };
        thread::Builder::new().spawn(read).map_err(|error| Missed::Failed(error.to_string()))?;
        under_way.insert(key, fetch.clone());
        Ok(fetch)
    }

    fn read_one(&self, entity: &'static Entity, parent: &str) -> Result<(), Stopped> {
        let client = self.0.client.as_ref().ok_or(Stopped::NoKey)?;
        let request = Request::first(entity, None, None, Some(parent));
        let batch = client.ask(&request, &Stop::within(DEADLINE), &mut |_| ())?;
        let zone = self.0.store.read(|db| db.zone())?;
        let page = record::read(entity, &batch, Context { zone, parent: Some(parent) })?;
        self.0.store.write(|db| db.merge(entity, &page.records, self.now()))?;
        Ok(())
    }
}

fn missed(stopped: Stopped) -> Missed {
    match stopped {
        Stopped::Klaviyo(klaviyo::Error::Stopped) => Missed::TooLate,
        other => Missed::Failed(causes(&other)),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
