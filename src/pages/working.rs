//! What several queries of a page rest on, worked out once: each of these makes the temporary table that it is named
//! after, which belongs to the page's reading and is gone at its end. A page's query gets the tables that it reads.

use super::frame::{Value, named, reads};
use crate::query;
use crate::store::{self, Db, Query};

pub(super) const PAGE_SENDS: Query = query!("working/page_sends");

/// Every working table; a test makes and reads them all.
pub const WORKING: &[Query] = &[
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
