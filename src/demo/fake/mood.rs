//! How the fake misbehaves, one mood for each thing that other connectors met (api-facts, sections 1.4, 6 and 7.4).

use std::time::Duration;

/// Chosen by a test. `n` means every n-th request, counted from when the mood began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// 429 that says how long to wait.
    BusyEvery(u64),
    /// 429 that does not.
    BusyWithoutWord(u64),
    /// 429 for the rest of the day.
    DailyQuota,
    FailsEvery(u64, u16),
    /// From then on everything fails.
    FailsAfter(u64, u16),
    /// The content network's 403, which is a web page.
    HtmlForbidden(u64),
    /// The connection breaks in the middle of the body.
    Truncates(u64),
    /// Nothing comes for that long.
    Hangs(u64, Duration),
    RefusesTheKey,
    LacksScope(&'static str),
    /// The account's plan has no webhooks.
    WithoutWebhooks,
    /// Every n-th cursor is told to have expired.
    ExpiresCursors(u64),
    /// Another revision answers than was asked.
    OtherRevision,
    /// Each page begins with the last record of the page before.
    DuplicatesAcrossPages,
    /// The next page is said to be on another host.
    ForeignNext,
    /// 503 for pages of more records than that, as for profiles with their predictions.
    TooMuchAbove(usize),
    /// The mood for paths that begin so; the rest is well.
    At(&'static str, Box<Mood>),
}

/// What a mood means for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whim {
    None,
    Busy {
        retry_after: Option<u64>,
    },
    Fail(u16),
    Html,
    Truncate,
    Hang(Duration),
    RefuseKey,
    LackScope(&'static str),
    WithoutWebhooks,
    ExpireCursor,
    OtherRevision,
    Repeat,
    ForeignNext,
    /// Pages of more records than that take too long.
    TooMuch(usize),
}

/// The mood in force, and how many requests it has seen.
#[derive(Debug)]
pub(super) struct Temper {
    mood: Mood,
    seen: u64,
    cursors: u64,
}

/// What Klaviyo said when a day's quota was used up: some twenty hours.
const REST_OF_DAY: u64 = 73_473;

impl Temper {
    pub(super) fn new(mood: Mood) -> Temper {
        Temper { mood, seen: 0, cursors: 0 }
    }

    /// What to do to the request for `path`, which may carry a cursor.
    pub(super) fn whim(&mut self, path: &str, has_cursor: bool) -> Whim {
        let mood = match &self.mood {
            Mood::At(prefix, _) if !path.starts_with(prefix) => return Whim::None,
            Mood::At(_, mood) => mood.as_ref(),
            mood => mood,
        };
        self.seen += 1;
        self.cursors += u64::from(has_cursor);
        let turn = |n: u64| self.seen.is_multiple_of(n.max(1));
        match *mood {
            Mood::BusyEvery(n) if turn(n) => Whim::Busy { retry_after: Some(1) },
            Mood::BusyWithoutWord(n) if turn(n) => Whim::Busy { retry_after: None },
            Mood::DailyQuota => Whim::Busy { retry_after: Some(REST_OF_DAY) },
            Mood::FailsEvery(n, status) if turn(n) => Whim::Fail(status),
            Mood::FailsAfter(n, status) if self.seen > n => Whim::Fail(status),
            Mood::HtmlForbidden(n) if turn(n) => Whim::Html,
            Mood::Truncates(n) if turn(n) => Whim::Truncate,
            Mood::Hangs(n, time) if turn(n) => Whim::Hang(time),
            Mood::RefusesTheKey => Whim::RefuseKey,
            Mood::WithoutWebhooks => Whim::WithoutWebhooks,
            Mood::LacksScope(scope) => Whim::LackScope(scope),
            Mood::ExpiresCursors(n) if has_cursor && self.cursors.is_multiple_of(n.max(1)) => Whim::ExpireCursor,
            Mood::OtherRevision => Whim::OtherRevision,
            Mood::DuplicatesAcrossPages => Whim::Repeat,
            Mood::ForeignNext => Whim::ForeignNext,
            Mood::TooMuchAbove(size) => Whim::TooMuch(size),
            _ => Whim::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_third_is_every_third() {
        let mut temper = Temper::new(Mood::FailsEvery(3, 503));
        let whims: Vec<Whim> = (0..6).map(|_| temper.whim("/api/events", false)).collect();
        let fails: Vec<bool> = whims.iter().map(|it| *it == Whim::Fail(503)).collect();
        assert_eq!(fails, [false, false, true, false, false, true]);
    }

    #[test]
    fn a_mood_for_one_path_leaves_the_others_alone() {
        let mut temper = Temper::new(Mood::At("/api/events", Box::new(Mood::DailyQuota)));
        assert_eq!(temper.whim("/api/flows", false), Whim::None);
        assert_eq!(temper.whim("/api/events", false), Whim::Busy { retry_after: Some(REST_OF_DAY) });
    }
}
