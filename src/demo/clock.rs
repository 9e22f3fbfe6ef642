//! What time it is for the fake: the machine's time, or one that a test sets.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Arc, Mutex, PoisonError};

/// A clock that can be shared: clones of a set clock show the same time.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's.
    Real,
    /// Stands still until it is moved.
    Set(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// A clock that shows `time` until it is moved.
    #[must_use]
    pub fn at(time: DateTime<Utc>) -> Clock {
        Clock::Set(Arc::new(Mutex::new(time)))
    }

    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Clock::Real => Utc::now(),
            Clock::Set(time) => *time.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a set clock forward; the machine's cannot be moved.
    pub fn advance(&self, by: TimeDelta) {
        if let Clock::Set(time) = self {
            *time.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }
}
