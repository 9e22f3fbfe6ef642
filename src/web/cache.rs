//! Answers that were worked out already: kept under the version of the data and the local day that they are of, so that
//! none of them is ever older than what it speaks of. Failures are not kept.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use moka::Expiry;
use moka::policy::EvictionPolicy;
use serde::Serialize;

use super::Error;
use crate::config;
use crate::range::Ask;

/// What an answer is of: the same key, the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which question: a path, or the name of a page.
    pub about: String,
    /// How it was asked, understood: two spellings of one thing are one.
    pub ask: Ask,
    /// The version of the data that it was answered from.
    pub version: u64,
    /// The account's local day.
    pub day: NaiveDate,
}

/// How long an answer is kept at most, by what it is; see `[default.cache]` in `Rocket.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    Overview,
    Listing,
    Record,
    Events,
}

/// An answer, as JSON.
#[derive(Debug)]
pub struct Kept {
    pub json: Vec<u8>,
    /// Rows of the whole listing, of which the answer may be a part.
    pub total: Option<usize>,
    digest: u64,
    lifetime: Duration,
}

impl Kept {
    /// What the answer says, in a number: two answers that differ have different ones.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.digest
    }
}

/// An answer worked out, to be kept.
pub struct Answered {
    json: Vec<u8>,
    total: Option<usize>,
}

impl Answered {
    /// # Errors
    /// When the answer cannot be written as JSON.
    pub fn of(body: &impl Serialize) -> Result<Answered, Error> {
        Ok(Answered { json: serde_json::to_vec(body).map_err(Error::Template)?, total: None })
    }

    /// A part of a listing that has `total` rows.
    ///
    /// # Errors
    /// When the answer cannot be written as JSON.
    pub fn part(body: &impl Serialize, total: usize) -> Result<Answered, Error> {
        Ok(Answered { total: Some(total), ..Answered::of(body)? })
    }
}

/// How the cache does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Answers that were there, or that somebody else was working out.
    pub hits: u64,
    pub misses: u64,
    /// Answers that are kept now, and their bytes.
    pub entries: u64,
    pub bytes: u64,
}

/// Answers of one server; clones share them.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    /// Absent where the settings say so.
    kept: Option<moka::sync::Cache<Key, Arc<Kept>>>,
    settings: config::Cache,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// What a key takes beside its text, roughly.
const KEY_BYTES: usize = 300;

impl Cache {
    #[must_use]
    pub fn new(settings: config::Cache) -> Cache {
        let build = || {
            moka::sync::Cache::builder()
                .max_capacity(settings.max_size_mb << 20)
                .weigher(|key: &Key, kept: &Arc<Kept>| {
                    u32::try_from(KEY_BYTES + key.about.len() + kept.json.len()).unwrap_or(u32::MAX)
                })
                // A new version of the data must not have to prove itself against the popularity of the last one.
                .eviction_policy(EvictionPolicy::lru())
                .expire_after(Own)
                .build()
        };
        let kept = settings.enabled.then(build);
        Cache(Arc::new(Inner { kept, settings, hits: AtomicU64::new(0), misses: AtomicU64::new(0) }))
    }

    /// The answer to `key`, and whether it was there; otherwise `work` finds it, once for all who ask meanwhile.
    ///
    /// # Errors
    /// The work's own, which are not kept; [`Error::Shared`] where somebody else's work failed.
    pub fn get(
        &self,
        key: Key,
        lifetime: Lifetime,
        work: impl FnOnce() -> Result<Answered, Error>,
    ) -> Result<(Arc<Kept>, bool), Error> {
        let work = || work().map(|it| self.keep(it, lifetime));
        let Some(kept) = &self.0.kept else {
            self.0.misses.fetch_add(1, Ordering::Relaxed);
            return Ok((work()?, false));
        };
        match kept.entry(key).or_try_insert_with(work) {
            Ok(entry) => {
                let hit = !entry.is_fresh();
                let counter = if hit { &self.0.hits } else { &self.0.misses };
                counter.fetch_add(1, Ordering::Relaxed);
                Ok((entry.into_value(), hit))
            }
            Err(error) => {
                self.0.misses.fetch_add(1, Ordering::Relaxed);
                Err(Arc::try_unwrap(error).unwrap_or_else(Error::Shared))
            }
        }
    }

    #[must_use]
    pub fn stats(&self) -> Stats {
        if let Some(kept) = &self.0.kept {
            kept.run_pending_tasks();
        }
        Stats {
            hits: self.0.hits.load(Ordering::Relaxed),
            misses: self.0.misses.load(Ordering::Relaxed),
            entries: self.0.kept.as_ref().map_or(0, |it| it.entry_count()),
            bytes: self.0.kept.as_ref().map_or(0, |it| it.weighted_size()),
        }
    }

    fn keep(&self, Answered { json, total }: Answered, lifetime: Lifetime) -> Arc<Kept> {
        let settings = &self.0.settings;
        let secs = match lifetime {
            Lifetime::Overview => settings.overview_secs,
            Lifetime::Listing => settings.listings_secs,
            Lifetime::Record => settings.records_secs,
            Lifetime::Events => settings.events_secs,
        };
        let mut hasher = DefaultHasher::new();
        (&json, total).hash(&mut hasher);
        Arc::new(Kept { json, total, digest: hasher.finish(), lifetime: Duration::from_secs(secs) })
    }
}

/// Each answer has the lifetime of its kind.
struct Own;

impl Expiry<Key, Arc<Kept>> for Own {
    fn expire_after_create(&self, _: &Key, kept: &Arc<Kept>, _: Instant) -> Option<Duration> {
        Some(kept.lifetime)
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cache").field(&self.stats()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    fn key(version: u64) -> Key {
        let day = "2026-11-21".parse().expect("a day");
        Key { about: "/campaigns".to_owned(), ask: Ask::default(), version, day }
    }

    fn answer(text: &str) -> Result<Answered, Error> {
        Answered::part(&text, 7)
    }

    #[test]
    fn an_answer_is_worked_out_once_a_version() {
        let cache = Cache::new(config::Cache::default());
        let get = |version, text| cache.get(key(version), Lifetime::Listing, || answer(text)).expect("an answer");
        let (first, hit) = get(1, "one");
        assert_eq!((first.json.as_slice(), first.total, hit), (&b"\"one\""[..], Some(7), false));
        let (again, hit) = get(1, "never worked out");
        assert!(hit && Arc::ptr_eq(&first, &again));
        let (other, hit) = get(2, "two");
        assert!(!hit && other.digest() != first.digest());
        let stats = cache.stats();
        assert_eq!((stats.hits, stats.misses, stats.entries), (1, 2, 2));
        assert!(stats.bytes > 600, "{stats:?}");
    }

    #[test]
    fn a_failure_is_not_kept() {
        let cache = Cache::new(config::Cache::default());
        let failed = cache.get(key(1), Lifetime::Record, || Err(Error::Busy("wait".to_owned())));
        assert_eq!(failed.expect_err("a failure").to_string(), "wait");
        assert!(!cache.get(key(1), Lifetime::Record, || answer("well")).expect("an answer").1);
    }

    #[test]
    fn many_who_ask_the_same_at_once_share_the_work() {
        let (cache, work, start) = (Cache::new(config::Cache::default()), AtomicU64::new(0), Barrier::new(20));
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    start.wait();
                    let work = || {
                        work.fetch_add(1, Ordering::Relaxed);
                        answer("slow")
                    };
                    cache.get(key(1), Lifetime::Overview, work).expect("an answer");
                });
            }
        });
        assert_eq!(work.into_inner(), 1);
        assert_eq!((cache.stats().hits, cache.stats().misses), (19, 1));
    }

    #[test]
    fn a_lifetime_and_the_memory_are_bounded() {
        let cache = Cache::new(config::Cache { max_size_mb: 1, records_secs: 0, ..config::Cache::default() });
        let large = "x".repeat(100_000);
        for version in 0..50 {
            cache.get(key(version), Lifetime::Listing, || answer(&large)).expect("an answer");
        }
        let stats = cache.stats();
        assert!(stats.bytes <= 1 << 20 && stats.entries >= 5, "{stats:?}");
        // The newest is among those that were kept.
        assert!(cache.get(key(49), Lifetime::Listing, || answer("")).expect("an answer").1);
        cache.get(key(99), Lifetime::Record, || answer("gone at once")).expect("an answer");
        assert!(!cache.get(key(99), Lifetime::Record, || answer("again")).expect("an answer").1);
    }

    #[test]
    fn without_a_cache_everything_is_worked_out() {
        let cache = Cache::new(config::Cache { enabled: false, ..config::Cache::default() });
        for _ in 0..2 {
            assert!(!cache.get(key(1), Lifetime::Listing, || answer("new")).expect("an answer").1);
        }
        assert_eq!(cache.stats(), Stats { hits: 0, misses: 2, entries: 0, bytes: 0 });
    }
}
