//! Cuts the time that is to be read into windows: newest first, each as long as to hold about as many events as the
//! next, however dense they lie.

use std::collections::VecDeque;

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

/// Windows whose density tells that of the next: a day on which a campaign was sent is many times as dense as its
/// neighbours, and windows cut by it alone would be short where little lies.
const RECENT: usize = 8;

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
    /// The lengths of the last windows that held events, and how many.
    recent: VecDeque<(TimeDelta, usize)>,
    /// Whether there are events where the oldest is known. Windows end in any order, and what a newer one holds says
    /// nothing of what lies before the first event of the account.
    is_dense: bool,
    /// Down to where it is known what there is, and down to where windows were handed out.
    known: Option<DateTime<Utc>>,
    handed_out: Option<DateTime<Utc>>,
}

impl Cutter {
    /// Of `spans`, newest first.
    pub(super) fn new(mut spans: Vec<Window>) -> Cutter {
        spans.reverse();
        Cutter { spans, length: FIRST, recent: VecDeque::new(), is_dense: false, known: None, handed_out: None }
    }

    /// The next window. Where nothing is known, or nothing was found, it is one at a time: many long windows would reach
    /// far into what is dense again.
    pub(super) fn next(&mut self) -> Next {
        let Some(span) = self.spans.last_mut() else { return Next::Nothing };
        if !self.is_dense && self.known != self.handed_out {
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
        self.handed_out = Some(start);
        Next::Window(window)
    }

    /// Takes in that `events` were found from `start` to `end`.
    pub(super) fn learn(&mut self, start: DateTime<Utc>, end: DateTime<Utc>, events: usize) {
        let seen = (end - start).clamp(LEAST, MOST);
        if self.known.is_none_or(|it| start <= it) {
            self.known = Some(start);
            self.is_dense = events > 0;
        }
        if !self.is_dense {
            // What lies behind emptiness is as unknown as at the beginning.
            self.recent.clear();
            if events == 0 {
                self.length = (seen * GROWTH).max(self.length).min(MOST);
            }
            return;
        }
        if events > 0 {
            self.recent.push_back((seen, events));
            if self.recent.len() > RECENT {
                self.recent.pop_front();
            }
        }
        let (time, held) =
            self.recent.iter().fold((0.0, 0), |(time, held), it| (time + it.0.as_seconds_f64(), held + it.1));
        let fitting = time * EVENTS_PER_WINDOW / held.max(1) as f64;
        let fitting = TimeDelta::try_milliseconds(whole(fitting * 1_000.0)).unwrap_or(MOST);
        self.length = fitting.min(self.length.max(seen * GROWTH)).clamp(LEAST, MOST);
    }

    /// The same of a window that is only read down to `start`, for as long as nothing better is known.
    pub(super) fn guess(&mut self, start: DateTime<Utc>, end: DateTime<Utc>, events: usize) {
        let is_new = self.known.is_none_or(|it| start < it);
        if !self.is_dense && events > 0 && is_new {
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
        Window { start: at(start), end: at(end) }
    }

    fn at(secs: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(secs, 0).expect("a time")
    }

    fn learn(cutter: &mut Cutter, window: Window, events: usize) {
        cutter.learn(window.start, window.end, events);
    }

    /// Reads everything, one window at a time, of an account with so many events a day at a time.
    fn read(span: Window, events: impl Fn(&Window) -> usize) -> Vec<Window> {
        let mut cutter = Cutter::new(vec![span]);
        let mut windows = Vec::new();
        while let Next::Window(window) = cutter.next() {
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
        learn(&mut cutter, window(0, 1), 1_000_000);
        assert_eq!(cutter.next(), Next::Window(window(DAY - 1, DAY)));
    }

    #[test]
    fn what_is_unknown_is_read_one_at_a_time() {
        let mut cutter = Cutter::new(vec![window(0, 100 * DAY)]);
        assert_eq!(cutter.next(), Next::Window(window(99 * DAY, 100 * DAY)));
        assert_eq!(cutter.next(), Next::Wait);
        learn(&mut cutter, window(99 * DAY, 100 * DAY), 10_000);
        assert_eq!(cutter.next(), Next::Window(window(98 * DAY, 99 * DAY)));
        learn(&mut cutter, window(98 * DAY, 99 * DAY), 0);
        assert_eq!(cutter.next(), Next::Window(window(90 * DAY, 98 * DAY)));
        assert_eq!(cutter.next(), Next::Wait);
    }

    #[test]
    fn newer_windows_say_nothing_of_what_lies_before_the_first_event() {
        let mut cutter = Cutter::new(vec![window(0, 1_000 * DAY)]);
        assert_eq!(cutter.next(), Next::Window(window(999 * DAY, 1_000 * DAY)));
        cutter.guess(at(999 * DAY + DAY / 2), at(1_000 * DAY), 5_000);
        for day in (996..999).rev() {
            assert_eq!(cutter.next(), Next::Window(window(day * DAY, (day + 1) * DAY)));
        }
        // The oldest two end first, and are empty; those above them are not.
        learn(&mut cutter, window(997 * DAY, 998 * DAY), 0);
        assert_eq!(cutter.next(), Next::Wait, "an older one is still being read");
        learn(&mut cutter, window(996 * DAY, 997 * DAY), 0);
        learn(&mut cutter, window(998 * DAY, 999 * DAY), 9_000);
        cutter.guess(at(999 * DAY), at(1_000 * DAY), 10_000);
        assert_eq!(cutter.next(), Next::Window(window(988 * DAY, 996 * DAY)), "long ones, one at a time");
        learn(&mut cutter, window(999 * DAY, 1_000 * DAY), 10_000);
        assert_eq!(cutter.next(), Next::Wait);
    }

    #[test]
    fn a_dense_day_does_not_shorten_all_that_follow() {
        let mut cutter = Cutter::new(vec![window(0, 1_000 * DAY)]);
        for events in [10_000, 10_000, 10_000, 50_000] {
            let Next::Window(next) = cutter.next() else { panic!("nothing to read") };
            cutter.learn(next.start, next.end, events);
        }
        let Next::Window(next) = cutter.next() else { panic!("nothing to read") };
        assert!((0.4..0.6).contains(&days(&next)), "half a day holds ten thousand on average: {}", days(&next));
    }

    #[test]
    fn gaps_are_read_newest_first() {
        let mut cutter = Cutter::new(vec![window(80, 100), window(0, 50)]);
        assert_eq!(cutter.next(), Next::Window(window(80, 100)));
        learn(&mut cutter, window(80, 100), 0);
        assert_eq!(cutter.next(), Next::Window(window(0, 50)));
        assert_eq!(cutter.next(), Next::Nothing);
    }
}
