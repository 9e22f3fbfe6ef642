//! What several queries of a page rest on, worked out once: a query may read any of these tables, and gets those it
//! reads. They belong to the page's reading and are gone at its end.

use std::cell::RefCell;
use std::collections::HashSet;

use super::frame::{Value, named, reads};
use crate::query;
use crate::store::{self, Db, Query};

/// Each makes the temporary table that it is named after; a test makes and reads them all.
pub const WORKING: &[Query] = &[
    query!("working/page_sends"),
    query!("working/page_mailboxes"),
    query!("working/page_credits"),
    query!("working/campaign_mailboxes"),
];

/// The tables that a reading has made.
#[derive(Debug, Default)]
pub(super) struct Working(RefCell<HashSet<&'static str>>);

impl Working {
    /// Makes the tables that `text` reads and that are not there yet, with those of the `values` that they name.
    pub(super) fn make(&self, db: &Db<'_>, text: &str, values: &[Value]) -> Result<(), store::Error> {
        for table in WORKING {
            let name = table.name.trim_start_matches("working/");
            if reads(text, name) && self.0.borrow_mut().insert(name) {
                db.execute(*table, &named(table.text, values))?;
            }
        }
        Ok(())
    }
}
