//! Sums that are kept up with the events, in the transaction that changes them, so that no page counts millions of rows:
//! `klaviyo_aggregated_metrics` here, deliveries and what they add up to in `deliveries.rs`, people in `activity.rs`, what
//! came before conversions in `touches.rs`.
//!
//! A window tells what leaves and what comes. Hours and days in which either lies are counted again from their events;
//! deliveries are added to. What all of it rests on — kinds of metrics, names of messages, the conversion metric,
//! currency, zone — is kept as it was when the sums were made. Windows go by that, so that the sums always agree with
//! one another, and [`Store::settle_aggregates`] makes them anew once it has changed in a way that an event feels.

use chrono::{Days, NaiveDate, NaiveDateTime};

use super::{Db, Error, FromRow, Query, Row, RowResult, Store, Window, activity, deliveries, touches, utc};
use crate::{params, query};

const BEGIN_WINDOWS: Query = query!("aggregates/begin_windows");
const ADD_WINDOW: Query = query!("aggregates/add_window");
const NONE_MOVED: Query = query!("aggregates/none_moved");
const HELD: Query = query!("aggregates/held");
const BEFORE: Query = query!("aggregates/before");
const AFTER: Query = query!("aggregates/after");
const BEGIN_CHANGE: Query = query!("aggregates/begin_change");
const ADD_CHANGING: Query = query!("aggregates/add_changing");
const BEFORE_CHANGE: Query = query!("aggregates/before_change");
const AFTER_CHANGE: Query = query!("aggregates/after_change");
const ARRIVED: Query = query!("aggregates/arrived");
const LEAVING: Query = query!("aggregates/leaving");
const COMING: Query = query!("aggregates/coming");
const ALL_NEW: Query = query!("aggregates/all_new");
const NOTHING_LEFT: Query = query!("aggregates/nothing_left");
const TOUCHED: Query = query!("aggregates/touched");
const TOUCHED_BETWEEN: Query = query!("aggregates/touched_between");
const SPAN: Query = query!("aggregates/span");
const CLEAR: Query = query!("aggregates/clear");
const HOURS: Query = query!("aggregates/hours");
const DAYS: Query = query!("aggregates/days");
const FORGET: Query = query!("aggregates/forget");
const REACH: Query = query!("aggregates/reach");
const CHANGED: Query = query!("aggregates/changed");
const FORGET_BASIS: Query = query!("aggregates/forget_basis");
const FORGET_KINDS: Query = query!("aggregates/forget_kinds");
const FORGET_ALIASES: Query = query!("aggregates/forget_aliases");
const KEEP_BASIS: Query = query!("aggregates/keep_basis");
const KEEP_KINDS: Query = query!("aggregates/keep_kinds");
const KEEP_ALIASES: Query = query!("aggregates/keep_aliases");
const RENAMED: Query = query!("aggregates/renamed");
const RENAMED_COUNT: Query = query!("aggregates/renamed_count");
const RENAMED_STAY: Query = query!("aggregates/renamed_stay");
const CHECK: Query = query!("aggregates/check");

/// Every query of this file that stands on its own; a test prepares them all. The others read what these leave behind
/// for the length of a transaction.
pub(super) const QUERIES: &[Query] = &[
    BEGIN_CHANGE,
    BEGIN_WINDOWS,
    NONE_MOVED,
    TOUCHED_BETWEEN,
    FORGET,
    REACH,
    CHANGED,
    FORGET_BASIS,
    FORGET_KINDS,
    FORGET_ALIASES,
    KEEP_BASIS,
    KEEP_KINDS,
    KEEP_ALIASES,
    RENAMED,
    CHECK,
];

/// The entities that say what the sums rest on; after a pass over one of them [`Store::settle_aggregates`] is due. Events do,
/// as they tell which campaigns they call by the campaign's name.
pub const RESTS_ON: &[&str] = &["accounts", "metrics", "mapped_metrics", "campaigns", "campaign_messages", "events"];

/// Events that are moved from one name of a message to another one by one. Of more, all is counted anew.
const RENAMED_AT_ONCE: i64 = 200_000;

/// Events whose hours are counted at once when all are, roughly: days differ.
const EVENTS_AT_ONCE: i64 = 500_000;

/// What is known of windows before they are replaced.
pub(super) struct Leaving {
    /// Rows of staged events that lie outside the window that they are staged in.
    pub(super) moved: u64,
    /// From the start of the first window to the end of the last.
    span: Window,
    /// Whether the windows held nothing and nothing moves into them.
    all_new: bool,
}

/// Notes what `windows` hold before they are cleared. `moved` counts what is in `events_moved`; nothing moves where it is
/// absent.
///
/// # Errors
/// When a statement fails.
pub(super) fn leaving(db: &Db<'_>, windows: &[Window], moved: Option<u64>) -> Result<Leaving, Error> {
    let (start, end) = (windows.iter().map(|it| it.start).min(), windows.iter().map(|it| it.end).max());
    let span = Window { start: start.unwrap_or_default(), end: end.unwrap_or_default() };
    db.execute(BEGIN_WINDOWS, params! {})?;
    for it in windows {
        db.execute(ADD_WINDOW, params! { "start": utc(it.start), "end": utc(it.end) })?;
    }
    if moved.is_none() {
        db.execute(NONE_MOVED, params! {})?;
    }
    let moved = moved.unwrap_or_default();
    let bounds = params! { "start": utc(span.start), "end": utc(span.end) };
    let all_new = moved == 0 && db.value::<i64>(HELD, bounds)? == 0;
    if !all_new {
        db.execute(BEFORE, bounds)?;
    }
    Ok(Leaving { moved, span, all_new })
}

/// Brings all sums up to what the windows hold, after they were filled.
///
/// # Errors
/// When a statement fails; the transaction is then lost as a whole.
pub(super) fn settle(db: &Db<'_>, before: &Leaving) -> Result<(), Error> {
    let bounds = params! { "start": utc(before.span.start), "end": utc(before.span.end) };
    if before.all_new {
        db.execute(ALL_NEW, bounds)?;
        db.execute(NOTHING_LEFT, params! {})?;
    } else {
        db.execute(AFTER, bounds)?;
        db.execute(LEAVING, params! {})?;
        db.execute(COMING, params! {})?;
    }
    db.execute(TOUCHED, params! {})?;
    count_touched(db)?;
    deliveries::settle(db, before.all_new)?;
    activity::settle(db)?;
    touches::settle(db)
}

/// Brings all sums up to what is in `events_arrived`, after it was added.
///
/// # Errors
/// When a statement fails; the transaction is then lost as a whole.
pub(super) fn arrive(db: &Db<'_>) -> Result<(), Error> {
    for query in [ARRIVED, NOTHING_LEFT, TOUCHED] {
        db.execute(query, params! {})?;
    }
    count_touched(db)?;
    deliveries::settle(db, true)?;
    activity::settle(db)?;
    touches::settle(db)
}

/// Notes the events of these ids before they are changed one by one.
///
/// # Errors
/// When a statement fails.
pub(super) fn about_to_change<'a>(db: &Db<'_>, ids: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    db.execute(BEGIN_CHANGE, params! {})?;
    for id in ids {
        db.execute(ADD_CHANGING, params! { "id": id })?;
    }
    db.execute(BEFORE_CHANGE, params! {}).map(drop)
}

/// Brings all sums up to what became of them.
///
/// # Errors
/// When a statement fails; the transaction is then lost as a whole.
pub(super) fn changed(db: &Db<'_>) -> Result<(), Error> {
    for query in [AFTER_CHANGE, LEAVING, COMING, TOUCHED] {
        db.execute(query, params! {})?;
    }
    count_touched(db)?;
    deliveries::settle(db, false)?;
    activity::settle(db)?;
    touches::settle(db)
}

/// Counts the hours that were touched, and their days.
fn count_touched(db: &Db<'_>) -> Result<(), Error> {
    let Some(Span { first, last }) = db.maybe(SPAN, params! {})? else { return Ok(()) };
    db.execute(CLEAR, params! {})?;
    db.execute(HOURS, params! { "first": first, "last": last })?;
    db.execute(DAYS, params! {}).map(drop)
}

impl Store {
    /// Follows a change of what the sums rest on: makes them anew if any event feels it. Cheap where nothing changed, so
    /// it is asked for whenever something may have. Answers whether they were made anew.
    ///
    /// # Errors
    /// When a statement fails; then the sums are as they were.
    pub fn settle_aggregates(&self) -> Result<bool, Error> {
        let Change { is_changed, .. } = self.read(|db| db.row(CHANGED, params! {}))?;
        let is_anew = if is_changed { self.write(follow)? } else { false };
        deliveries::put_in_order(self)?;
        Ok(is_anew)
    }

    /// Makes every sum anew from the events.
    ///
    /// # Errors
    /// When a statement fails; then the sums are as they were.
    pub fn count_again(&self) -> Result<(), Error> {
        self.write(|db| {
            keep_basis(db)?;
            count_all(db)?;
            follow(db).map(drop)
        })?;
        deliveries::put_in_order(self)
    }
}

impl Db<'_> {
    /// Which sums differ from what their definitions say of the events, and in how many rows: none should. Sums by day are
    /// compared as those of the days from `since` to before `until`. Counts every event, which takes its time.
    ///
    /// # Errors
    /// When the query fails.
    pub fn disagreements(&self, since: NaiveDate, until: NaiveDate) -> Result<Vec<(String, i64)>, Error> {
        let all: Vec<Disagreement> = self.rows(CHECK, params! { "since": since, "until": until })?;
        Ok(all.into_iter().filter(|it| it.1 > 0).map(|it| (it.0, it.1)).collect())
    }
}

/// Takes over what the sums are to rest on, and makes them anew as far as any event feels it. Answers whether one did.
pub(super) fn follow(db: &Db<'_>) -> Result<bool, Error> {
    let change: Change = db.row(CHANGED, params! {})?;
    if !change.is_changed {
        return Ok(false);
    }
    let is_felt = if change.is_felt {
        keep_basis(db)?;
        count_all(db)?;
        true
    } else {
        rename(db)?
    };
    // What is counted under a campaign's name may say that its messages go by it, too.
    Ok(follow(db)? || is_felt)
}

/// Moves what events say of messages to the names that these go by now, where nothing else has changed. Answers whether
/// there are such events.
fn rename(db: &Db<'_>) -> Result<bool, Error> {
    db.execute(RENAMED, params! {})?;
    let count: i64 = db.value(RENAMED_COUNT, params! {})?;
    if count > RENAMED_AT_ONCE {
        keep_basis(db)?;
        count_all(db)?;
    } else {
        db.execute(RENAMED_STAY, params! {})?;
        deliveries::rename(db, keep_basis)?;
        touches::settle(db)?;
    }
    Ok(count > 0)
}

fn keep_basis(db: &Db<'_>) -> Result<(), Error> {
    for query in [FORGET_BASIS, FORGET_KINDS, FORGET_ALIASES, KEEP_BASIS, KEEP_KINDS, KEEP_ALIASES] {
        db.execute(query, params! {})?;
    }
    Ok(())
}

/// Counts everything, in parts that fit into memory.
pub(super) fn count_all(db: &Db<'_>) -> Result<(), Error> {
    let Reach { span, events } = db.row(REACH, params! {})?;
    db.execute(FORGET, params! {})?;
    if let Some((mut first, end)) = span {
        let parts = 1 + events / EVENTS_AT_ONCE;
        let days_at_once = Days::new(((end - first).num_days() / parts).unsigned_abs() + 1);
        while first < end {
            let last = (first + days_at_once).min(end);
            db.execute(TOUCHED_BETWEEN, params! { "first": first, "last": last })?;
            count_touched(db)?;
            first = last;
        }
    }
    deliveries::count_all(db, events)?;
    touches::count_all(db)
}

/// Whether what the sums rest on has changed, and how.
struct Change {
    is_changed: bool,
    /// In more than names of messages, and there are events that it matters to.
    is_felt: bool,
}

impl FromRow for Change {
    fn from_row(row: &Row<'_>) -> RowResult<Change> {
        Ok(Change { is_changed: row.get("is_changed")?, is_felt: row.get("is_felt")? })
    }
}

/// From when to when something lies.
pub(super) struct Span {
    pub(super) first: NaiveDateTime,
    pub(super) last: NaiveDateTime,
}

impl FromRow for Span {
    fn from_row(row: &Row<'_>) -> RowResult<Span> {
        Ok(Span { first: row.get("first_at")?, last: row.get("last_at")? })
    }
}

/// Sums, and rows of them that differ.
struct Disagreement(String, i64);

impl FromRow for Disagreement {
    fn from_row(row: &Row<'_>) -> RowResult<Disagreement> {
        Ok(Disagreement(row.get("sums")?, row.get("differing")?))
    }
}

/// How far the events reach, if there are any, and how many there are.
struct Reach {
    span: Option<(NaiveDateTime, NaiveDateTime)>,
    events: i64,
}

impl FromRow for Reach {
    fn from_row(row: &Row<'_>) -> RowResult<Reach> {
        let (first, last) = (row.get::<Option<_>>("first_at")?, row.get::<Option<_>>("last_at")?);
        Ok(Reach { span: first.zip(last), events: row.get("events")? })
    }
}
