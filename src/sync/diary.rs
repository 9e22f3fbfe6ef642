//! What is said of a run while it goes on: the lines of its log, bounded, until they are written down.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Order, Trigger};
use crate::catalog::ENTITIES;
use crate::store::runs::{Level, Line};

/// Lines that one run may have, beside those of how it and its entities began and ended.
const LINES_MAX: usize = 300;

/// What goes on is said once in so much time, and then in twice as much: a first read of days is told in few lines.
const PACE_FIRST: TimeDelta = TimeDelta::seconds(30);
const PACE_MAX: TimeDelta = TimeDelta::hours(1);

/// Lines are written down together, but none is kept back for long: a process may be killed.
const WRITTEN_AFTER: TimeDelta = TimeDelta::seconds(5);
const WRITTEN_TOGETHER: usize = 20;

/// The log of one run, as far as it is not written down.
#[derive(Debug, Default)]
pub(super) struct Diary {
    unwritten: Vec<Line>,
    /// Lines that count against the limit.
    said: usize,
    /// When something of that kind may be said of an entity again.
    silent: HashMap<(String, &'static str), Silence>,
}

#[derive(Debug)]
struct Silence {
    until: DateTime<Utc>,
    then: TimeDelta,
}

impl Diary {
    /// What the run was ordered to do.
    pub(super) fn begin(&mut self, order: &Order, now: DateTime<Utc>) {
        let what = match order.entities.as_slice() {
            all if all.len() == ENTITIES.len() => "everything".to_owned(),
            [one] => one.title().to_lowercase(),
            some if some.len() <= 4 => some.iter().map(|it| it.title().to_lowercase()).collect::<Vec<_>>().join(", "),
            some => format!("{} entities", some.len()),
        };
        let how = match (order.forced, order.since) {
            (_, Some(since)) => format!("what changed since {} UTC", since.format("%-d %B %Y %H:%M")),
            (true, None) => "all of it again".to_owned(),
            (false, None) => "what changed".to_owned(),
        };
        let by = match order.trigger {
            Trigger::Schedule => "by the schedule",
            Trigger::Page => "by a button",
            Trigger::Api => "by the API",
            Trigger::CommandLine => "at the command line",
        };
        self.end(now, None, Level::Info, format!("ordered {by}: {what}, {how}"));
    }

    /// Something worth knowing, as long as there is room.
    pub(super) fn say(&mut self, at: DateTime<Utc>, entity: &str, level: Level, words: String) {
        self.said += 1;
        match self.said {
            ..LINES_MAX => self.end(at, Some(entity), level, words),
            LINES_MAX => {
                let words = "more happened than is written down here; how it ends will be".to_owned();
                self.end(at, None, Level::Warning, words);
            }
            _ => {}
        }
    }

    /// Something that happens again and again: said now and then. `kind` tells apart what may be said side by side.
    pub(super) fn mention(
        &mut self,
        at: DateTime<Utc>,
        entity: &str,
        kind: &'static str,
        level: Level,
        words: impl FnOnce() -> String,
    ) {
        let key = (entity.to_owned(), kind);
        let then = match self.silent.get(&key) {
            Some(silence) if at < silence.until => return,
            Some(silence) => silence.then,
            None => PACE_FIRST,
        };
        self.silent.insert(key, Silence { until: at + then, then: (then * 2).min(PACE_MAX) });
        self.say(at, entity, level, words());
    }

    /// How something began or ended, which is always said.
    pub(super) fn end(&mut self, at: DateTime<Utc>, entity: Option<&str>, level: Level, words: String) {
        self.unwritten.push(Line { at, entity: entity.map(ToOwned::to_owned), level, words });
    }

    /// What is not written down yet.
    pub(super) fn unwritten(&self) -> &[Line] {
        &self.unwritten
    }

    /// The same, for whoever writes it down now.
    pub(super) fn take(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.unwritten)
    }

    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        let oldest = self.unwritten.first().map(|it| it.at);
        self.unwritten.len() >= WRITTEN_TOGETHER || oldest.is_some_and(|it| it + WRITTEN_AFTER <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(secs, 0).expect("a time")
    }

    #[test]
    fn a_log_is_bounded_but_how_it_ends_is_always_said() {
        let mut diary = Diary::default();
        for secs in 0..10_000 {
            diary.say(at(secs), "events", Level::Info, "it went on".to_owned());
        }
        diary.end(at(10_000), Some("events"), Level::Error, "it ended".to_owned());
        let lines = diary.take();
        assert_eq!(lines.len(), LINES_MAX + 1);
        assert!(lines[LINES_MAX - 1].words.starts_with("more happened"), "{:?}", lines[LINES_MAX - 1]);
        assert_eq!(lines[LINES_MAX].words, "it ended");
        assert!(diary.take().is_empty(), "written down once");
    }

    #[test]
    fn what_happens_again_and_again_is_said_less_and_less() {
        let mut diary = Diary::default();
        for secs in 0..86_400 {
            diary.mention(at(secs), "events", "rows", Level::Info, || secs.to_string());
        }
        let said: Vec<i64> = diary.take().iter().map(|it| it.words.parse().expect("a number")).collect();
        assert_eq!(said[..5], [0, 30, 90, 210, 450]);
        assert!(said.len() < 40, "{}", said.len());
        diary.mention(at(1), "events", "waits", Level::Info, || "another kind".to_owned());
        assert_eq!(diary.take().len(), 1);
    }

    #[test]
    fn lines_are_written_together_and_soon() {
        let mut diary = Diary::default();
        diary.say(at(0), "events", Level::Info, "it began".to_owned());
        assert!(!diary.is_due(at(4)) && diary.is_due(at(5)));
        for _ in 1..WRITTEN_TOGETHER {
            diary.say(at(0), "events", Level::Info, "it went on".to_owned());
        }
        assert!(diary.is_due(at(0)));
    }
}
