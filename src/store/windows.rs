//! Events are written by window: a span of time is replaced as a whole, in the transaction that records it as complete.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::staging::Staged;
use super::{Changes, Db, Error, FromRow, Query, Row, RowResult, Store, aggregates, schema, utc};
use crate::catalog::Entity;
use crate::{params, query};

const COVERED: Query = query!("windows/covered");
const ABSORB: Query = query!("windows/absorb");
const DROP: Query = query!("windows/drop");
const ADD: Query = query!("windows/add");
const OCCUPIED: Query = query!("windows/occupied");
/// Reads the stage, so it cannot be prepared before there is one.
const VANISHED: Query = query!("windows/vanished");

/// Every query of this file that stands on its own; a test prepares them all.
pub(super) const QUERIES: &[Query] = &[COVERED, ABSORB, DROP, ADD, OCCUPIED];

/// A span of time, `start <= t < end`, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
}

impl Store {
    /// Puts what is staged in the place of what `window` held, and records the window as complete: both or neither.
    ///
    /// Rows that are as they were stay untouched; rows of a staged id elsewhere are moved here.
    ///
    /// # Errors
    /// When a statement fails; then nothing changed.
    pub fn replace_window(&self, staged: &Staged, window: Window, now: DateTime<Utc>) -> Result<Changes, Error> {
        let entity = staged.entity();
        self.write(|db| {
            let span = params! { "start": utc(window.start), "end": utc(window.end) };
            let (start, end, now_utc) = (utc(window.start), utc(window.end), utc(now));
            let occupied = db.value::<i64>(OCCUPIED, span)? > 0;
            let before = aggregates::leaving(db, window, occupied)?;
            let mut cleared = match before.moved {
                0 => 0,
                _ => db.generated("clear a window", &schema::clear_elsewhere(entity), span)?,
            };
            let mut deleted = 0;
            let fill = schema::fill_window(entity, occupied);
            let filled = if occupied {
                deleted = db.value(VANISHED, span)?;
                cleared += db.generated("clear a window", &schema::clear_window(entity), span)?;
                db.generated("fill a window", &fill, params! { "now": now_utc, "start": start, "end": end })?
            } else {
                db.generated("fill a window", &fill, params! { "now": now_utc })?
            };
            aggregates::settle(db, window, &before)?;
            db.cover(entity, window, now)?;
            let changed = (cleared as u64).saturating_sub(deleted);
            Ok(Changes { new: (filled as u64).saturating_sub(changed), changed, deleted })
        })
    }
}

impl Db<'_> {
    /// Spans that are complete, newest first, disjoint.
    ///
    /// # Errors
    /// When the query fails.
    pub fn covered(&self, entity: &Entity) -> Result<Vec<Window>, Error> {
        self.rows(COVERED, params! { "entity": entity.name })
    }

    /// Records the window, as one with those that it touches.
    fn cover(&self, entity: &Entity, window: Window, now: DateTime<Utc>) -> Result<(), Error> {
        let (start, end) = (utc(window.start), utc(window.end));
        let whole: Window = self.row(ABSORB, params! { "entity": entity.name, "start": start, "end": end })?;
        self.execute(DROP, params! { "entity": entity.name, "start": start, "end": end })?;
        let values = params! {
            "entity": entity.name, "start": utc(whole.start), "end": utc(whole.end), "now": utc(now),
        };
        self.execute(ADD, values).map(drop)
    }
}

impl FromRow for Window {
    fn from_row(row: &Row<'_>) -> RowResult<Window> {
        let at = |column| Ok::<_, duckdb::Error>(row.get::<NaiveDateTime>(column)?.and_utc());
        Ok(Window { start: at("start_at")?, end: at("end_at")? })
    }
}

/// The parts of `whole` that none of `covered` covers, newest first.
#[must_use]
pub fn gaps(whole: Window, covered: &[Window]) -> Vec<Window> {
    let mut newest_first: Vec<Window> =
        covered.iter().copied().filter(|it| it.start < whole.end && it.end > whole.start).collect();
    newest_first.sort_by_key(|it| std::cmp::Reverse(it.end));
    let mut end = whole.end;
    let mut gaps = Vec::new();
    for it in newest_first {
        if it.end < end {
            gaps.push(Window { start: it.end, end });
        }
        end = end.min(it.start);
    }
    if whole.start < end {
        gaps.push(Window { start: whole.start, end });
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(start: i64, end: i64) -> Window {
        let at = |secs| DateTime::from_timestamp(secs, 0).expect("a time");
        Window { start: at(start), end: at(end) }
    }

    #[test]
    fn what_is_not_covered_is_a_gap() {
        let whole = window(0, 100);
        for (covered, want) in [
            (vec![], vec![window(0, 100)]),
            (vec![window(0, 100)], vec![]),
            (vec![window(40, 60)], vec![window(60, 100), window(0, 40)]),
            (vec![window(0, 10), window(90, 100)], vec![window(10, 90)]),
            (vec![window(-50, 20), window(80, 150)], vec![window(20, 80)]),
            (vec![window(-50, -10)], vec![window(0, 100)]),
        ] {
            assert_eq!(gaps(whole, &covered), want, "{covered:?}");
        }
    }
}
