//! What a perfect copy of the shop would hold, counted in the shop's own memory and not in what is served.

use super::shop::{Kind, Oddity, Shop, Step};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;

/// Numbers of the shop at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// Records by entity, as listing all of it would give them.
    pub records: BTreeMap<&'static str, u64>,
    /// Events by metric id and day of the account's zone; those without a metric have an empty id.
    pub events: BTreeMap<(String, NaiveDate), u64>,
    /// Of the events, those dated after the moment: no window that ends by then holds them.
    pub events_ahead: u64,
    /// Cents of all orders in the account's currency, by day of the account's zone.
    pub revenue_cents: BTreeMap<NaiveDate, i64>,
    /// Cents of those that are attributed to a message.
    pub attributed_cents: i64,
    /// Orders in another currency.
    pub foreign_orders: u64,
    /// Members by the id of their list or segment.
    pub members: BTreeMap<String, u64>,
    /// Profiles that can receive e-mail.
    pub subscribers: u64,
}

impl Truth {
    pub(super) fn of(shop: &Shop, time: DateTime<Utc>) -> Truth {
        let mut truth = Truth {
            records: records(shop, time.timestamp()),
            events: BTreeMap::new(),
            events_ahead: shop.events.iter().filter(|it| it.at > time.timestamp()).count() as u64,
            revenue_cents: BTreeMap::new(),
            attributed_cents: 0,
            foreign_orders: 0,
            members: members(shop, time.timestamp()),
            subscribers: shop.people(time.timestamp()).filter(|it| it.1.could_receive_email(time.timestamp())).count()
                as u64,
        };
        for event in &shop.events {
            let Some(at) = DateTime::from_timestamp(event.at, 0) else { continue };
            let day = at.with_timezone(&shop.plan.zone).date_naive();
            let unresolved = event.oddity == Oddity::NoMetric;
            let metric = if unresolved { String::new() } else { shop.metric_id(event.kind).to_owned() };
            *truth.events.entry((metric, day)).or_default() += 1;
            if event.kind != Kind::PlacedOrder || unresolved {
                continue;
            }
            let order = &shop.orders[event.detail as usize];
            if order.canadian && event.oddity != Oddity::NoCurrency {
                truth.foreign_orders += 1;
                continue;
            }
            *truth.revenue_cents.entry(day).or_default() += i64::from(order.total_cents);
            if event.attributed_message != super::shop::NO_MESSAGE {
                truth.attributed_cents += i64::from(order.total_cents);
            }
        }
        truth
    }

    /// Cents of all days.
    #[must_use]
    pub fn revenue(&self) -> i64 {
        self.revenue_cents.values().sum()
    }
}

fn members(shop: &Shop, time: i64) -> BTreeMap<String, u64> {
    let groups = shop.lists.iter().chain(&shop.segments).filter(|it| !it.gone);
    groups.map(|it| (it.id.clone(), shop.members(it, time).count() as u64)).collect()
}

fn records(shop: &Shop, time: i64) -> BTreeMap<&'static str, u64> {
    let campaigns: Vec<_> = shop.campaigns.iter().filter(|it| !it.gone).collect();
    let campaign_messages: usize = campaigns.iter().map(|it| it.messages().count()).sum();
    let actions: usize = shop.flows.iter().map(|it| it.actions.len()).sum();
    let sends = shop.flows.iter().flat_map(|it| &it.actions).filter(|it| matches!(it.step, Step::Send(_))).count();
    [
        ("accounts", 1),
        ("metrics", shop.metrics.len()),
        ("mapped_metrics", 7),
        ("events", shop.events.len()),
        ("profiles", shop.people(time).count()),
        ("campaigns", campaigns.len()),
        ("campaign_messages", campaign_messages),
        ("flows", shop.flows.len()),
        ("flow_actions", actions),
        ("flow_messages", sends),
        ("forms", shop.forms.len()),
        ("form_versions", shop.forms.iter().map(|it| it.versions.len()).sum()),
        ("segments", shop.segments.iter().filter(|it| !it.gone).count()),
        ("lists", shop.lists.iter().filter(|it| !it.gone).count()),
        ("tags", shop.tags.len()),
        ("templates", shop.templates.len()),
        ("catalog_items", shop.products.len()),
    ]
    .into_iter()
    .map(|(entity, count)| (entity, count as u64))
    .collect()
}
