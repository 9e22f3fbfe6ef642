//! A synthetic shop that sells home goods: whom it knows, what it sent them, what they did and bought.
//!
//! Equal plans give equal shops. Everything is kept compact (32 bytes an event) and becomes JSON only when it is asked
//! for; nothing here knows of HTTP.

mod edits;
mod flows;
mod future;
mod goods;
mod history;
mod ids;
mod library;
mod membership;
mod messages;
mod metrics;
mod people;
mod season;
mod sending;
mod shopping;

pub use edits::LateEvent;
pub use metrics::Kind;
pub use people::Reason;

pub(super) use flows::{Action, Flow, Step};
pub(super) use goods::{CATEGORIES, Product, SHOP_URL};
pub(super) use ids::{base62, event_id, event_serial, short, ulid};
pub(super) use library::{Form, Group, Tag, Template};
pub(super) use membership::Rule;
pub(super) use messages::{Campaign, Channel, Message, Owner};
pub(super) use metrics::{Integration, MAPPED, Metric};
pub(super) use people::{Consent, Profile};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use future::Future;

/// What determines a shop.
#[derive(Debug, Clone)]
pub struct ShopPlan {
    pub seed: u64,
    /// About how many events have happened by `now`.
    pub events: u64,
    pub profiles: u64,
    /// When the past ends; what happens after it becomes visible as the clock passes.
    pub now: DateTime<Utc>,
    pub zone: Tz,
}

impl ShopPlan {
    /// The usual size and place: 100,000 events by 8,000 profiles of a shop in New York.
    #[must_use]
    pub fn until(now: DateTime<Utc>) -> ShopPlan {
        ShopPlan { seed: 1, events: 100_000, profiles: 8_000, now, zone: chrono_tz::America::New_York }
    }
}

/// The shop at one moment; [`Shop::advance`] moves it on.
#[derive(Debug)]
pub struct Shop {
    pub(super) plan: ShopPlan,
    pub(super) account: String,
    pub(super) metrics: Vec<Metric>,
    pub(super) profiles: Vec<Profile>,
    pub(super) products: Vec<Product>,
    pub(super) campaigns: Vec<Campaign>,
    pub(super) flows: Vec<Flow>,
    /// Of campaigns and of flows; an event names one by its index.
    pub(super) messages: Vec<Message>,
    pub(super) forms: Vec<Form>,
    pub(super) segments: Vec<Group>,
    pub(super) lists: Vec<Group>,
    pub(super) tags: Vec<Tag>,
    pub(super) templates: Vec<Template>,
    pub(super) orders: Vec<Order>,
    /// By time, then by serial number.
    pub(super) events: Vec<Event>,
    future: Future,
}

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    /// Unix time in seconds: Klaviyo keeps no more.
    pub(super) at: i64,
    /// Unique; the id follows from it.
    pub(super) serial: u32,
    pub(super) profile: u32,
    /// An order, a product or a form, by the kind of event.
    pub(super) detail: u32,
    /// The serial number of the event that it is attributed to.
    pub(super) attributed_to: u32,
    pub(super) message: u16,
    /// The message that it is attributed to.
    pub(super) attributed_message: u16,
    pub(super) kind: Kind,
    pub(super) mark: Mark,
    pub(super) oddity: Oddity,
}

/// No profile, or no attribution.
pub(super) const NOBODY: u32 = u32::MAX;
/// No message.
pub(super) const NO_MESSAGE: u16 = u16::MAX;

/// Who really opened or clicked, or how hard it bounced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Plain,
    /// Opened by a mail provider's proxy.
    Machine,
    /// Clicked by a security scanner.
    Bot,
    HardBounce,
}

/// What is strange about an event; Klaviyo's own data are not tidy either (api-facts, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Oddity {
    Ordinary,
    /// `datetime` with a space in place of the T.
    SpacedTime,
    Microseconds,
    /// A property holds an integer beyond 64 bits.
    HugeInteger,
    /// A property holds half of a surrogate pair.
    LoneSurrogate,
    /// A property is nested two hundred levels deep.
    Deep,
    /// The metric cannot be resolved.
    NoMetric,
    /// `$value` is text with a currency sign.
    TextValue,
    /// No `$value_currency`.
    NoCurrency,
}

/// What was bought together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) number: u32,
    pub(super) items: [Item; ITEMS_MAX],
    pub(super) lines: u8,
    pub(super) discount_percent: u8,
    pub(super) canadian: bool,
    /// After the discount.
    pub(super) total_cents: u32,
}

/// Lines of the longest order.
pub(super) const ITEMS_MAX: usize = 4;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) product: u8,
    pub(super) quantity: u8,
}

impl Order {
    pub(super) fn lines(&self) -> &[Item] {
        &self.items[..usize::from(self.lines)]
    }

    pub(super) fn currency(&self) -> &'static str {
        if self.canadian { "CAD" } else { "USD" }
    }
}

impl Shop {
    /// Builds the shop of that plan, with all of its past.
    #[must_use]
    pub fn new(plan: &ShopPlan) -> Shop {
        history::build(plan)
    }

    /// Lets happen what happens until `time`.
    pub fn advance(&mut self, time: DateTime<Utc>) {
        future::advance(self, time.timestamp());
    }

    /// Whether [`Shop::advance`] to that time would change anything.
    pub(super) fn is_behind(&self, time: DateTime<Utc>) -> bool {
        self.future.is_behind(time.timestamp())
    }

    /// The id of the metric of that kind.
    #[must_use]
    pub fn metric_id(&self, kind: Kind) -> &str {
        &self.metrics[kind as usize].id
    }

    pub(super) fn event_id(&self, serial: u32) -> String {
        event_id(self.plan.seed, serial)
    }

    /// Profiles that exist at that time, with their indices.
    pub(super) fn people(&self, time: i64) -> impl Iterator<Item = (usize, &Profile)> {
        self.profiles.iter().enumerate().filter(move |(_, it)| !it.gone && it.created <= time)
    }

    /// The cents of the event's `$value`, where its kind has one.
    pub(super) fn value_cents(&self, event: &Event) -> Option<u32> {
        let detail = event.detail as usize;
        match event.kind {
            Kind::PlacedOrder | Kind::FulfilledOrder | Kind::CancelledOrder | Kind::RefundedOrder => {
                Some(self.orders[detail].total_cents)
            }
            Kind::OrderedProduct => {
                let item = self.orders[detail / ITEMS_MAX].items[detail % ITEMS_MAX];
                Some(self.products[usize::from(item.product)].cents * u32::from(item.quantity))
            }
            Kind::AddedToCart | Kind::StartedCheckout => Some(self.products[detail].cents),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
