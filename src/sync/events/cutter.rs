//! Cuts the time that is to be read into windows: newest first, each as long as to hold about as many events as the
//! next, however dense they lie.

use chrono::{DateTime, TimeDelta, Utc};

use super::plan::whole_second;
use crate::store::Window;

/// Events that a window is to hold: ten pages, so that the last one, which is only half full on average, costs little;
/// and few enough that many windows are read at a time, and that a crash loses little.
const EVENTS_PER_WINDOW: f64 = 10_000.0;

/// How long the first window is, of which nothing is known.
const FIRST: TimeDelta = TimeDelta::days(1);

/// How much longer the next window may be than one that held less than it could. A history that is empty back to 1990
/// takes five windows more.
const GROWTH: i32 = 8;

/// The least that Klaviyo's filter takes.
const LEAST: TimeDelta = TimeDelta::seconds(1);

/// Longer than any history.
const MOST: TimeDelta = TimeDelta::days(365 * 100);

/// What is next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Window(Window),
    /// It is not known how dense events lie; wait for what is being read.
    Wait,
    Nothing,
}

/// The time that is still to be read.
#[derive(Debug)]
pub(super) struct Cutter {
    /// Newest last.
    spans: Vec<Window>,
    /// How long the next window is.
    length: TimeDelta,
    /// Whether the last that was learned is that there are events.
    is_dense: bool,
}

impl Cutter {
    /// Of `spans`, newest first.
    pub(super) fn new(mut spans: Vec<Window>) -> Cutter {
        spans.reverse();
        Cutter { spans, length: FIRST, is_dense: false }
    }

    /// The next window, if one is to be read while `reading` others are. Where nothing is known, or nothing was found,
    /// it is one at a time: many long windows would reach far into what is dense again.
    pub(super) fn next(&mut self, reading: usize) -> Next {
        let Some(span) = self.spans.last_mut() else { return Next::Nothing };
        if reading > 0 && !self.is_dense {
            return Next::Wait;
        }
        let start = whole_second(span.end - self.length).min(span.end - LEAST);
        // What would be left is too short to be worth a request of its own.
        let start = if start - span.start < self.length / 8 { span.start } else { start };
        let window = Window { start, end: span.end };
        if start == span.start {
            self.spans.pop();
        } else {
            span.end = start;
        }
        Next::Window(window)
    }

    /// Takes in that `events` were found from `start` to `end`.
    pub(super) fn learn(&mut self, start: DateTime<Utc>, end: DateTime<Utc>, events: usize) {
        let seen = (end - start).clamp(LEAST, MOST);
        let fitting = seen.as_seconds_f64() * EVENTS_PER_WINDOW / events.max(1) as f64;
        let fitting = TimeDelta::try_milliseconds(whole(fitting * 1_000.0)).unwrap_or(MOST);
        self.length = fitting.min(self.length.max(seen * GROWTH)).clamp(LEAST, MOST);
        self.is_dense = events > 0;
    }

    /// The same of a window that is only read down to `start`, for as long as nothing better is known.
    pub(super) fn guess(&mut self, start: DateTime<Utc>, end: DateTime<Utc>, events: usize) {
        if !self.is_dense && events > 0 {
            self.learn(start, end, events);
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "what is beyond any history is cut off by its bound")]
fn whole(number: f64) -> i64 {
    number as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn window(start: i64, end: i64) -> Window {
        let at = |secs| DateTime::from_timestamp(secs, 0).expect("a time");
        Window { start: at(start), end: at(end) }
    }

    /// Reads everything, one window at a time, of an account with so many events a day at a time.
    fn read(span: Window, events: impl Fn(&Window) -> usize) -> Vec<Window> {
        let mut cutter = Cutter::new(vec![span]);
        let mut windows = Vec::new();
        while let Next::Window(window) = cutter.next(0) {
            cutter.learn(window.start, window.end, events(&window));
            windows.push(window);
        }
        windows
    }

    fn days(window: &Window) -> f64 {
        (window.end - window.start).as_seconds_f64() / 86_400.0
    }

    #[test]
    fn windows_follow_one_another_without_a_gap() {
        let windows =
            read(window(7, 1_000 * DAY), |it| usize::try_from(it.start.timestamp() % 40_000).expect("a count"));
        assert_eq!(windows[0].end.timestamp(), 1_000 * DAY);
        assert!(windows.windows(2).all(|it| it[0].start == it[1].end));
        assert_eq!(windows.last().map(|it| it.start.timestamp()), Some(7));
    }

    #[test]
    fn windows_are_as_long_as_events_are_rare() {
        for rate in [10.0, 1_000.0, 1_000_000.0] {
            let windows = read(window(0, 300 * DAY), |it| usize::try_from(whole(days(it) * rate)).expect("a count"));
            let usual = &windows[windows.len() / 2];
            let held = days(usual) * rate;
            assert!(windows.len() < 6 || (9_000.0..11_000.0).contains(&held), "{rate} a day: {held}");
        }
    }

    #[test]
    fn emptiness_costs_few_windows() {
        assert!(read(window(0, 13_000 * DAY), |_| 0).len() <= 6);
        // A year with a thousand events a day, and nothing for thirty-five years before it.
        let windows = read(window(0, 13_000 * DAY), |it| {
            let from = it.start.timestamp().max(12_635 * DAY);
            usize::try_from((it.end.timestamp() - from).max(0) / 86).expect("a count")
        });
        assert!(windows.len() < 50, "{}", windows.len());
    }

    #[test]
    fn no_window_is_shorter_than_a_second() {
        let windows = read(window(0, 60), |_| 1_000_000);
        assert!(windows.iter().all(|it| it.end - it.start >= LEAST));
        assert!(windows.len() > 1 || windows[0] == window(0, 60));
        let mut cutter = Cutter::new(vec![window(0, DAY)]);
        cutter.learn(window(0, 1).start, window(0, 1).end, 1_000_000);
        assert_eq!(cutter.next(0), Next::Window(window(DAY - 1, DAY)));
    }

    #[test]
    fn what_is_unknown_is_read_one_at_a_time() {
        let mut cutter = Cutter::new(vec![window(0, 100 * DAY)]);
        assert_eq!(cutter.next(0), Next::Window(window(99 * DAY, 100 * DAY)));
        assert_eq!(cutter.next(1), Next::Wait);
        cutter.learn(window(99 * DAY, 100 * DAY).start, window(99 * DAY, 100 * DAY).end, 10_000);
        assert_eq!(cutter.next(1), Next::Window(window(98 * DAY, 99 * DAY)));
        cutter.learn(window(98 * DAY, 99 * DAY).start, window(98 * DAY, 99 * DAY).end, 0);
        assert_eq!(cutter.next(1), Next::Wait);
        assert_eq!(cutter.next(0), Next::Window(window(90 * DAY, 98 * DAY)));
    }

    #[test]
    fn gaps_are_read_newest_first() {
        let mut cutter = Cutter::new(vec![window(80, 100), window(0, 50)]);
        assert_eq!(cutter.next(0), Next::Window(window(80, 100)));
        assert_eq!(cutter.next(0), Next::Window(window(0, 50)));
        assert_eq!(cutter.next(0), Next::Nothing);
    }
}
