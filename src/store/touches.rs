//! Keeps `klaviyo_conversions` — one row a conversion — and `klaviyo_touches` — what its person did with messages before it —
//! up with the events, so that an attribution with any windows is asked of all history at once.
//!
//! Conversions are few, so whatever comes or leaves, the touches before those that it may matter to are looked up again
//! among the events: of the people concerned, from the first change until a touch is too old to count.

use super::aggregates::Span;
use super::{Db, Error, Query};
use crate::{params, query};

const TOUCHED: Query = query!("touches/touched");
const FORGET_LEFT: Query = query!("touches/forget_left");
const FORGET_LEFT_TOUCHES: Query = query!("touches/forget_left_touches");
const ADD_COMING: Query = query!("touches/add_coming");
const ADD_ALL: Query = query!("touches/add_all");
const AGAIN: Query = query!("touches/again");
const AGAIN_OF_PART: Query = query!("touches/again_of_part");
const FORGET_AGAIN: Query = query!("touches/forget_again");
const SPAN: Query = query!("touches/span");
const ADD: Query = query!("touches/add");
const FORGET: Query = query!("touches/forget");
const FORGET_TOUCHES: Query = query!("touches/forget_touches");
const COUNT: Query = query!("touches/count");

/// Every query of this file that stands on its own; a test prepares them all. The others read what these leave behind
/// for the length of a transaction.
pub(super) const QUERIES: &[Query] = &[ADD_ALL, AGAIN_OF_PART, FORGET, FORGET_TOUCHES, COUNT];

/// Conversions whose touches are looked up at once when all are: what fits into little memory.
const CONVERSIONS_AT_ONCE: i64 = 50_000;

/// Takes over what is in `events_leaving` and `events_coming`.
///
/// # Errors
/// When a statement fails; the transaction is then lost as a whole.
pub(super) fn settle(db: &Db<'_>) -> Result<(), Error> {
    each(db, &[TOUCHED, FORGET_LEFT, FORGET_LEFT_TOUCHES, ADD_COMING, AGAIN, FORGET_AGAIN])?;
    look_up(db)
}

/// Makes all of it anew.
///
/// # Errors
/// When a statement fails; the transaction is then lost as a whole.
pub(super) fn count_all(db: &Db<'_>) -> Result<(), Error> {
    each(db, &[FORGET_TOUCHES, FORGET, ADD_ALL])?;
    let parts = 1 + db.value::<i64>(COUNT, params! {})? / CONVERSIONS_AT_ONCE;
    for part in 0..parts {
        db.execute(AGAIN_OF_PART, params! { "parts": parts, "part": part })?;
        look_up(db)?;
    }
    Ok(())
}

/// Finds what came before `conversions_again`.
fn look_up(db: &Db<'_>) -> Result<(), Error> {
    let Some(Span { first, last }) = db.maybe(SPAN, params! {})? else { return Ok(()) };
    db.execute(ADD, params! { "first": first, "last": last }).map(drop)
}

fn each(db: &Db<'_>, queries: &[Query]) -> Result<(), Error> {
    queries.iter().try_for_each(|query| db.execute(*query, params! {}).map(drop))
}
