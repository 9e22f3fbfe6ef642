//! Keeps `klaviyo_deliveries` — one row a delivery with all that came of it — and its sums by message up with the events.
//!
//! An answer belongs to the latest delivery of its (profile, message) at or before it, and windows come in any order. So a
//! delivery that is there is taken apart into its send and its answers so far, a *piece* each that spans the time from the
//! first to the last of them; what comes is a piece a send and a piece an answer; and pieces, in order of time, make
//! deliveries. Whatever order events come in, that gives the same rows, but for two cases, which are counted again from
//! their events: where something leaves, because a sum does not say what the first was without it; and where a delivery
//! comes to lie among answers that were summed up. Both are few, and their events lie in a span of time that is known.

use super::aggregates::Span;
use super::{Db, Error, FromRow, Query, Row, RowResult, Store, activity};
use crate::{params, query};
use chrono::NaiveDateTime;

const FACTS_COMING: Query = query!("deliveries/facts_coming");
const FACTS_LEAVING: Query = query!("deliveries/facts_leaving");
const FACTS_ADDED: Query = query!("deliveries/facts_added");
const TOUCHED: Query = query!("deliveries/touched");
const LAST: Query = query!("deliveries/last");
const FOUND: Query = query!("deliveries/found");
const BEFORE: Query = query!("deliveries/before");
const PIECES: Query = query!("deliveries/pieces");
const PARTED: Query = query!("deliveries/parted");
const AGAIN: Query = query!("deliveries/again");
const SPAN: Query = query!("deliveries/span");
const EVENTS_AGAIN: Query = query!("deliveries/events_again");
const FACTS_AGAIN: Query = query!("deliveries/facts_again");
const DROP_PIECES: Query = query!("deliveries/drop_pieces");
const PIECES_AGAIN: Query = query!("deliveries/pieces_again");
const AFTER: Query = query!("deliveries/after");
const CLEAR: Query = query!("deliveries/clear");
const FILL: Query = query!("deliveries/fill");
const STATS_CHANGE: Query = query!("deliveries/stats_change");
const STATS: Query = query!("deliveries/stats");
const DAYS_CHANGE: Query = query!("deliveries/days_change");
const DAYS: Query = query!("deliveries/days");
const FORGET: Query = query!("deliveries/forget");
const FORGET_STATS: Query = query!("deliveries/forget_stats");
const FORGET_DAYS: Query = query!("deliveries/forget_days");
const EVENTS_OF_PART: Query = query!("deliveries/events_of_part");
const NONE_BEFORE: Query = query!("deliveries/none_before");
const SCATTERED: Query = query!("deliveries/scattered");
const IS_SCATTERED: Query = query!("deliveries/is_scattered");
const IN_ORDER: Query = query!("deliveries/in_order");
const SLICES: Query = query!("deliveries/slices");
const SLICE: Query = query!("deliveries/slice");
const CLEAR_SLICE: Query = query!("deliveries/clear_slice");
const FILL_SLICE: Query = query!("deliveries/fill_slice");

/// Every query of this file that stands on its own; a test prepares them all. The others read what these leave behind
/// for the length of a transaction.
pub(super) const QUERIES: &[Query] =
    &[FORGET, FORGET_STATS, FORGET_DAYS, EVENTS_OF_PART, NONE_BEFORE, SCATTERED, IS_SCATTERED, IN_ORDER, SLICES, SLICE];

/// Events of the people who are counted at once when all are: what fits into little memory.
const EVENTS_AT_ONCE: i64 = 200_000;

/// Deliveries that are put in order at a time: a row group of DuckDB's.
const DELIVERIES_AT_ONCE: i64 = 122_880;

/// Takes over what is in `events_leaving` and `events_coming`; `all_new` says that the former is empty.
///
/// # Errors
/// When a statement fails; the transaction is then lost as a whole.
pub(super) fn settle(db: &Db<'_>, all_new: bool) -> Result<(), Error> {
    each(db, if all_new { &[FACTS_COMING] } else { &[FACTS_LEAVING, FACTS_ADDED] })?;
    take_over(db)
}

/// Takes over that the events of `events_leaving`, which are those of `events_coming`, tell something else once
/// `keep_basis` has been called.
///
/// # Errors
/// When a statement fails; the transaction is then lost as a whole.
pub(super) fn rename(db: &Db<'_>, keep_basis: fn(&Db<'_>) -> Result<(), Error>) -> Result<(), Error> {
    each(db, &[FACTS_LEAVING])?;
    keep_basis(db)?;
    each(db, &[FACTS_ADDED])?;
    take_over(db)
}

/// Takes over what is in `delivery_changes`.
fn take_over(db: &Db<'_>) -> Result<(), Error> {
    each(db, &[TOUCHED])?;
    let Some(Last(last)) = db.maybe(LAST, params! {})? else { return Ok(()) };
    db.execute(FOUND, params! { "last": last })?;
    each(db, &[BEFORE, PIECES, PARTED, AGAIN])?;
    if let Some(Span { first, last }) = db.maybe(SPAN, params! {})? {
        db.execute(EVENTS_AGAIN, params! { "first": first, "last": last })?;
        each(db, &[FACTS_AGAIN, DROP_PIECES, PIECES_AGAIN])?;
    }
    each(db, &[AFTER, CLEAR, FILL])?;
    sum_up(db)
}

/// Makes all deliveries anew, from as many `events` as there are.
///
/// # Errors
/// When a statement fails; the transaction is then lost as a whole.
pub(super) fn count_all(db: &Db<'_>, events: i64) -> Result<(), Error> {
    each(db, &[FORGET, FORGET_STATS, FORGET_DAYS])?;
    activity::forget(db)?;
    let parts = 1 + events / EVENTS_AT_ONCE;
    for part in 0..parts {
        db.execute(EVENTS_OF_PART, params! { "parts": parts, "part": part })?;
        each(db, &[FACTS_COMING, NONE_BEFORE, PIECES, AFTER, FILL])?;
        sum_up(db)?;
        // The people's events are at hand, so that what they did is counted along.
        activity::add(db)?;
    }
    each(db, &[SCATTERED])
}

/// Lays deliveries down newest first, as windows bring them, where [`count_all`] has left them people by people: who asks for
/// some days finds their rows side by side, and not a few in every part of the table. Other writes may come between.
///
/// # Errors
/// When a statement fails; then some are in order and the others are where they were.
pub(super) fn put_in_order(store: &Store) -> Result<(), Error> {
    if !store.read(|db| db.value::<bool>(IS_SCATTERED, params! {}))? {
        return Ok(());
    }
    let slices: Vec<Span> = store.read(|db| db.rows(SLICES, params! { "most": DELIVERIES_AT_ONCE }))?;
    for Span { first, last } in slices {
        store.write_in_row(|db| {
            db.execute(SLICE, params! { "first": first, "last": last })?;
            each(db, &[CLEAR_SLICE, FILL_SLICE])
        })?;
    }
    store.write(|db| each(db, &[IN_ORDER]))
}

/// Adds the difference between the deliveries there were and those there are to their sums.
fn sum_up(db: &Db<'_>) -> Result<(), Error> {
    each(db, &[STATS_CHANGE, STATS, DAYS_CHANGE, DAYS])
}

fn each(db: &Db<'_>, queries: &[Query]) -> Result<(), Error> {
    queries.iter().try_for_each(|query| db.execute(*query, params! {}).map(drop))
}

/// When the last of what left and came happened.
struct Last(NaiveDateTime);

impl FromRow for Last {
    fn from_row(row: &Row<'_>) -> RowResult<Last> {
        row.get("last_at").map(Last)
    }
}
