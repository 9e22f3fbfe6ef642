//! How much of a listing a pass reads: what changed, or all of it, which alone shows what was deleted.

use chrono::{DateTime, TimeDelta, Utc};

/// A listing is due this much before its time, so that it stays with the same one of a day's runs although each of them
/// begins a few seconds later or earlier than the day before.
const EARLY: TimeDelta = TimeDelta::hours(1);

/// What the run was told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    /// Read everything again.
    pub(super) forced: bool,
    /// Read what changed since then.
    pub(super) since: Option<DateTime<Utc>>,
}

/// What earlier passes left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// Up to where changes were followed.
    pub(super) watermark: Option<DateTime<Utc>>,
    /// When a listing of everything last ended.
    pub(super) whole_at: Option<DateTime<Utc>>,
}

/// How a listing is followed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habit {
    /// How often it is read as a whole, if at all.
    pub(super) every: Option<TimeDelta>,
    /// How far behind the watermark a pass begins, because what is new may become visible late.
    pub(super) overlap: TimeDelta,
}

/// What a pass reads, and what it may conclude at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    /// From here on; nothing means from the beginning.
    pub(super) since: Option<DateTime<Utc>>,
    /// Whether the next pass goes on from where this one came.
    pub(super) moves: bool,
    /// Whether everything was read once this one ends.
    pub(super) completes: bool,
    /// Whether what it does not hold is deleted.
    pub(super) sweeps: bool,
}

impl Plan {
    /// Everything, from the beginning to the end.
    pub(super) const WHOLE: Plan = Plan { since: None, moves: true, completes: true, sweeps: true };

    /// The plan for a listing that is followed by time.
    pub(super) fn of(wish: Wish, known: Known, habit: Habit, now: DateTime<Utc>) -> Plan {
        let since = known.watermark.map(|it| it - habit.overlap);
        let following = Plan { since, moves: true, completes: false, sweeps: false };
        match (wish, known.watermark, known.whole_at) {
            (Wish { forced: true, .. }, _, _) => Plan::WHOLE,
            // What lies before was not followed if nothing was: then the next pass has to begin at the beginning.
            (Wish { since: Some(since), .. }, watermark, _) => {
                Plan { since: Some(since), moves: watermark.is_some(), ..following }
            }
            (_, None, _) => Plan::WHOLE,
            // A first reading was cut off; what it has read need not be read again, nor was anything there to be swept.
            (_, Some(_), None) => Plan { completes: true, ..following },
            (_, Some(_), Some(whole_at)) if habit.every.is_some_and(|it| whole_at + it - EARLY <= now) => Plan::WHOLE,
            _ => following,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(day)
    }

    fn plan(forced: bool, since: Option<i64>, watermark: Option<i64>, whole_at: Option<i64>, every: i64) -> Plan {
        let known = Known { watermark: watermark.map(at), whole_at: whole_at.map(at) };
        let every = (every > 0).then(|| TimeDelta::days(every));
        let habit = Habit { every, overlap: TimeDelta::zero() };
        Plan::of(Wish { forced, since: since.map(at) }, known, habit, at(100))
    }

    #[test]
    fn a_listing_is_read_as_a_whole_when_it_is_time() {
        let following = Plan { since: Some(at(99)), moves: true, completes: false, sweeps: false };
        for (every, whole_at, want) in
            [(7, 94, following), (7, 93, Plan::WHOLE), (7, 1, Plan::WHOLE), (0, 1, following), (1, 100, following)]
        {
            assert_eq!(
                plan(false, None, Some(99), Some(whole_at), every),
                want,
                "every {every} days, last on {whole_at}"
            );
        }
    }

    #[test]
    fn a_whole_listing_stays_with_the_same_run_of_a_day() {
        let known = Known { watermark: Some(at(99)), whole_at: Some(at(99) + TimeDelta::seconds(9)) };
        let wish = Wish { forced: false, since: None };
        let habit = Habit { every: Some(TimeDelta::days(1)), overlap: TimeDelta::zero() };
        assert_eq!(Plan::of(wish, known, habit, at(100)), Plan::WHOLE);
    }

    #[test]
    fn a_pass_begins_behind_its_watermark() {
        let known = Known { watermark: Some(at(99)), whole_at: Some(at(99)) };
        let habit = Habit { every: None, overlap: TimeDelta::hours(2) };
        let plan = Plan::of(Wish { forced: false, since: None }, known, habit, at(100));
        assert_eq!(plan.since, Some(at(99) - TimeDelta::hours(2)));
    }

    #[test]
    fn a_first_reading_that_was_cut_off_goes_on_and_sweeps_nothing() {
        let want = Plan { since: Some(at(50)), moves: true, completes: true, sweeps: false };
        assert_eq!(plan(false, None, Some(50), None, 7), want);
    }

    #[test]
    fn a_part_that_was_asked_for_is_no_beginning() {
        let part = Plan { since: Some(at(90)), moves: false, completes: false, sweeps: false };
        assert_eq!(plan(false, Some(90), None, None, 7), part);
        assert_eq!(plan(false, Some(90), Some(95), Some(1), 7), Plan { moves: true, ..part });
        assert_eq!(plan(true, Some(90), Some(95), Some(99), 7), Plan::WHOLE);
        assert_eq!(plan(false, None, None, None, 0), Plan::WHOLE);
    }
}
