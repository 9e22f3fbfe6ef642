//! A deterministic synthetic shop, and a strict fake of Klaviyo's API that serves it over real HTTP.
//!
//! The same fake stands behind `klytics demo`, the tests and the benches. It knows nothing of how Klytics reads or
//! stores: its endpoints are written down from Klaviyo's documentation, so that it can disagree with the catalog.

mod clock;
mod endpoints;
mod fake;
mod random;
mod shop;
mod truth;

pub use clock::Clock;
pub use fake::{Delivery, Error, Fake, Hook, Limits, Mood, Plan, Seen, Traffic};
pub use shop::{Kind, LateEvent, Reason, Shop, ShopPlan};
pub use truth::Truth;
