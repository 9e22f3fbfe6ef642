//! A strict fake of Klaviyo's API over real HTTP: it refuses what Klaviyo refuses, and misbehaves as it is told.

mod address;
mod aggregates;
mod cursor;
mod document;
mod event_json;
mod events;
mod filter;
mod http;
mod limits;
mod listing;
mod mood;
mod order;
mod people;
mod posted;
mod properties;
mod question;
mod record;
mod records;
mod refusal;
mod reports;
mod server;
mod statistics;
mod traffic;
mod webhooks;
mod world;

pub use limits::Limits;
pub use mood::Mood;
pub use traffic::Traffic;
pub use webhooks::{Delivery, Hook};
pub use world::Seen;

use super::{Clock, Shop, ShopPlan, Truth};
use server::Server;
use std::sync::Arc;
use std::time::Duration;
use world::World;

/// What a fake is to be like.
#[derive(Debug, Clone)]
pub struct Plan {
    pub shop: ShopPlan,
    pub clock: Clock,
    pub limits: Limits,
    /// How long every answer takes at least.
    pub latency: Duration,
    /// 0 takes any that is free.
    pub port: u16,
    /// The one API key that is let in.
    pub key: String,
    /// What the key may read; `None` means everything.
    pub scopes: Option<Vec<String>>,
    /// Compress answers for those who take it.
    pub gzip: bool,
}

impl Default for Plan {
    /// The usual shop until now, on the machine's clock, without limits.
    fn default() -> Plan {
        Plan {
            shop: ShopPlan::until(Clock::Real.now()),
            clock: Clock::Real,
            limits: Limits::None,
            latency: Duration::ZERO,
            port: 0,
            key: "pk_demo_00000000000000000000000000000000".to_owned(),
            scopes: None,
            gzip: false,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Choose another port.
    #[error("the demo's Klaviyo could not listen on port {port}: {reason}")]
    Port { port: u16, reason: String },
    /// Nothing that another plan would mend.
    #[error("the demo's Klaviyo could not start its threads")]
    Threads(#[source] std::io::Error),
}

/// A running fake; it stops when it is dropped.
#[derive(Debug)]
pub struct Fake {
    world: Arc<World>,
    server: Server,
}

impl Fake {
    /// Builds the shop and opens it.
    ///
    /// # Errors
    ///
    /// When the port is taken, or the machine gives no threads.
    pub fn start(plan: Plan) -> Result<Fake, Error> {
        let port = plan.port;
        let world = Arc::new(World::new(plan));
        let server = Server::start(Arc::clone(&world), port)?;
        Ok(Fake { world, server })
    }

    /// Scheme, host and port, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.world.base().to_owned()
    }

    #[must_use]
    pub fn key(&self) -> &str {
        self.world.key()
    }

    /// How to behave from the next request on.
    pub fn set_mood(&self, mood: Mood) {
        self.world.set_mood(mood);
    }

    /// The latest requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        self.world.requests()
    }

    /// How busy the fake was kept so far. Other processes read it at `/traffic`.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.world.traffic()
    }

    /// Changes the shop between two requests.
    pub fn edit<T>(&self, change: impl FnOnce(&mut Shop) -> T) -> T {
        self.world.edit(change)
    }

    /// What a perfect copy would hold now.
    #[must_use]
    pub fn truth(&self) -> Truth {
        self.world.truth()
    }

    /// The webhooks that were registered.
    #[must_use]
    pub fn webhooks(&self) -> Vec<Hook> {
        self.world.webhooks()
    }

    /// Ids of the newest events, newest first, at most `count`.
    #[must_use]
    pub fn latest_events(&self, count: usize) -> Vec<String> {
        self.world.latest_events(count)
    }

    /// What Klaviyo would send to the endpoint of `hook` now for those events; an id that there is not is left out.
    #[must_use]
    pub fn delivery(&self, hook: &Hook, events: &[String]) -> Delivery {
        self.world.delivery(hook, events)
    }

    /// Serves until the process ends.
    pub fn wait(self) {
        self.server.wait();
    }
}

#[cfg(test)]
mod tests;
