//! Which spans of time a pass over the events reads: what is new, what may have changed late, and what no earlier
//! pass came to.

use chrono::{DateTime, TimeDelta, Utc};

use crate::store::Window;
use crate::store::windows::gaps;
use crate::sync::Options;

/// Events younger than this are left for the next run: Klaviyo refuses bounds in the future, and clocks differ.
const SETTLING: TimeDelta = TimeDelta::seconds(10);

/// Before this Klaviyo has no events: its oldest legal event time, 1990-01-01.
const BEGINNING: DateTime<Utc> = DateTime::from_timestamp(631_152_000, 0).expect("a time");

/// What a pass has to know of the past to plan what it reads.
#[derive(Debug)]
pub(super) struct Standing {
    /// Spans that are complete.
    pub(super) covered: Vec<Window>,
    /// When each tier was last done, by its name.
    pub(super) looked_back: Vec<(String, DateTime<Utc>)>,
    /// Whether the pass before this one came to its end.
    pub(super) is_settled: bool,
}

/// What a pass is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub(super) forced: bool,
    pub(super) since: Option<DateTime<Utc>>,
}

/// What a pass reads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Spans of time, newest first, disjoint, none of them complete or all of them to be read again.
    pub(super) spans: Vec<Window>,
    /// The tiers of the lookback that are done when the spans are.
    pub(super) tiers: Vec<&'static str>,
}

/// A part of the lookback that is not done at every run.
struct Tier {
    name: &'static str,
    /// How far it looks back; nothing when it is off.
    depth: TimeDelta,
    /// How long after it was done it is due again.
    every: TimeDelta,
}

fn tiers(options: &Options) -> [Tier; 2] {
    let days = |days: u32| TimeDelta::days(i64::from(days));
    [
        Tier { name: "daily", depth: days(options.lookback_daily_days), every: TimeDelta::days(1) },
        Tier { name: "weekly", depth: days(options.lookback_weekly_days), every: TimeDelta::days(7) },
    ]
}

/// Plans a pass that begins at `now`.
pub(super) fn plan(options: &Options, wish: Wish, standing: &Standing, now: DateTime<Utc>) -> Plan {
    let end = whole_second(now - SETTLING);
    let start = match options.history_days {
        0 => BEGINNING,
        days => whole_second(now - TimeDelta::days(i64::from(days))),
    };
    let whole = Window { start, end };
    let again_from = again_from(options, wish, standing, whole, now);
    let settled = standing.covered.iter().map(|it| Window { start: it.start, end: it.end.min(again_from) });
    let settled: Vec<Window> = settled.filter(|it| it.start < it.end).collect();
    let tiers = tiers(options);
    // A first read is a look back over everything.
    let done = tiers.iter().filter(|it| standing.covered.is_empty() || again_from <= (end - it.depth).max(start));
    Plan { spans: gaps(whole, &settled), tiers: done.map(|it| it.name).collect() }
}

/// From here on everything is read again, whether it is complete or not.
fn again_from(options: &Options, wish: Wish, standing: &Standing, whole: Window, now: DateTime<Utc>) -> DateTime<Utc> {
    let from = match (wish, standing.covered.iter().map(|it| it.end).max()) {
        (Wish { since: Some(since), .. }, _) => whole_second(since),
        (Wish { forced: true, .. }, _) => whole.start,
        (_, None) => whole.end,
        (_, Some(latest)) => latest.min(now) - lookback(options, standing, latest, now),
    };
    // A clock that stands before the first day there can be an event on makes a range that ends before it starts.
    from.max(whole.start).min(whole.end)
}

/// How far behind `latest`, up to where events are complete, a pass looks. One that goes on where another was cut off a
/// moment ago reads nothing again: the next that begins anew looks as far back.
fn lookback(options: &Options, standing: &Standing, latest: DateTime<Utc>, now: DateTime<Utc>) -> TimeDelta {
    let every_run = TimeDelta::hours(i64::from(options.lookback_hours));
    if !standing.is_settled && now - latest < every_run {
        return TimeDelta::zero();
    }
    let done_at = |tier: &Tier| standing.looked_back.iter().find(|(name, _)| name == tier.name).map(|(_, at)| *at);
    let is_due = |tier: &Tier| done_at(tier).is_none_or(|it| now - it >= tier.every);
    let due = tiers(options).into_iter().filter(is_due).map(|it| it.depth);
    due.fold(every_run, TimeDelta::max)
}

/// How much time the spans are, unless they begin where Klaviyo does: then nobody knows where the account does.
pub(super) fn length(spans: &[Window]) -> Option<TimeDelta> {
    let is_known = spans.iter().all(|it| it.start > BEGINNING);
    is_known.then(|| length_from(spans, BEGINNING))
}

/// How much time the spans are from `first_at` on.
pub(super) fn length_from(spans: &[Window], first_at: DateTime<Utc>) -> TimeDelta {
    let later = |it: &Window| (it.end - it.start.max(first_at)).max(TimeDelta::zero());
    spans.iter().fold(TimeDelta::zero(), |sum, it| sum + later(it))
}

/// The windows as one, if they touch.
pub(super) fn in_one(windows: &[Window]) -> Option<Window> {
    let whole = Window { start: windows.iter().map(|it| it.start).min()?, end: windows.iter().map(|it| it.end).max()? };
    gaps(whole, windows).is_empty().then_some(whole)
}

/// Klaviyo's filters have whole seconds.
pub(super) fn whole_second(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(time.timestamp(), 0).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;
    /// Some day, in seconds since 1970, up to which everything is read.
    const END: i64 = 20_000 * DAY;

    fn at(secs: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(secs, 0).expect("a time")
    }

    fn window(start: i64, end: i64) -> Window {
        Window { start: at(start), end: at(end) }
    }

    fn options() -> Options {
        Options { history_days: 100, lookback_hours: 2, ..Options::default() }
    }

    /// A history of a hundred days, up to ten seconds ago.
    fn planned(wish: Wish, covered: Vec<Window>, looked_back: &[(&str, i64)], is_settled: bool) -> Plan {
        let looked_back = looked_back.iter().map(|(name, secs)| ((*name).to_owned(), at(*secs))).collect();
        plan(&options(), wish, &Standing { covered, looked_back, is_settled }, at(END + 10))
    }

    const USUAL: Wish = Wish { forced: false, since: None };
    const START: i64 = END + 10 - 100 * DAY;

    #[test]
    fn a_pass_reads_what_is_new_late_or_missing() {
        let recently = [("daily", END - HOUR), ("weekly", END - HOUR)];
        let since = Wish { since: Some(at(END - 5 * HOUR)), ..USUAL };
        for (what, wish, covered, want) in [
            ("the first", USUAL, vec![], vec![window(START, END)]),
            ("up to date", USUAL, vec![window(START, END - 900)], vec![window(END - 900 - 2 * HOUR, END)]),
            (
                "with a hole",
                USUAL,
                vec![window(END - 9 * HOUR, END - HOUR)],
                vec![window(END - 3 * HOUR, END), window(START, END - 9 * HOUR)],
            ),
            ("a full one", Wish { forced: true, ..USUAL }, vec![window(START, END - 9)], vec![window(START, END)]),
            ("since", since, vec![window(START, END - 9)], vec![window(END - 5 * HOUR, END)]),
            (
                "forced since",
                Wish { forced: true, ..since },
                vec![window(START, END)],
                vec![window(END - 5 * HOUR, END)],
            ),
            ("little was copied", USUAL, vec![window(START + 50, START + 90)], vec![window(START, END)]),
            ("ahead of the clock", USUAL, vec![window(START, END + DAY)], vec![window(END + 10 - 2 * HOUR, END)]),
        ] {
            assert_eq!(planned(wish, covered, &recently, true).spans, want, "{what}");
        }
    }

    #[test]
    fn a_pass_that_was_cut_off_goes_on_where_it_was() {
        let covered = || vec![window(END - 9 * HOUR, END - 60)];
        let rest = window(START, END - 9 * HOUR);
        let plan = planned(USUAL, covered(), &[], false);
        assert_eq!((plan.spans, plan.tiers), (vec![window(END - 60, END), rest], vec![]));
        // After a while what was read then has to be looked at again, too.
        let covered = vec![window(END - 9 * HOUR, END - 3 * HOUR)];
        let recently = [("daily", END - HOUR), ("weekly", END - HOUR)];
        assert_eq!(planned(USUAL, covered, &recently, false).spans, vec![window(END - 5 * HOUR, END), rest]);
    }

    #[test]
    fn a_tier_is_done_when_its_time_has_come() {
        let covered = || vec![window(START, END - 900)];
        let (latest, day) = (END - 900, DAY);
        for (what, looked_back, from, tiers) in [
            ("neither is due", [("daily", END - day + 60), ("weekly", END - 6 * day)], latest - 2 * HOUR, vec![]),
            ("a day later", [("daily", END - day), ("weekly", END - 6 * day)], latest - 3 * day, vec!["daily"]),
            ("a week later", [("daily", END), ("weekly", END - 7 * day)], latest - 30 * day, vec!["daily", "weekly"]),
            ("never done", [("daily", END), ("other", END)], latest - 30 * day, vec!["daily", "weekly"]),
        ] {
            let plan = planned(USUAL, covered(), &looked_back, true);
            assert_eq!((plan.spans, plan.tiers), (vec![window(from, END)], tiers), "{what}");
        }
        let plan = planned(Wish { forced: true, ..USUAL }, covered(), &[("daily", END), ("weekly", END)], true);
        assert_eq!(plan.tiers, ["daily", "weekly"], "a full run looks back as far as any");
    }

    #[test]
    fn a_tier_that_is_off_is_never_due() {
        let options = Options { lookback_daily_days: 0, lookback_weekly_days: 0, ..options() };
        let standing = Standing { covered: vec![window(START, END)], looked_back: vec![], is_settled: true };
        let plan = plan(&options, USUAL, &standing, at(END + 10));
        assert_eq!(plan.spans, [window(END - 2 * HOUR, END)]);
    }
}
