//! How often a request is tried again, and after which pause.

use std::time::{Duration, Instant};

use super::{Error, Request, origin::Origin};

/// The pause after a first failure, roughly; it doubles with each further one.
const PAUSE_FIRST: Duration = Duration::from_secs(1);

/// The longest pause: Klaviyo's longest window but the daily one.
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// How long a host is tried that nobody can connect to. Whoever waits for a run is told within a minute, and the run
/// after it tries again.
const NOBODY_MAX: Duration = Duration::from_secs(40);

/// How often in a row the rate limit may refuse one request. Klaviyo tells when it is open again, so more than this
/// means that something else uses the account's quota up, and waiting in a thread is the wrong place for that.
const THROTTLINGS_MAX: u32 = 20;

/// The tries of one request.
#[derive(Debug)]
pub(super) struct Tries {
    endpoint: &'static str,
    retries: u32,
    failures: u32,
    throttlings: u32,
    /// When nobody was there for the first time.
    nobody_since: Option<Instant>,
}

impl Tries {
    pub(super) fn new(request: &Request, retries: u32) -> Tries {
        Tries { endpoint: request.endpoint(), retries, failures: 0, throttlings: 0, nobody_since: None }
    }

    /// The pause after the rate limit refused: as Klaviyo told, if it did.
    pub(super) fn after_throttling(&mut self, told: Option<Duration>, chance: f64) -> Result<Duration, Error> {
        if self.throttlings == THROTTLINGS_MAX {
            return Err(self.unavailable("its rate limit is reached whenever it is asked"));
        }
        self.throttlings += 1;
        Ok(told.filter(|it| !it.is_zero()).unwrap_or_else(|| backoff(self.throttlings, chance)))
    }

    /// The pause after a failure that may go away by itself.
    pub(super) fn after_failure(&mut self, reason: &str, chance: f64) -> Result<Duration, Error> {
        if self.failures == self.retries {
            return Err(self.unavailable(reason));
        }
        self.failures += 1;
        Ok(backoff(self.failures, chance))
    }

    /// The pause after no connection came about, at `now`.
    pub(super) fn after_nobody(
        &mut self,
        origin: &Origin,
        reason: &str,
        now: Instant,
        chance: f64,
    ) -> Result<Duration, Error> {
        let since = *self.nobody_since.get_or_insert(now);
        let pause = backoff(self.failures + 1, chance);
        if self.failures == self.retries || now + pause > since + NOBODY_MAX {
            let tries = 1 + self.failures + self.throttlings;
            return Err(Error::Unreachable { host: origin.place(), tries, reason: reason.to_owned() });
        }
        self.failures += 1;
        Ok(pause)
    }

    fn unavailable(&self, reason: &str) -> Error {
        let tries = 1 + self.failures + self.throttlings;
        Error::Unavailable { endpoint: self.endpoint, tries, reason: reason.to_owned() }
    }
}

/// One second, two, four, up to [`PAUSE_MAX`]; of which half is left to chance, so that threads do not come back together.
fn backoff(failures: u32, chance: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(PAUSE_MAX.as_secs().ilog2() + 1);
    (PAUSE_FIRST * 2_u32.pow(doublings)).min(PAUSE_MAX).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tries(retries: u32) -> Tries {
        Tries { endpoint: "/api/events", retries, failures: 0, throttlings: 0, nobody_since: None }
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let mut tries = tries(9);
        let pauses: Vec<u64> =
            (0..9).map(|_| tries.after_failure("504", 1.0).expect("a further try").as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn chance_takes_up_to_half_of_a_pause() {
        for (chance, millis) in [(0.0, 2_000), (0.5, 3_000), (1.0, 4_000)] {
            assert_eq!(backoff(3, chance), Duration::from_millis(millis), "{chance}");
        }
    }

    #[test]
    fn failures_are_tried_again_as_often_as_set() {
        for retries in [0, 1, 4] {
            let mut tries = tries(retries);
            for _ in 0..retries {
                tries.after_failure("504", 0.5).expect("a further try");
            }
            let error = tries.after_failure("502 Bad Gateway", 0.5).expect_err("no further try");
            let text = format!("could not read /api/events in {} tries: 502 Bad Gateway", retries + 1);
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn a_host_that_nobody_is_at_is_given_up_within_a_minute() {
        let origin = Origin::of("https://a.klaviyo.com").expect("an origin");
        for (took, tries_made) in [(Duration::ZERO, 6), (Duration::from_secs(10), 4)] {
            let (start, mut tries) = (Instant::now(), tries(100));
            let (mut now, mut made) = (start, 0);
            let error = loop {
                // A refusal comes at once, silence after the time that a connection may take.
                now += took;
                made += 1;
                match tries.after_nobody(&origin, "connection refused", now, 1.0) {
                    Ok(pause) => now += pause,
                    Err(error) => break error,
                }
            };
            assert!(now - start <= Duration::from_mins(1), "{:?}", now - start);
            assert_eq!(made, tries_made);
            assert!(error.to_string().starts_with("could not reach a.klaviyo.com in "), "{error}");
        }
    }

    #[test]
    fn the_rate_limit_is_no_failure_but_has_an_end_too() {
        let mut tries = tries(0);
        for _ in 0..THROTTLINGS_MAX {
            let pause = tries.after_throttling(Some(Duration::from_secs(7)), 0.5).expect("a further try");
            assert_eq!(pause, Duration::from_secs(7));
        }
        let error = tries.after_throttling(Some(Duration::from_secs(7)), 0.5).expect_err("no further try");
        assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    }

    #[test]
    fn a_refusal_that_tells_no_time_backs_off() {
        let mut tries = tries(0);
        let told = [None, Some(Duration::ZERO), None];
        let pauses = told.map(|it| tries.after_throttling(it, 1.0).expect("a further try").as_secs());
        assert_eq!(pauses, [1, 2, 4]);
    }
}
