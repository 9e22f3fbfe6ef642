//! Events are written by window: a span of time is replaced as a whole, in the transaction that records it as complete.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::staging::Staged;
use super::{Changes, Db, Error, FromRow, Query, Row, RowResult, Store, ToSql, aggregates, schema, utc};
use crate::catalog::Entity;
use crate::{params, query};

const COVERED: Query = query!("windows/covered");
const ABSORB: Query = query!("windows/absorb");
const DROP: Query = query!("windows/drop");
const ADD: Query = query!("windows/add");
const OCCUPIED: Query = query!("windows/occupied");
const LOOKBACKS: Query = query!("windows/lookbacks");
const FORGET_LOOKBACK: Query = query!("windows/forget_lookback");
const ADD_LOOKBACK: Query = query!("windows/add_lookback");
/// These read temporary tables, so they cannot be prepared before there are any.
const VANISHED: Query = query!("windows/vanished");
const MOVED: Query = query!("windows/moved");

/// Every query of this file that stands on its own; a test prepares them all.
pub(super) const QUERIES: &[Query] = &[COVERED, ABSORB, DROP, ADD, OCCUPIED, LOOKBACKS, FORGET_LOOKBACK, ADD_LOOKBACK];

/// A span of time, `start <= t < end`, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
}

/// A window that was read as a whole, and what was found in it.
pub struct Piece {
    pub staged: Staged,
    pub window: Window,
}

impl Store {
    /// As [`Store::replace_windows`], of one.
    ///
    /// # Errors
    /// When a statement fails; then nothing changed.
    pub fn replace_window(&self, staged: &Staged, window: Window, now: DateTime<Utc>) -> Result<Changes, Error> {
        self.write(|db| db.replace(&[(staged, window)], now))
    }

    /// Puts what is staged in the place of what the windows held, and records the windows as complete: all or nothing.
    ///
    /// Rows that are as they were stay untouched; rows of a staged id elsewhere are moved. The windows are of one entity
    /// and disjoint; of an id that two of them hold, the row of the later one is kept.
    ///
    /// # Errors
    /// When a statement fails; then nothing changed.
    pub fn replace_windows(&self, pieces: &[Piece], now: DateTime<Utc>) -> Result<Changes, Error> {
        let pieces: Vec<_> = pieces.iter().map(|it| (&it.staged, it.window)).collect();
        self.write_in_row(|db| {
            if db.overlap(&pieces)? {
                let mut changes = Changes::default();
                for piece in pieces.chunks(1) {
                    changes += db.replace(piece, now)?;
                }
                Ok(changes)
            } else {
                db.replace(&pieces, now)
            }
        })
    }
}

impl Db<'_> {
    /// Whether the stages hold an id twice: its event was moved from one window to another while they were read.
    fn overlap(&self, pieces: &[(&Staged, Window)]) -> Result<bool, Error> {
        if pieces.len() < 2 {
            return Ok(false);
        }
        let stages: Vec<String> = pieces.iter().map(|(staged, _)| staged.table()).collect();
        self.0
            .query_row(&schema::overlap(&stages), [], |row| row.get(0))
            .map_err(|source| Error::Statement { doing: "compare windows", source: source.into() })
    }

    /// Replaces what the windows held; no id is staged in two of them.
    fn replace(&self, pieces: &[(&Staged, Window)], now: DateTime<Utc>) -> Result<Changes, Error> {
        let before = self.leaving(pieces)?;
        let moved = if before.moved > 0 { self.clear_moved(pieces)? } else { 0 };
        let mut changes = Changes { changed: moved, ..Changes::default() };
        for (staged, window) in pieces {
            let (filled, cleared, deleted) = self.refill(staged, *window, now)?;
            changes.changed += cleared.saturating_sub(deleted);
            changes.deleted += deleted;
            changes.new += filled;
            self.cover(staged.entity(), *window, now)?;
        }
        aggregates::settle(self, &before)?;
        // What was filled in the place of a row that left is not new.
        changes.new = changes.new.saturating_sub(changes.changed);
        Ok(changes)
    }

    /// Notes what the windows hold, and what of the staged events lies elsewhere, before either is cleared.
    fn leaving(&self, pieces: &[(&Staged, Window)]) -> Result<aggregates::Leaving, Error> {
        let windows: Vec<Window> = pieces.iter().map(|(_, window)| *window).collect();
        if pieces.iter().all(|(staged, _)| staged.is_empty()) {
            return aggregates::leaving(self, &windows, None);
        }
        self.of_stages(pieces, "find what moved", |_, stages| schema::note_moved(stages))?;
        let moved: i64 = self.value(MOVED, params! {})?;
        aggregates::leaving(self, &windows, Some(moved.unsigned_abs()))
    }

    /// Deletes the rows whose events are staged in another window than they lie in.
    fn clear_moved(&self, pieces: &[(&Staged, Window)]) -> Result<u64, Error> {
        self.of_stages(pieces, "clear what moved", schema::clear_moved)
    }

    /// Executes a statement about all stages that are not empty, with the bounds of their windows.
    fn of_stages(
        &self,
        pieces: &[(&Staged, Window)],
        doing: &'static str,
        sql: impl FnOnce(&Entity, &[String]) -> String,
    ) -> Result<u64, Error> {
        let filled: Vec<_> = pieces.iter().filter(|(staged, _)| !staged.is_empty()).collect();
        let Some((first, _)) = filled.first() else { return Ok(0) };
        let stages: Vec<String> = filled.iter().map(|(staged, _)| staged.table()).collect();
        let bounds = filled.iter().enumerate().flat_map(|(number, (_, window))| {
            [(format!("start_{number}"), utc(window.start)), (format!("end_{number}"), utc(window.end))]
        });
        let bounds: Vec<(String, NaiveDateTime)> = bounds.collect();
        let params: Vec<(&str, &dyn ToSql)> =
            bounds.iter().map(|(name, time)| (name.as_str(), time as &dyn ToSql)).collect();
        self.generated(doing, &sql(first.entity(), &stages), &params).map(|it| it as u64)
    }

    /// Puts what is staged in the place of what the window held; tells how many rows came, how many left, and how many
    /// of these for good.
    fn refill(&self, staged: &Staged, window: Window, now: DateTime<Utc>) -> Result<(u64, u64, u64), Error> {
        let entity = staged.entity();
        let (start, end, now) = (utc(window.start), utc(window.end), utc(now));
        let span = params! { "start": start, "end": end };
        let is_occupied = self.value::<i64>(OCCUPIED, span)? > 0;
        if !is_occupied && staged.is_empty() {
            return Ok((0, 0, 0));
        }
        self.generated("look at a stage", &schema::look_at(entity, &staged.table()), &[])?;
        let fill = schema::fill_window(entity, is_occupied);
        if !is_occupied {
            // Rows that come.
            let filled = self.generated("fill a window", &fill, params! { "now": now })?;
            return Ok((filled as u64, 0, 0));
        }
        // Rows that leave, for good or because they differ.
        let deleted: u64 = self.value(VANISHED, span)?;
        let cleared = self.generated("clear a window", &schema::clear_window(entity), span)?;
        // Rows that come.
        let filled = self.generated("fill a window", &fill, params! { "now": now, "start": start, "end": end })?;
        Ok((filled as u64, cleared as u64, deleted))
    }

    /// Spans that are complete, newest first, disjoint.
    ///
    /// # Errors
    /// When the query fails.
    pub fn covered(&self, entity: &Entity) -> Result<Vec<Window>, Error> {
        self.rows(COVERED, params! { "entity": entity.name })
    }

    /// When the entity was last read again as far back as each tier goes, by the tier's name.
    ///
    /// # Errors
    /// When the query fails.
    pub fn lookbacks(&self, entity: &Entity) -> Result<Vec<(String, DateTime<Utc>)>, Error> {
        let rows: Vec<Lookback> = self.rows(LOOKBACKS, params! { "entity": entity.name })?;
        Ok(rows.into_iter().map(|Lookback(tier, done_at)| (tier, done_at)).collect())
    }

    /// Writes down that the entity was read again as far back as the tier goes.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn looked_back(&self, entity: &Entity, tier: &str, now: DateTime<Utc>) -> Result<(), Error> {
        self.execute(FORGET_LOOKBACK, params! { "entity": entity.name, "tier": tier })?;
        self.execute(ADD_LOOKBACK, params! { "entity": entity.name, "tier": tier, "now": utc(now) }).map(drop)
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

/// A tier of the lookback, and when it was last done.
struct Lookback(String, DateTime<Utc>);

impl FromRow for Lookback {
    fn from_row(row: &Row<'_>) -> RowResult<Lookback> {
        Ok(Lookback(row.get("tier")?, row.get::<NaiveDateTime>("done_at")?.and_utc()))
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
