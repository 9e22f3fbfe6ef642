//! How much of a pass is done and how long the rest takes, from how it went in the last moments. How far back the events of
//! a whole history go is taken from the account's first metric; where they go on beyond it nothing is said any more.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

/// What happened longer ago does not count: density and Klaviyo's speed change. Klaviyo's limits go by the minute, so that
/// less than that may hold nothing but a burst.
const RECENT: TimeDelta = TimeDelta::seconds(90);

/// Before this much time has passed nothing is said of what is to come.
const SOON: TimeDelta = TimeDelta::seconds(3);

/// How far it was at some moment.
#[derive(Debug, Clone, Copy)]
struct Mark {
    at: DateTime<Utc>,
    covered: TimeDelta,
    events: u64,
}

/// The course of one pass.
#[derive(Debug)]
pub(super) struct Estimate {
    /// The time that is to be read, where something tells how much that is.
    total: Option<TimeDelta>,
    /// Whether there may be more than that.
    is_guess: bool,
    /// Oldest first; the last is how far it is.
    marks: VecDeque<Mark>,
}

impl Estimate {
    pub(super) fn new(total: Option<TimeDelta>, now: DateTime<Utc>) -> Estimate {
        let start = Mark { at: now, covered: TimeDelta::zero(), events: 0 };
        Estimate { total, is_guess: false, marks: VecDeque::from([start]) }
    }

    /// Whether nobody knows how much is to be read.
    pub(super) fn is_open(&self) -> bool {
        self.total.is_none()
    }

    /// Takes in about how much is to be read.
    pub(super) fn guess(&mut self, total: TimeDelta) {
        (self.total, self.is_guess) = (Some(total), true);
    }

    /// Takes in that a span of time was read, and so many events in it.
    pub(super) fn read(&mut self, span: TimeDelta, events: usize, now: DateTime<Utc>) {
        let last = self.last();
        let covered = last.covered + span.max(TimeDelta::zero());
        self.marks.push_back(Mark { at: now, covered, events: last.events + events as u64 });
        while self.marks.get(1).is_some_and(|it| now - it.at > RECENT) {
            self.marks.pop_front();
        }
    }

    /// The share of the time that was read, 0 to 1.
    pub(super) fn done(&self) -> Option<f64> {
        let total = self.total().filter(|it| *it > TimeDelta::zero())?;
        Some((self.last().covered.as_seconds_f64() / total.as_seconds_f64()).clamp(0.0, 1.0))
    }

    /// Seconds until the rest is read, at the pace of the last moments.
    pub(super) fn left(&self) -> Option<f64> {
        let (took, covered, _) = self.recent()?;
        let left = (self.total()? - self.last().covered).max(TimeDelta::zero());
        (covered > 0.0).then(|| left.as_seconds_f64() * took / covered)
    }

    /// Events a second, in the last moments.
    pub(super) fn rate(&self) -> Option<f64> {
        self.recent().map(|(took, _, events)| events / took)
    }

    /// What is to be read, unless there turned out to be more.
    fn total(&self) -> Option<TimeDelta> {
        self.total.filter(|it| !self.is_guess || self.last().covered < *it)
    }

    /// Seconds that the last moments took, seconds of time covered and events read in them.
    fn recent(&self) -> Option<(f64, f64, f64)> {
        let (first, last) = (self.marks.front()?, self.last());
        let took = last.at - first.at;
        let covered = (last.covered - first.covered).as_seconds_f64();
        (took >= SOON).then(|| (took.as_seconds_f64(), covered, (last.events - first.events) as f64))
    }

    fn last(&self) -> Mark {
        *self.marks.back().expect("the start is marked, and the last mark is never dropped")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(secs, 0).expect("a time")
    }

    #[test]
    fn what_is_left_follows_from_the_last_moments() {
        let mut it = Estimate::new(Some(TimeDelta::days(100)), at(0));
        assert_eq!((it.done(), it.left()), (Some(0.0), None));
        for second in 1..=20 {
            it.read(TimeDelta::days(1), 1_000, at(second));
        }
        assert_eq!((it.done(), it.left(), it.rate()), (Some(0.2), Some(80.0), Some(1_000.0)));
        // Then it takes four times as long, and after a while only that counts.
        for step in 1..=25 {
            it.read(TimeDelta::days(1), 2_000, at(20 + 4 * step));
        }
        let left = it.left().expect("an estimate");
        assert!((215.0..=225.0).contains(&left), "{left}");
    }

    #[test]
    fn nothing_is_said_too_soon_or_of_an_unknown_whole() {
        let mut it = Estimate::new(Some(TimeDelta::days(100)), at(0));
        it.read(TimeDelta::days(50), 9, at(2));
        assert_eq!((it.done(), it.left(), it.rate()), (Some(0.5), None, None));
        let mut it = Estimate::new(None, at(0));
        it.read(TimeDelta::days(50), 500, at(10));
        assert_eq!((it.done(), it.left(), it.rate()), (None, None, Some(50.0)));
    }

    #[test]
    fn a_share_is_never_more_than_all() {
        let mut it = Estimate::new(Some(TimeDelta::days(1)), at(0));
        it.read(TimeDelta::days(2), 9, at(10));
        assert_eq!((it.done(), it.left()), (Some(1.0), Some(0.0)));
        assert_eq!(Estimate::new(Some(TimeDelta::zero()), at(0)).done(), None);
    }

    #[test]
    fn of_a_guess_that_was_too_low_nothing_is_said() {
        let mut it = Estimate::new(None, at(0));
        it.guess(TimeDelta::days(10));
        it.read(TimeDelta::days(5), 9, at(10));
        assert_eq!((it.done(), it.left()), (Some(0.5), Some(10.0)));
        it.read(TimeDelta::days(5), 9, at(20));
        assert_eq!((it.done(), it.left(), it.rate()), (None, None, Some(0.9)));
    }

    #[test]
    fn a_pass_that_stands_still_tells_no_end() {
        let mut it = Estimate::new(Some(TimeDelta::days(1)), at(0));
        it.read(TimeDelta::zero(), 0, at(60));
        assert_eq!(it.left(), None);
    }
}
