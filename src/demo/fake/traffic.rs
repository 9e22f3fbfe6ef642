//! How busy the fake is kept: what a reader's concurrency looks like from Klaviyo's side.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Requests since the fake began.
#[derive(Debug, Clone, PartialEq)]
pub struct Traffic {
    pub requests: u64,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Bytes of all bodies.
    pub bytes: u64,
    /// Requests that were under way at once: at the most, and on average from the first request to the last answer.
    pub in_flight_max: u64,
    pub in_flight_mean: f64,
    /// From the first request to the last answer.
    pub span: Duration,
}

impl Traffic {
    pub(super) fn to_json(&self) -> String {
        let mut json = format!(
            "{{\"requests\":{},\"bytes\":{},\"in_flight_max\":{},\"in_flight_mean\":{:.3},\"span_secs\":{:.3},\"statuses\":{{",
            self.requests,
            self.bytes,
            self.in_flight_max,
            self.in_flight_mean,
            self.span.as_secs_f64()
        );
        for (index, (status, count)) in self.statuses.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(json, "{comma}\"{status}\":{count}").expect("a text takes everything");
        }
        json.push_str("}}");
        json
    }
}

#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<Count>);

#[derive(Debug, Default)]
struct Count {
    requests: u64,
    statuses: BTreeMap<u16, u64>,
    bytes: u64,
    in_flight: u64,
    in_flight_max: u64,
    /// Of all requests together.
    busy: Duration,
    first: Option<Instant>,
    last: Option<Instant>,
}

/// A request under way; it is over when this is dropped.
#[derive(Debug)]
pub(super) struct Passing<'a> {
    meter: &'a Meter,
    since: Instant,
}

impl Meter {
    pub(super) fn begin(&self, now: Instant) -> Passing<'_> {
        let mut count = self.count();
        count.first.get_or_insert(now);
        count.in_flight += 1;
        count.in_flight_max = count.in_flight_max.max(count.in_flight);
        Passing { meter: self, since: now }
    }

    pub(super) fn answered(&self, status: u16, bytes: usize) {
        let mut count = self.count();
        count.requests += 1;
        count.bytes += bytes as u64;
        *count.statuses.entry(status).or_default() += 1;
    }

    pub(super) fn read(&self) -> Traffic {
        let count = self.count();
        let span = count.first.zip(count.last).map_or(Duration::ZERO, |(first, last)| last - first);
        let mean = if span.is_zero() { 0.0 } else { count.busy.as_secs_f64() / span.as_secs_f64() };
        Traffic {
            requests: count.requests,
            statuses: count.statuses.clone(),
            bytes: count.bytes,
            in_flight_max: count.in_flight_max,
            in_flight_mean: mean,
            span,
        }
    }

    fn end(&self, since: Instant, now: Instant) {
        let mut count = self.count();
        count.in_flight -= 1;
        count.busy += now - since;
        count.last = count.last.max(Some(now));
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Passing<'_> {
    fn drop(&mut self) {
        self.meter.end(self.since, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_at_once_are_counted_by_their_time() {
        let meter = Meter::default();
        let start = Instant::now();
        let second = Duration::from_secs(1);
        for _ in 0..3 {
            std::mem::forget(meter.begin(start));
        }
        meter.end(start, start + second);
        meter.end(start, start + second);
        meter.end(start, start + 4 * second);
        for (status, bytes) in [(200, 10), (200, 20), (429, 5)] {
            meter.answered(status, bytes);
        }
        let traffic = meter.read();
        assert_eq!((traffic.in_flight_max, traffic.in_flight_mean, traffic.span), (3, 1.5, 4 * second));
        assert_eq!(
            traffic.to_json(),
            "{\"requests\":3,\"bytes\":35,\"in_flight_max\":3,\"in_flight_mean\":1.500,\"span_secs\":4.000,\
             \"statuses\":{\"200\":2,\"429\":1}}"
        );
    }
}
