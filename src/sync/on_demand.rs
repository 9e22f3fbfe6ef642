//! One record, read when somebody asks for it, and kept like any other.

use super::Handle;
use super::record::{self, Context};
use super::run::Stopped;
use crate::catalog::Entity;
use crate::causes::causes;
use crate::klaviyo::Request;

impl Handle {
    /// Reads the record of an entity of [`ON_DEMAND`](crate::catalog::ON_DEMAND) that belongs to `parent`, and keeps it.
    /// Waits for Klaviyo; whoever cannot wait does not wait for this.
    ///
    /// # Errors
    /// In words, why it could not be read or kept.
    pub fn fetch(&self, entity: &'static Entity, parent: &str) -> Result<(), String> {
        self.read_one(entity, parent).map_err(|stopped| causes(&stopped))
    }

    fn read_one(&self, entity: &'static Entity, parent: &str) -> Result<(), Stopped> {
        let client = self.0.client.as_ref().ok_or(Stopped::NoKey)?;
        let request = Request::first(entity, None, None, Some(parent));
        let batch = client.ask(&request, &self.0.stop, &mut |_| ())?;
        let zone = self.0.store.read(|db| db.zone())?;
        let page = record::read(entity, &batch, Context { zone, parent: Some(parent) })?;
        self.0.store.write(|db| db.merge(entity, &page.records, self.now()))?;
        Ok(())
    }
}
