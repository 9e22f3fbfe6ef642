//! One pass over the events: windows of time, newest first, each replaced as a whole in one transaction.

use std::sync::mpsc::{self, Receiver, SyncSender};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::copying::Copying;
use super::record::{self, Context, Page};
use super::run::Stopped;
use super::series::Series;
use crate::klaviyo::{Bounds, Error, Request};
use crate::store::windows::gaps;
use crate::store::{Changes, Record, Window};

/// Events younger than this are left for the next run: Klaviyo refuses bounds in the future, and clocks differ.
const SETTLING: TimeDelta = TimeDelta::seconds(10);

/// Before this Klaviyo has no events: its oldest legal event time, 1990-01-01.
const BEGINNING: DateTime<Utc> = DateTime::from_timestamp(631_152_000, 0).expect("a time");

/// Rows after which a window is closed where it stands: what a stop can cost, and what is staged at most (and a page).
const ROWS_PER_WINDOW: usize = 25_000;

/// Pages that may wait to be written while the next is read; with those in hand, what is in memory at the most.
const PAGES_AHEAD: usize = 2;

/// How often a window is begun again because its cursor expired.
const RESTARTS: usize = 3;

/// Brings the events up to date: what is new, what may have changed late, and what no earlier run came to.
pub(super) fn copy(copying: &Copying<'_>) -> Result<(), Stopped> {
    let zone = copying.store().settle_zone()?;
    let (covered, now) = (copying.store().read(|db| db.covered(copying.entity))?, copying.now());
    for window in plan(copying, &covered, now) {
        let mut open = window;
        let mut restarts = 0;
        while let Err(stopped) = read(copying, &mut open, zone) {
            match stopped {
                Stopped::Klaviyo(Error::ExpiredCursor { .. }) if restarts < RESTARTS => restarts += 1,
                other => return Err(other),
            }
        }
    }
    Ok(())
}

/// Windows to read, newest first.
fn plan(copying: &Copying<'_>, covered: &[Window], now: DateTime<Utc>) -> Vec<Window> {
    let order = copying.order;
    let options = &copying.handle.0.options;
    let end = whole_second(now - SETTLING);
    let history = match options.history_days {
        0 => BEGINNING,
        days => whole_second(now - TimeDelta::days(i64::from(days))),
    };
    let lookback = TimeDelta::hours(i64::from(options.lookback_hours));
    windows(order.forced, order.since.map(whole_second), covered, Window { start: history, end }, lookback)
}

/// What to read of `whole`: all of it when forced, else what was asked for or lies within the lookback, and every gap.
fn windows(
    forced: bool,
    since: Option<DateTime<Utc>>,
    covered: &[Window],
    whole: Window,
    lookback: TimeDelta,
) -> Vec<Window> {
    if forced && since.is_none() {
        return vec![whole];
    }
    let latest = covered.iter().map(|it| it.end).max();
    let again_from = since.or_else(|| Some(latest? - lookback)).unwrap_or(whole.end).clamp(whole.start, whole.end);
    let settled: Vec<Window> =
        covered.iter().map(|it| Window { start: it.start, end: it.end.min(again_from) }).collect();
    gaps(whole, &settled.into_iter().filter(|it| it.start < it.end).collect::<Vec<_>>())
}

/// Klaviyo's filters have whole seconds.
fn whole_second(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(time.timestamp(), 0).unwrap_or(time)
}

/// Reads what is open of a window, newest first, and closes it piece by piece; `open` shrinks with every piece, so
/// that nothing is read again after an expired cursor. Pages are read while those before them are written.
fn read(copying: &Copying<'_>, open: &mut Window, zone: Tz) -> Result<(), Stopped> {
    std::thread::scope(|scope| {
        let (sender, pages) = mpsc::sync_channel(PAGES_AHEAD);
        let bounds = Bounds::Between { start: open.start, end: open.end };
        scope.spawn(move || fetch(copying, bounds, zone, &sender));
        close(copying, open, zone, &pages)
    })
}

/// A page and whether it is the last, or why there is none.
type Fetched = Result<(Page, bool), Stopped>;

/// Reads page after page until the last, an error, or nobody who wants them.
fn fetch(copying: &Copying<'_>, bounds: Bounds, zone: Tz, pages: &SyncSender<Fetched>) {
    let mut series = Series::from(Request::first(copying.entity, None, Some(bounds), None));
    while let Some(asked) = series.take() {
        let page = copying.ask(&asked).map_err(Stopped::from).and_then(|batch| {
            let is_last = series.follow(&asked, &batch)?;
            Ok((record::read(copying.entity, &batch, Context { zone, parent: None })?, is_last))
        });
        if pages.send(page).is_err() {
            return;
        }
    }
}

/// Stages the pages and closes the window, in pieces where there are many.
fn close(copying: &Copying<'_>, open: &mut Window, zone: Tz, pages: &Receiver<Fetched>) -> Result<(), Stopped> {
    let store = copying.store();
    let mut staged = store.stage(copying.entity)?;
    let mut sorted = true;
    let mut oldest = open.end;
    // The oldest of what the pages before left in the stage.
    let mut staged_oldest = None;
    for fetched in pages {
        let (page, is_last) = fetched?;
        let seen = page.records.len();
        sorted = sorted && descends(&page, oldest);
        oldest = page.followed.iter().flatten().min().copied().map_or(oldest, |it| it.min(oldest));
        let boundary = whole_second(oldest) + TimeDelta::seconds(1);
        let full = staged.len() + seen >= ROWS_PER_WINDOW;
        if !is_last && sorted && full && is_clean(boundary, staged_oldest, *open) {
            // The second of the oldest record may go on in the next page, so it belongs to the next piece.
            let (kept, later) = split(page, boundary);
            staged.add(store, &kept)?;
            let piece = Window { start: boundary, end: open.end };
            let changes = store.replace_window(&staged, piece, copying.now())?;
            copying.count(copying.entity, 0, changes);
            copying.closed(piece, changes);
            open.end = boundary;
            staged = store.stage(copying.entity)?;
            staged.add(store, &later)?;
        } else {
            staged.add(store, &page.records)?;
        }
        staged_oldest = Some(oldest);
        copying.count(copying.entity, seen, Changes::default());
        copying.show(|it| it.doing = Some(format!("back to {}", oldest.with_timezone(&zone).format("%-d %B %Y"))));
        if is_last {
            let changes = store.replace_window(&staged, *open, copying.now())?;
            copying.count(copying.entity, 0, changes);
            copying.closed(*open, changes);
            return Ok(());
        }
    }
    // Whoever reads the pages ended without the last one, so the window is not whole.
    Err(Error::Stopped.into())
}

/// Whether a window may be closed at `boundary`: something is above it, and nothing that is staged lies below. A
/// second with more records than a page has is in several pages, and only its end is a place to cut.
fn is_clean(boundary: DateTime<Utc>, staged_oldest: Option<DateTime<Utc>>, open: Window) -> bool {
    boundary < open.end && staged_oldest.is_none_or(|it| it >= boundary)
}

/// Whether the page goes on downwards from `oldest`, second by second. Klaviyo's order was seen to fail; then the
/// window is only closed at its end.
fn descends(page: &Page, oldest: DateTime<Utc>) -> bool {
    let mut last = oldest.timestamp();
    page.followed.iter().all(|time| {
        time.is_some_and(|it| {
            let holds = it.timestamp() <= last;
            last = it.timestamp();
            holds
        })
    })
}

/// The records from `boundary` on, and those before it.
fn split(page: Page, boundary: DateTime<Utc>) -> (Vec<Record>, Vec<Record>) {
    let (kept, later): (Vec<_>, Vec<_>) =
        page.records.into_iter().zip(page.followed).partition(|(_, time)| time.is_some_and(|it| it >= boundary));
    let records = |pairs: Vec<(Record, _)>| pairs.into_iter().map(|(record, _)| record).collect();
    (records(kept), records(later))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(secs, 0).expect("a time")
    }

    fn window(start: i64, end: i64) -> Window {
        Window { start: at(start), end: at(end) }
    }

    #[test]
    fn a_pass_reads_what_is_new_late_or_missing() {
        let whole = window(0, 1_000);
        let lookback = TimeDelta::seconds(100);
        for (what, forced, since, covered, want) in [
            ("the first", false, None, vec![], vec![window(0, 1_000)]),
            ("up to date", false, None, vec![window(0, 990)], vec![window(890, 1_000)]),
            ("cut off", false, None, vec![window(600, 900)], vec![window(800, 1_000), window(0, 600)]),
            ("a full one", true, None, vec![window(0, 990)], vec![window(0, 1_000)]),
            ("since", false, Some(at(300)), vec![window(0, 990)], vec![window(300, 1_000)]),
            ("little was copied", false, None, vec![window(500, 510)], vec![window(0, 1_000)]),
        ] {
            assert_eq!(windows(forced, since, &covered, whole, lookback), want, "{what}");
        }
    }

    #[test]
    fn a_second_is_never_cut_in_two() {
        let open = window(0, 100);
        for (boundary, staged_oldest, clean) in [
            (51, None, true),
            (51, Some(51), true),
            (51, Some(60), true),
            // A page before this one ended in the same second.
            (51, Some(50), false),
            (100, None, false),
        ] {
            assert_eq!(is_clean(at(boundary), staged_oldest.map(at), open), clean, "{boundary} {staged_oldest:?}");
        }
    }

    #[test]
    fn a_page_that_goes_up_is_not_trusted() {
        let page = |times: &[i64]| Page { followed: times.iter().map(|it| Some(at(*it))).collect(), ..Page::default() };
        assert!(descends(&page(&[9, 9, 5]), at(9)));
        assert!(!descends(&page(&[9, 10]), at(9)));
        assert!(!descends(&page(&[5, 4]), at(4)));
        assert!(!descends(&Page { followed: vec![None], ..Page::default() }, at(9)));
    }
}
