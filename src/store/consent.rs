//! The history of consent: which state each profile was in on each channel, since when and why.
//!
//! It is written in the transaction that writes the profiles, whoever writes them, by comparing what was written with
//! the latest state that the history knows. So a second writing of the same adds nothing.

use chrono::{DateTime, Utc};

use super::{Db, Error, Query, utc};
use crate::catalog::Entity;
use crate::{params, query};

const FOLLOW: Query = query!("consent/follow");
const IS_UNTOLD: Query = query!("consent/is_untold");

/// Every query of this file; a test prepares them all.
pub(super) const QUERIES: &[Query] = &[FOLLOW, IS_UNTOLD];

/// The entity whose rows hold consent.
const HOLDER: &str = "profiles";

impl Db<'_> {
    /// Adds what changed with the rows that were just written, or marked as deleted, at `now`; of profiles only.
    ///
    /// # Errors
    /// When the statement fails; the transaction is then lost as a whole.
    pub(super) fn follow_consent(&self, entity: &Entity, now: DateTime<Utc>) -> Result<(), Error> {
        if entity.name == HOLDER {
            self.execute(FOLLOW, params! { "written_at": utc(now) })?;
        }
        Ok(())
    }

    /// Begins the history with the profiles that are there, where a version without one had copied them.
    ///
    /// # Errors
    /// When a statement fails.
    pub(super) fn begin_consent_history(&self) -> Result<(), Error> {
        if self.value(IS_UNTOLD, params! {})? {
            self.execute(FOLLOW, params! { "written_at": None::<chrono::NaiveDateTime> })?;
        }
        Ok(())
    }
}
