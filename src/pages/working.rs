//! What several queries of a page rest on, worked out once: each of these makes the temporary table that it is named
//! after, which belongs to the page's reading and is gone at its end. A page's query gets the tables that it reads.

use super::frame::{Value, named, reads};
use crate::range::Period;
use crate::store::{self, Db, Query};
use crate::{params, query};

/// Takes the place of the view of that name, also in the tables that follow.
const MESSAGES: Query = query!("working/messages");
const PAGE_SENDS: Query = query!("working/page_sends");

/// Every working table; a test makes and reads them all.
pub const WORKING: &[Query] = &[
    MESSAGES,
    PAGE_SENDS,
    query!("working/page_messages"),
    query!("working/page_mailboxes"),
    query!("working/page_credits"),
    query!("working/campaign_mailboxes"),
];

/// Makes the tables that `text` reads, with those of the `values` that they name.
pub(super) fn make(db: &Db<'_>, text: &str, values: &[Value]) -> Result<(), store::Error> {
    let is_read = |table: &&Query| reads(text, table.name.trim_start_matches("working/"));
    WORKING.iter().filter(is_read).try_for_each(|it| db.once(*it, &named(it.text, values)))
}

/// Makes `page_sends` of the days that `period` and its comparison need, with the conversions of `metric`.
///
/// # Errors
/// When a query fails.
pub(super) fn make_sends(db: &Db<'_>, period: &Period, metric: Option<&str>) -> Result<(), store::Error> {
    db.once(MESSAGES, params! {})?;
    db.once(PAGE_SENDS, params! { "since": period.since(), "before": period.range.before(), "metric": metric })
}
