//! How a thread that waits is told to stop.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A wish to stop, shared by whoever utters it and all who heed it. Once set, it stays.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    #[must_use]
    pub fn new() -> Stop {
        Stop::default()
    }

    /// Ends all waits, those to come included.
    pub fn set(&self) {
        *self.lock() = true;
        self.0.1.notify_all();
    }

    #[must_use]
    pub fn is_set(&self) -> bool {
        *self.lock()
    }

    /// Waits for `time`, or until the stop is set; true in the latter case.
    #[must_use]
    pub fn wait(&self, time: Duration) -> bool {
        let waited = self.0.1.wait_timeout_while(self.lock(), time, |it| !*it);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        // A flag cannot be left half written.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{thread, time::Instant};

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
