//! A window while it is read: its pages are staged as they come, and where it holds too many it is closed piece by
//! piece, at the end of a second.

use chrono::{DateTime, TimeDelta, Utc};

use super::plan::whole_second;
use crate::catalog::Entity;
use crate::store::{self, Piece, Record, Staged, Store, Window};
use crate::sync::record::Page;

/// Events after which a window is closed where it stands: what an expired cursor can cost, and what is staged of one
/// window at most (and a page).
const EVENTS_PER_PIECE: usize = 30_000;

pub(super) struct Open<'a> {
    store: &'a Store,
    entity: &'static Entity,
    /// What is not closed yet.
    window: Window,
    staged: Staged,
    /// Whether the pages came newest first until now. Klaviyo's order was seen to fail; then the window is only closed
    /// at its end.
    sorted: bool,
    /// The time of the oldest event so far; the end of the window before there is one.
    oldest: DateTime<Utc>,
    /// The oldest of what the pages before the last left in the stage.
    staged_oldest: Option<DateTime<Utc>>,
}

impl<'a> Open<'a> {
    pub(super) fn new(store: &'a Store, entity: &'static Entity, window: Window) -> Result<Open<'a>, store::Error> {
        let staged = store.stage(entity)?;
        Ok(Open { store, entity, window, staged, sorted: true, oldest: window.end, staged_oldest: None })
    }

    /// What is not closed yet.
    pub(super) fn window(&self) -> Window {
        self.window
    }

    /// The time of the oldest event so far; the end of the window before there is one.
    pub(super) fn oldest(&self) -> DateTime<Utc> {
        self.oldest
    }

    /// Stages a page after which others follow, and closes what is above it, if that is enough for a piece.
    pub(super) fn add(&mut self, page: Page) -> Result<Option<Piece>, store::Error> {
        let full = self.staged.len() + page.records.len() >= EVENTS_PER_PIECE;
        self.look_at(&page);
        let boundary = whole_second(self.oldest) + TimeDelta::seconds(1);
        let piece = if self.sorted && full && is_clean(boundary, self.staged_oldest, self.window) {
            // The second of the oldest record may go on in the next page, so it belongs to the next piece.
            let (kept, later) = split(page, boundary);
            self.staged.add(&kept)?;
            let staged = std::mem::replace(&mut self.staged, self.store.stage(self.entity)?);
            let window = Window { start: boundary, end: self.window.end };
            self.window.end = boundary;
            self.staged.add(&later)?;
            Some(Piece { staged, window })
        } else {
            self.staged.add(&page.records)?;
            None
        };
        self.staged_oldest = Some(self.oldest);
        Ok(piece)
    }

    /// Stages the last page, and closes all of the window.
    pub(super) fn close(mut self, page: &Page) -> Result<Piece, store::Error> {
        self.staged.add(&page.records)?;
        Ok(Piece { staged: self.staged, window: self.window })
    }

    fn look_at(&mut self, page: &Page) {
        self.sorted = self.sorted && descends(page, self.oldest);
        self.oldest = page.followed.iter().flatten().min().copied().map_or(self.oldest, |it| it.min(self.oldest));
    }
}

/// Whether a window may be closed at `boundary`: something is above it, and nothing that is staged lies below. A
/// second with more records than a page has is in several pages, and only its end is a place to cut.
fn is_clean(boundary: DateTime<Utc>, staged_oldest: Option<DateTime<Utc>>, open: Window) -> bool {
    boundary < open.end && staged_oldest.is_none_or(|it| it >= boundary)
}

/// Whether the page goes on downwards from `oldest`, second by second.
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
