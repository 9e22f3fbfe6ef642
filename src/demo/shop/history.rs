//! Two years of a shop, told day by day, and then put in order.

use super::flows::{BACK_IN_STOCK, BIRTHDAY, SUNSET};
use super::future::{self, Future};
use super::messages::Status;
use super::season::{self, Day};
use super::sending::{Due, Telling};
use super::shopping::BY_FORM;
use super::{Kind, NOBODY, Oddity, Shop, ShopPlan, goods, library, messages, metrics, people, short};
use crate::demo::random::Random;

/// How much of what there is to be, so that about the planned number of events comes of it.
struct Budget {
    campaign_sends: f64,
    flow_sends: f64,
    campaigns_per_week: f64,
    /// Orders that no message led to: with them about three tenths of the revenue are attributed.
    organic_orders: f64,
    visits: f64,
    forms: f64,
}

/// Events that a new profile brings: sign-up, form, welcome series and reactions.
const EVENTS_A_PROFILE: f64 = 4.7;
/// Events that follow from one sent message, orders and visits included.
const EVENTS_A_SEND: f64 = 1.93;
const WEEKS: f64 = 104.0;

impl Budget {
    fn of(plan: &ShopPlan) -> Budget {
        #[expect(clippy::cast_precision_loss, reason = "a demo's size")]
        let (events, profiles) = (plan.events as f64, plan.profiles as f64);
        let sends = ((events - profiles * EVENTS_A_PROFILE * 0.45) / EVENTS_A_SEND).max(events * 0.2);
        let (campaign_sends, flow_sends) = (sends * 0.8, sends * 0.2);
        Budget {
            campaign_sends,
            flow_sends,
            // Two or three a week, unless the profiles are too few for so many sends.
            campaigns_per_week: (campaign_sends / WEEKS / (profiles * 0.4)).max(2.5),
            organic_orders: (campaign_sends * 0.0014 + flow_sends * 0.02) * 2.2,
            visits: sends * 0.045,
            // One view in twelve is a sign-up's own, which makes a submit rate of about eight in a hundred.
            forms: (profiles * 0.45 * 0.84 * BY_FORM * 11.0).max(sends * 0.03),
        }
    }
}

pub(super) fn build(plan: &ShopPlan) -> Shop {
    let now = plan.now.timestamp();
    let today = plan.now.with_timezone(&plan.zone).date_naive();
    let days = season::days(season::two_years_before(today), today, plan.zone);
    let budget = Budget::of(plan);
    let mut shop = furnish(plan, &days, &budget);
    let mut telling = Telling::new(&mut shop, Random::new(plan.seed, 2), Due::new());
    telling.events.reserve(usize::try_from(plan.events).unwrap_or(0));
    tell(&mut telling, &days, &budget, now);
    add_oddities(&mut telling, now);
    let Telling { events, due, .. } = telling;
    shop.future = Future::after(now, due);
    future::begin(&mut shop, events, now);
    shop
}

/// A shop in which nothing has happened yet.
fn furnish(plan: &ShopPlan, days: &[Day], budget: &Budget) -> Shop {
    let now = plan.now.timestamp();
    let start = days.first().map_or(now, |it| it.start);
    let mut random = Random::new(plan.seed, 1);
    let account = short(random.next());
    let metrics = metrics::metrics(&mut random);
    let (forms, segments) = (library::forms(start, &mut random), library::segments(start, &mut random));
    let (lists, tags) = (library::lists(start, &mut random), library::tags(&mut random));
    let templates = library::templates(start, &mut random);
    let profiles = people::people(plan.profiles, days, now, &mut random);
    let said = messages::said(days, now, budget.campaigns_per_week, &mut random);
    Shop {
        plan: plan.clone(),
        account,
        metrics,
        profiles,
        products: goods::products(),
        campaigns: said.campaigns,
        flows: said.flows,
        messages: said.messages,
        forms,
        segments,
        lists,
        tags,
        templates,
        orders: Vec::new(),
        events: Vec::new(),
        future: Future::default(),
    }
}

fn tell(telling: &mut Telling<'_>, days: &[Day], budget: &Budget, now: i64) {
    let sizes = campaign_sizes(telling.shop, budget.campaign_sends);
    let (mut campaign, mut known) = (0, 0);
    let mut flows_left = 0.0;
    for day in days {
        let end = day.start + 86_400;
        known = welcome(telling, day, known);
        while let Some(&(index, at, size)) = sizes.get(campaign).filter(|it| it.1 < end) {
            blast(telling, index, at, size, known);
            campaign += 1;
        }
        for _ in 0..telling.random.round(budget.organic_orders * day.share) {
            organic(telling, day, known);
        }
        flows_left += budget.flow_sends * day.share - f64::from(telling.send_due(end.min(now + 1)));
        flows_left = invite(telling, day, known, flows_left);
        for _ in 0..telling.random.round(budget.visits * day.share) {
            let (who, at) = (anyone(telling, known), day.moment(&mut telling.random));
            telling.visit(who, at, false);
        }
        for _ in 0..telling.random.round(budget.forms * day.share) {
            let (who, at) = (anyone(telling, known), day.moment(&mut telling.random));
            telling.form(who, at);
        }
    }
}

/// Signs up those who come to be known on a day, and passes over those who were known before. Returns how many are known.
fn welcome(telling: &mut Telling<'_>, day: &Day, mut known: usize) -> usize {
    while let Some(created) =
        telling.shop.profiles.get(known).map(|it| it.created).filter(|&it| it < day.start + 86_400)
    {
        if created >= day.start {
            telling.sign_up(u32::try_from(known).expect("fewer profiles than 2^32"));
        }
        known += 1;
    }
    known
}

/// Index, time and number of recipients of each campaign that went out, in order of time.
fn campaign_sizes(shop: &Shop, sends: f64) -> Vec<(usize, i64, f64)> {
    let zone = shop.plan.zone;
    let mut sizes: Vec<(usize, i64, f64)> = shop
        .campaigns
        .iter()
        .enumerate()
        .filter(|(_, it)| it.status == Status::Sent)
        .filter_map(|(index, it)| {
            let at = it.send?;
            let date = chrono::DateTime::from_timestamp(at, 0)?.with_timezone(&zone).date_naive();
            // The list grows, and the great sales go to more of it.
            #[expect(clippy::cast_precision_loss, reason = "a share of two years")]
            let age = (shop.plan.now.timestamp() - at) as f64 / (730.0 * 86_400.0);
            Some((index, at, (1.9 - 0.9 * age) * season::weight(date).sqrt()))
        })
        .collect();
    let sum: f64 = sizes.iter().map(|it| it.2).sum();
    for size in &mut sizes {
        size.2 *= sends / sum;
    }
    sizes.sort_unstable_by_key(|it| it.1);
    sizes
}

/// Sends a campaign to some of the first `known` profiles, none of them twice.
fn blast(telling: &mut Telling<'_>, campaign: usize, at: i64, size: f64, known: usize) {
    let known = u64::try_from(known).expect("a count");
    if known == 0 {
        return;
    }
    let messages: Vec<u16> = telling.shop.campaigns[campaign].messages().collect();
    let wanted = telling.random.round(size);
    // A step that shares no factor with the number of profiles visits each of them once.
    let mut step = 1 + telling.random.next() % known;
    while gcd(step, known) != 1 {
        step += 1;
    }
    let mut who = telling.random.next() % known;
    let a_second = (wanted / 90).max(15);
    let mut sent = 0;
    for _ in 0..known {
        if sent >= wanted {
            break;
        }
        let profile = u32::try_from(who).expect("fewer profiles than 2^32");
        let message = messages[sent as usize % messages.len()];
        if telling.send(profile, message, at + i64::from(sent / a_second)) {
            sent += 1;
        }
        who = (who + step) % known;
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn organic(telling: &mut Telling<'_>, day: &Day, known: usize) {
    let at = day.moment(&mut telling.random);
    // A third of the orders is by those who ordered before.
    let again = if telling.random.chance(0.33) { any_customer(telling) } else { None };
    let who = again.unwrap_or_else(|| anyone(telling, known));
    telling.order(who, at);
}

fn any_customer(telling: &mut Telling<'_>) -> Option<u32> {
    let orders = u32::try_from(telling.customers.len()).expect("fewer orders than 2^32");
    telling.customers.get(telling.random.below(orders) as usize).copied()
}

/// Lets people do what flows answer, until the day's part of flow messages is planned. Returns what is left over.
fn invite(telling: &mut Telling<'_>, day: &Day, known: usize, mut left: f64) -> f64 {
    while left >= 1.0 {
        let (who, at) = (anyone(telling, known), day.moment(&mut telling.random));
        if !telling.shop.profiles[who as usize].can_receive_email() && telling.random.chance(0.9) {
            left -= 0.1;
            continue;
        }
        match telling.random.below(20) {
            0 => telling.start_flow(BACK_IN_STOCK, who, at),
            1 => telling.start_flow(BIRTHDAY, who, at),
            2 => telling.start_flow(SUNSET, who, at),
            _ => telling.visit(who, at, true),
        }
        left -= 1.0;
    }
    left
}

/// One of the first `known` profiles.
fn anyone(telling: &mut Telling<'_>, known: usize) -> u32 {
    telling.random.below(u32::try_from(known).expect("fewer profiles than 2^32"))
}

/// What no tidy simulation would have, and every real account has.
fn add_oddities(telling: &mut Telling<'_>, now: i64) {
    const STRANGE: &[Oddity] = &[
        Oddity::SpacedTime,
        Oddity::Microseconds,
        Oddity::HugeInteger,
        Oddity::LoneSurrogate,
        Oddity::Deep,
        Oddity::NoMetric,
    ];
    let known = u32::try_from(telling.shop.profiles.len()).expect("fewer profiles than 2^32");
    if known == 0 {
        return;
    }
    for (number, &oddity) in (0_i64..).zip(STRANGE.iter().cycle().take(3 * STRANGE.len())) {
        let who = telling.random.below(known);
        telling.note(Kind::EarnedPoints, now - 86_400 * (1 + number * 17), who).oddity = oddity;
    }
    for number in 1..=3 {
        let who = telling.random.below(known);
        telling.large_order(who, now - 86_400 * number * 40);
        telling.note(Kind::ActiveOnSite, now - 86_400 * number * 9, NOBODY);
        let who = telling.random.below(known);
        telling.note(Kind::EarnedPoints, now + 86_400 * (20 + number * 80), who);
    }
}
