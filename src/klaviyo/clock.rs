//! The client's time and chance, so that a test has its own.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::{Duration, Instant},
};

use super::Stop;

/// Time and chance.
pub trait Clock: Send + Sync {
    fn now(&self) -> Instant;

    /// Lets `time` pass; true when the stop was set before or meanwhile.
    fn wait(&self, time: Duration, stop: &Stop) -> bool;

    /// Any number from 0 to 1, each as likely.
    fn chance(&self) -> f64;
}

/// The real ones.
pub(super) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wait(&self, time: Duration, stop: &Stop) -> bool {
        stop.wait(time)
    }

    /// The keys of the standard library's hash tables are random, which is all that spreading retries asks for.
    fn chance(&self) -> f64 {
        let bits = RandomState::new().build_hasher().finish();
        f64::from((bits >> 32) as u32) / f64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_spread_over_its_range() {
        let draws: Vec<f64> = (0..1_000).map(|_| SystemClock.chance()).collect();
        assert!(draws.iter().all(|it| (0.0..=1.0).contains(it)));
        let low = draws.iter().filter(|it| **it < 0.5).count();
        assert!((350..650).contains(&low), "{low} of 1,000 are below the middle");
    }
}
