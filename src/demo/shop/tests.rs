//! What the synthetic shop has to be like for a dashboard of it to look like one of a real shop.

use super::messages::Status;
use super::*;
use chrono::TimeDelta;
use std::collections::{HashMap, HashSet};

fn now() -> DateTime<Utc> {
    "2026-11-21T15:00:00Z".parse().expect("a time")
}

fn plan(events: u64, seed: u64) -> ShopPlan {
    ShopPlan { seed, events, profiles: events * 8 / 100, ..ShopPlan::until(now()) }
}

fn share(part: usize, whole: usize) -> f64 {
    f64::from(u32::try_from(part).expect("a count")) / f64::from(u32::try_from(whole).expect("a count"))
}

#[test]
fn equal_plans_give_equal_shops() {
    let (one, same, other) = (Shop::new(&plan(20_000, 5)), Shop::new(&plan(20_000, 5)), Shop::new(&plan(20_000, 6)));
    assert_eq!(one.events, same.events);
    assert_eq!(one.orders, same.orders);
    let ids = |shop: &Shop| shop.profiles.iter().map(Profile::id).collect::<Vec<_>>();
    assert_eq!(ids(&one), ids(&same));
    assert_ne!(ids(&one), ids(&other));
    assert_ne!(one.events, other.events);
}

#[test]
fn a_shop_is_as_large_as_planned() {
    for size in [20_000, 100_000, 300_000] {
        let shop = Shop::new(&plan(size, 1));
        let ratio = share(shop.events.len(), usize::try_from(size).expect("a size"));
        assert!((0.92..1.08).contains(&ratio), "{size}: {ratio}");
        assert_eq!(shop.profiles.len() as u64, size * 8 / 100);
    }
}

#[test]
fn an_event_is_small() {
    assert!(size_of::<Event>() <= 40);
}

#[test]
fn events_are_in_order_and_ids_are_unique() {
    let shop = Shop::new(&plan(50_000, 3));
    assert!(shop.events.is_sorted_by_key(|it| (it.at, it.serial)));
    let ids: HashSet<String> = shop.events.iter().map(|it| shop.event_id(it.serial)).collect();
    assert_eq!(ids.len(), shop.events.len());
    let emails: HashSet<String> = shop.profiles.iter().map(Profile::email_address).collect();
    assert_eq!(emails.len(), shop.profiles.len());
}

/// What became of the e-mails of campaigns or of flows.
#[derive(Default)]
struct Results {
    received: usize,
    openers: HashSet<(u32, u16)>,
    clickers: HashSet<(u32, u16)>,
    buyers: HashSet<(u32, u16)>,
    unsubscribed: usize,
    bounced: usize,
    spam: usize,
}

fn results(shop: &Shop) -> [Results; 2] {
    let mut results = [Results::default(), Results::default()];
    let class = |message: u16| usize::from(matches!(shop.messages[usize::from(message)].owner, Owner::Flow { .. }));
    let is_email =
        |message: u16| shop.messages.get(usize::from(message)).is_some_and(|it| it.channel == Channel::Email);
    for event in &shop.events {
        let who = (event.profile, event.message);
        if event.kind == Kind::PlacedOrder && is_email(event.attributed_message) {
            results[class(event.attributed_message)].buyers.insert((event.profile, event.attributed_message));
        }
        if !is_email(event.message) {
            continue;
        }
        let it = &mut results[class(event.message)];
        match event.kind {
            Kind::ReceivedEmail => it.received += 1,
            Kind::BouncedEmail => it.bounced += 1,
            Kind::MarkedSpam => it.spam += 1,
            Kind::UnsubscribedEmail => it.unsubscribed += 1,
            Kind::OpenedEmail => _ = it.openers.insert(who),
            Kind::ClickedEmail if event.mark != Mark::Bot => _ = it.clickers.insert(who),
            _ => {}
        }
    }
    results
}

#[test]
fn people_react_as_people_do() {
    let shop = Shop::new(&plan(400_000, 1));
    let [campaigns, flows] = results(&shop);
    let bands = [
        ("campaign open", campaigns.openers.len(), campaigns.received, 0.35..0.46),
        ("campaign click", campaigns.clickers.len(), campaigns.received, 0.011..0.02),
        ("campaign order", campaigns.buyers.len(), campaigns.received, 0.001..0.0025),
        ("flow open", flows.openers.len(), flows.received, 0.40..0.52),
        ("flow click", flows.clickers.len(), flows.received, 0.04..0.065),
        ("flow order", flows.buyers.len(), flows.received, 0.014..0.03),
        ("flow part of sends", flows.received, flows.received + campaigns.received, 0.12..0.3),
        ("unsubscribed", campaigns.unsubscribed, campaigns.received, 0.0015..0.0025),
        ("bounced", campaigns.bounced, campaigns.received, 0.005..0.007),
        ("spam", campaigns.spam, campaigns.received, 0.00003..0.0002),
    ];
    for (what, part, whole, band) in bands {
        let rate = share(part, whole);
        assert!(band.contains(&rate), "{what}: {rate} is not within {band:?}");
    }
}

#[test]
fn money_is_plausible() {
    let shop = Shop::new(&plan(400_000, 1));
    let orders: Vec<&Event> = shop.events.iter().filter(|it| it.kind == Kind::PlacedOrder).collect();
    let cents = |it: &&Event| f64::from(shop.value_cents(it).expect("an order has a value"));
    let total: f64 = orders.iter().map(cents).sum();
    let attributed: f64 = orders.iter().filter(|it| it.attributed_message != NO_MESSAGE).map(cents).sum();
    let average = total / 100.0 * share(1, orders.len());
    assert!((75.0..95.0).contains(&average), "average order {average}");
    assert!((0.22..0.40).contains(&(attributed / total)), "attributed {}", attributed / total);
}

#[test]
fn an_order_belongs_to_the_last_touch_within_its_window() {
    let shop = Shop::new(&plan(50_000, 2));
    let by_serial: HashMap<u32, &Event> = shop.events.iter().map(|it| (it.serial, it)).collect();
    let attributed: Vec<&Event> = shop.events.iter().filter(|it| it.attributed_message != NO_MESSAGE).collect();
    assert!(attributed.len() > 100);
    for event in attributed {
        let touch = by_serial[&event.attributed_to];
        assert_eq!((touch.profile, touch.message), (event.profile, event.attributed_message));
        assert!(touch.at <= event.at && event.at - touch.at <= 5 * 86_400);
    }
}

#[test]
fn real_accounts_are_untidy_and_so_is_this_one() {
    let shop = Shop::new(&plan(100_000, 1));
    let count = |test: &dyn Fn(&Event) -> bool| shop.events.iter().filter(|it| test(it)).count();
    for oddity in [
        Oddity::SpacedTime,
        Oddity::Microseconds,
        Oddity::HugeInteger,
        Oddity::LoneSurrogate,
        Oddity::Deep,
        Oddity::NoMetric,
        Oddity::TextValue,
        Oddity::NoCurrency,
    ] {
        assert!(count(&|it| it.oddity == oddity) >= 3, "{oddity:?}");
    }
    assert!(count(&|it| it.profile == NOBODY) >= 3);
    assert!(count(&|it| it.at > now().timestamp()) >= 3);
    assert!(count(&|it| it.mark == Mark::Bot) >= 3);
    assert!(shop.orders.iter().any(|it| it.canadian));
    let mut seconds: HashMap<i64, usize> = HashMap::new();
    shop.events.iter().for_each(|it| *seconds.entry(it.at).or_default() += 1);
    assert!(seconds.values().any(|&it| it >= 15));
    assert!(shop.campaigns.iter().any(|it| it.name.contains("<script>") && it.status == Status::Sent));
    assert!(shop.campaigns.iter().any(|it| it.archived) && shop.campaigns.iter().any(|it| it.send.is_none()));
    assert!([6, 26].iter().all(|length| shop.campaigns.iter().any(|it| it.id.len() == *length)));
}

#[test]
fn the_future_is_the_same_however_the_clock_goes() {
    let plan = plan(20_000, 4);
    let (mut by_minutes, mut at_once) = (Shop::new(&plan), Shop::new(&plan));
    for minute in 1..=150 {
        by_minutes.advance(now() + TimeDelta::minutes(minute));
    }
    at_once.advance(now() + TimeDelta::minutes(150));
    assert_eq!(by_minutes.events, at_once.events);
}

#[test]
fn something_is_bought_every_twenty_seconds() {
    let mut shop = Shop::new(&plan(20_000, 4));
    let past = shop.events.len();
    shop.advance(now() + TimeDelta::hours(1));
    let new: Vec<&Event> =
        shop.events.iter().filter(|it| i64::from(it.serial) >= i64::try_from(past).expect("a count")).collect();
    let orders = new.iter().filter(|it| it.kind == Kind::PlacedOrder).count();
    assert!((170..=200).contains(&orders), "{orders}");
    let opens = new.iter().filter(|it| it.kind == Kind::OpenedEmail).count();
    assert!(opens > 150, "{opens}");
    let attributed =
        new.iter().filter(|it| it.kind == Kind::PlacedOrder && it.attributed_message != NO_MESSAGE).count();
    assert!(attributed > 40, "{attributed}");
    assert!(shop.people((now() + TimeDelta::hours(1)).timestamp()).count() > 1_600);
}
