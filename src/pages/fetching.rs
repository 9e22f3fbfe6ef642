//! What is read from Klaviyo because somebody asks for it. No thread waits meanwhile.

use std::time::{Duration, Instant};

use rocket::tokio::time::sleep;

use crate::catalog::Entity;
use crate::config;
use crate::sync::{Handle, Missed};
use crate::web::Error;

/// How often who waits looks again.
const LOOK: Duration = Duration::from_millis(50);

/// Has the record of `entity` read that belongs to `parent`, as long as the settings let anybody wait.
///
/// # Errors
/// [`Error::Busy`] with the reason, where it was not read, or not yet.
pub async fn fetch(handle: &Handle, entity: &'static Entity, parent: &str, settings: config::Api) -> Result<(), Error> {
    let busy = |missed: Missed| Error::Busy(missed.to_string());
    let fetch = handle.fetch(entity, parent).map_err(busy)?;
    let until = Instant::now() + Duration::from_secs(settings.fallback_deadline_secs);
    loop {
        if let Some(outcome) = fetch.outcome() {
            return outcome.map_err(busy);
        }
        if Instant::now() >= until {
            return Err(busy(Missed::TooLate));
        }
        sleep(LOOK).await;
    }
}
