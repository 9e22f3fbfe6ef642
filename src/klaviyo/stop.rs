//! How a thread that waits is told to stop.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// A wish to stop, shared by whoever utters it and all who heed it. Once set, it stays.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    shared: Arc<(Mutex<bool>, Condvar)>,
    /// When it is set without anybody's doing.
    deadline: Option<Instant>,
}

impl Stop {
    #[must_use]
    pub fn new() -> Stop {
        Stop::default()
    }

    /// One that is set by itself after `time`; a request under way then is given up, too.
    #[must_use]
    pub fn within(time: Duration) -> Stop {
        Stop { deadline: Some(Instant::now() + time), ..Stop::default() }
    }

    /// What is left until it is set by itself, where it will be.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        self.deadline.map(|it| it.saturating_duration_since(Instant::now()))
    }

    /// Ends all waits, those to come included.
    pub fn set(&self) {
        *self.lock() = true;
        self.shared.1.notify_all();
    }

    #[must_use]
    pub fn is_set(&self) -> bool {
        *self.lock() || self.is_late()
    }

    /// Waits for `time`, or until the stop is set; true in the latter case.
    #[must_use]
    pub fn wait(&self, time: Duration) -> bool {
        let time = self.left().map_or(time, |it| it.min(time));
        let waited = self.shared.1.wait_timeout_while(self.lock(), time, |it| !*it);
        *waited.unwrap_or_else(PoisonError::into_inner).0 || self.is_late()
    }

    fn is_late(&self) -> bool {
        self.left().is_some_and(|it| it.is_zero())
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        // A flag cannot be left half written.
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn a_stop_ends_a_wait_at_once() {
        let stop = Stop::new();
        let waiting = thread::spawn({
            let stop = stop.clone();
            move || stop.wait(Duration::from_mins(1))
        });
        let start = Instant::now();
        stop.set();
        assert!(waiting.join().expect("no panic"));
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_deadline_ends_a_wait() {
        let (stop, start) = (Stop::within(Duration::from_millis(20)), Instant::now());
        assert!(!stop.is_set() && !stop.wait(Duration::from_millis(1)));
        assert!(stop.wait(Duration::from_mins(1)) && stop.is_set());
        assert!(start.elapsed() < Duration::from_secs(10));
        assert_eq!(stop.left(), Some(Duration::ZERO));
    }

    #[test]
    fn a_wait_without_a_stop_ends_by_itself() {
        assert!(!Stop::new().wait(Duration::from_millis(1)));
    }

    #[test]
    fn a_stop_that_is_set_leaves_nothing_to_wait_for() {
        let stop = Stop::new();
        stop.set();
        assert!(stop.is_set());
        assert!(stop.wait(Duration::from_mins(1)));
    }
}
