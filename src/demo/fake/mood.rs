//! How the fake misbehaves, one mood for each thing that other connectors met (api-facts, sections 1.4, 6 and 7.4).

use crate::demo::random::Random;
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
    /// Of these, the first that means something for a request; each counts every request that it sees.
    Several(Vec<Mood>),
    /// Every request meets something else of all this, or nothing, drawn from the seed and the request's number.
    Storm {
        seed: u64,
    },
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
    /// Of the moods within the mood.
    parts: Vec<Temper>,
}

/// What Klaviyo said when a day's quota was used up: some twenty hours.
const REST_OF_DAY: u64 = 73_473;

impl Temper {
    pub(super) fn new(mood: Mood) -> Temper {
        let parts = match &mood {
            Mood::At(_, mood) => vec![Temper::new(mood.as_ref().clone())],
            Mood::Several(moods) => moods.iter().cloned().map(Temper::new).collect(),
            _ => Vec::new(),
        };
        Temper { mood, seen: 0, cursors: 0, parts }
    }

    /// What to do to the request for `path`, which may carry a cursor.
    pub(super) fn whim(&mut self, path: &str, has_cursor: bool) -> Whim {
        if matches!(self.mood, Mood::At(prefix, _) if !path.starts_with(prefix)) {
            return Whim::None;
        }
        // All of them count, also those that do not get their way.
        let whims: Vec<Whim> = self.parts.iter_mut().map(|it| it.whim(path, has_cursor)).collect();
        if let Some(whim) = whims.into_iter().find(|it| *it != Whim::None) {
            return whim;
        }
        self.seen += 1;
        self.cursors += u64::from(has_cursor);
        let turn = |n: u64| self.seen.is_multiple_of(n.max(1));
        match self.mood {
            Mood::Storm { seed } => gust(&mut Random::new(seed, self.seen), has_cursor),
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

/// Of a hundred requests in a storm about sixty go through, and two in a hundred need more than three tries.
const WEATHER: [u32; 11] = [62, 5, 4, 10, 4, 4, 1, 2, 3, 3, 2];
/// What comes and goes at Klaviyo, and at the network in front of it.
const FAILURES: [u16; 5] = [500, 502, 503, 504, 524];
/// Longer than a reader that is in a hurry waits, and a moment that it does.
const HANGS: [Duration; 2] = [Duration::from_millis(900), Duration::from_millis(30)];

/// What one request of a storm meets.
fn gust(random: &mut Random, has_cursor: bool) -> Whim {
    match random.weighted(&WEATHER) {
        1 => Whim::Busy { retry_after: Some(1) },
        2 => Whim::Busy { retry_after: None },
        3 => Whim::Fail(FAILURES[random.below(5) as usize]),
        4 => Whim::Html,
        5 => Whim::Truncate,
        6 => Whim::Hang(HANGS[0]),
        7 => Whim::Hang(HANGS[1]),
        8 if has_cursor => Whim::ExpireCursor,
        9 => Whim::Repeat,
        10 => Whim::OtherRevision,
        _ => Whim::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_third_is_every_third() {
        let mut temper = Temper::new(Mood::FailsEvery(3, 503));
        let whims: Vec<Whim> = (0..6).map(|_| temper.whim("/api/events", false)).collect();
        let fails: Vec<bool> = whims.iter().map(|it| *it == Whim::Fail(503)).collect();
        assert_eq!(fails, [false, false, true, false, false, true]);
    }

    #[test]
    fn several_moods_go_on_side_by_side() {
        let events = Mood::At("/api/events", Box::new(Mood::FailsEvery(2, 500)));
        let mut temper = Temper::new(Mood::Several(vec![events, Mood::BusyWithoutWord(3)]));
        let paths = ["/api/events", "/api/events", "/api/lists", "/api/events"];
        let whims = paths.map(|it| temper.whim(it, false));
        let busy = Whim::Busy { retry_after: None };
        assert_eq!(whims, [Whim::None, Whim::Fail(500), busy, Whim::None]);
        let paths = ["/api/events", "/api/lists", "/api/lists", "/api/events", "/api/events"];
        let whims = paths.map(|it| temper.whim(it, false));
        // Of the last one both want something, and the first gets its way.
        assert_eq!(whims, [Whim::Fail(500), Whim::Busy { retry_after: None }, Whim::None, Whim::None, Whim::Fail(500)]);
    }

    #[test]
    fn a_storm_repeats_itself_and_leaves_nothing_out() {
        let storm = |seed| -> Vec<Whim> {
            let mut temper = Temper::new(Mood::Storm { seed });
            (0..2_000).map(|it| temper.whim("/api/events", it % 2 == 0)).collect()
        };
        assert_eq!(storm(1), storm(1));
        assert_ne!(storm(1), storm(2));
        let whims = storm(1);
        let kinds: HashSet<String> = whims.iter().map(|it| format!("{it:?}")).collect();
        assert_eq!(kinds.len(), 5 + 10, "{kinds:?}");
        let quiet = whims.iter().filter(|it| **it == Whim::None).count();
        assert!((1_150..1_350).contains(&quiet), "{quiet}");
        assert!(whims.iter().skip(1).step_by(2).all(|it| *it != Whim::ExpireCursor));
    }

    #[test]
    fn a_mood_for_one_path_leaves_the_others_alone() {
        let mut temper = Temper::new(Mood::At("/api/events", Box::new(Mood::DailyQuota)));
        assert_eq!(temper.whim("/api/flows", false), Whim::None);
        assert_eq!(temper.whim("/api/events", false), Whim::Busy { retry_after: Some(REST_OF_DAY) });
    }
}
