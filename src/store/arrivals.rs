//! Events that arrive one by one, outside of any window: Klaviyo delivers them before they are asked for.

use chrono::{DateTime, Utc};

use super::{Changes, Db, Error, Record, aggregates, schema, utc};
use crate::catalog::{EVENTS, Entity};
use crate::params;

/// Events on a stage of their own: that of [`EVENTS`] may hold half a window of a pass that goes on.
const ARRIVED: Entity = Entity { name: "arrived_events", ..EVENTS };

impl Db<'_> {
    /// Adds those of `records` whose id is not there yet, and claims no window as complete: the next pass reads their
    /// time again and replaces them. A row that is there stays as it is, because a pass brought it together with its
    /// attribution, which a delivery does not have.
    ///
    /// # Errors
    /// When a statement fails; the transaction is then lost as a whole.
    pub fn add_events(&self, records: &[Record], now: DateTime<Utc>) -> Result<Changes, Error> {
        if records.is_empty() {
            return Ok(Changes::default());
        }
        self.stage_batch(&ARRIVED, records)?;
        self.generated("tell what arrived", &schema::note_arrived(&EVENTS, &ARRIVED), &[])?;
        let add = schema::add_arrived(&EVENTS, &ARRIVED);
        let new = self.generated("add arrived events", &add, params! { "now": utc(now) })? as u64;
        if new > 0 {
            aggregates::arrive(self)?;
        }
        Ok(Changes { new, ..Changes::default() })
    }
}
