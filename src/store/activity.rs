//! Keeps `klaviyo_profile_activity` — what each person received and did, and when last — up with the events.
//!
//! What comes is added: counts add up, and the last of something is the later of two. Of whom something leaves is counted
//! again from their events, because it may have been the last (or first) of its kind; that takes a look at every event, so
//! it is done for all of them at once. An event that changes without changing what its person did, such as an order that is
//! attributed late, neither comes nor leaves here.

use super::{Db, Error, Query};
use crate::{params, query};

const CHANGES: Query = query!("activity/changes");
const AGAIN: Query = query!("activity/again");
const ANY_AGAIN: Query = query!("activity/any_again");
const EVENTS: Query = query!("activity/events");
const FACTS_AGAIN: Query = query!("activity/facts_again");
const DROP_CHANGES: Query = query!("activity/drop_changes");
const AFTER: Query = query!("activity/after");
const CLEAR: Query = query!("activity/clear");
const FILL: Query = query!("activity/fill");
const FORGET: Query = query!("activity/forget");
const FACTS: Query = query!("activity/facts");
const ADD: Query = query!("activity/add");

/// Every query of this file that stands on its own; a test prepares them all. The others read what these leave behind
/// for the length of a transaction.
pub(super) const QUERIES: &[Query] = &[FORGET];

/// Takes over what is in `events_leaving` and `events_coming`.
///
/// # Errors
/// When a statement fails; the transaction is then lost as a whole.
pub(super) fn settle(db: &Db<'_>) -> Result<(), Error> {
    each(db, &[CHANGES, AGAIN])?;
    if db.value::<i64>(ANY_AGAIN, params! {})? > 0 {
        each(db, &[EVENTS, DROP_CHANGES, FACTS_AGAIN])?;
    }
    each(db, &[AFTER, CLEAR, FILL])
}

/// Forgets all of it.
///
/// # Errors
/// When the statement fails.
pub(super) fn forget(db: &Db<'_>) -> Result<(), Error> {
    each(db, &[FORGET])
}

/// Adds people of whom nothing is kept, all of whose events are in `events_coming`.
///
/// # Errors
/// When a statement fails; the transaction is then lost as a whole.
pub(super) fn add(db: &Db<'_>) -> Result<(), Error> {
    each(db, &[FACTS, ADD])
}

fn each(db: &Db<'_>, queries: &[Query]) -> Result<(), Error> {
    queries.iter().try_for_each(|query| db.execute(*query, params! {}).map(drop))
}
