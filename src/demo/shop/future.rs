//! What happens after the shop's past: livelier than it, told an hour at a time as the clock goes on.

use super::people::Profile;
use super::sending::{Due, Telling};
use super::{Event, Kind, Mark, NOBODY, Shop};
use crate::demo::random::Random;
use std::collections::VecDeque;

const HOUR: i64 = 3600;
/// An order every twenty seconds, so that someone who watches sees the numbers move.
const ORDERS_AN_HOUR: u32 = 180;
const OPENS_AN_HOUR: u32 = 200;
const VISITS_AN_HOUR: u32 = 120;
const NEWCOMERS_AN_HOUR: u32 = 20;
/// Dates further ahead than this were given by whoever sent the event; Klaviyo shows such events at once.
const AHEAD: i64 = 60 * 86_400;

/// What is known of the time to come.
#[derive(Debug, Default)]
pub(super) struct Future {
    /// The latest moment that the shop was asked about.
    now: i64,
    /// By time.
    coming: VecDeque<Event>,
    due: Due,
    /// Everything before this time has been told.
    told_until: i64,
    hours: u64,
    next_serial: u32,
    touches: Vec<Touches>,
}

/// The latest touch of each class with one profile: its time, event and message.
type Touches = [Option<Touch>; 4];

#[derive(Debug, Clone, Copy)]
struct Touch {
    at: i64,
    serial: u32,
    message: u16,
}

/// How long a touch of each class can be what an order is attributed to (Klaviyo's defaults for new accounts):
/// e-mails opened or clicked, texts clicked, texts received, pushes opened.
const WINDOWS: [i64; 4] = [5 * 86_400, 5 * 86_400, 12 * HOUR, 86_400];

impl Future {
    pub(super) fn after(now: i64, due: Due) -> Future {
        Future { now, due, told_until: now, ..Future::default() }
    }

    pub(super) fn is_behind(&self, time: i64) -> bool {
        self.told_until <= time || self.coming.front().is_some_and(|it| it.at <= time)
    }

    fn serial(&mut self) -> u32 {
        self.next_serial += 1;
        self.next_serial - 1
    }

    /// What an event is attributed to, if it is of a kind that is: the last touch within its window.
    fn attribute(&mut self, event: &mut Event) {
        let profile = event.profile as usize;
        if event.profile == NOBODY {
            return;
        }
        if self.touches.len() <= profile {
            self.touches.resize(profile + 1, [None; 4]);
        }
        let touches = &mut self.touches[profile];
        if let Some(class) = touch_class(event) {
            touches[class] = Some(Touch { at: event.at, serial: event.serial, message: event.message });
        } else if is_conversion(event.kind) {
            let within = |(touch, window): (&Option<Touch>, &i64)| touch.filter(|it| event.at - it.at <= *window);
            let last = touches.iter().zip(&WINDOWS).filter_map(within).max_by_key(|it| (it.at, it.serial));
            if let Some(touch) = last {
                (event.attributed_to, event.attributed_message) = (touch.serial, touch.message);
            }
        }
    }
}

fn touch_class(event: &Event) -> Option<usize> {
    match event.kind {
        Kind::OpenedEmail => Some(0),
        Kind::ClickedEmail if event.mark != Mark::Bot => Some(0),
        Kind::ClickedText => Some(1),
        Kind::ReceivedText => Some(2),
        Kind::OpenedPush => Some(3),
        _ => None,
    }
}

/// Whether the profile did it, and not a machine or the shop.
fn is_own_doing(event: &Event) -> bool {
    let kinds = [Kind::OpenedEmail, Kind::ClickedEmail, Kind::ClickedText, Kind::OpenedPush, Kind::ActiveOnSite];
    event.mark == Mark::Plain && (kinds.contains(&event.kind) || event.kind == Kind::PlacedOrder)
}

fn is_conversion(kind: Kind) -> bool {
    matches!(kind, Kind::PlacedOrder | Kind::OrderedProduct | Kind::StartedCheckout | Kind::AddedToCart)
}

/// Puts what has been told in order: the past happens, the rest is to come.
pub(super) fn begin(shop: &mut Shop, mut events: Vec<Event>, now: i64) {
    events.sort_by_key(|it| it.at);
    let today = events.partition_point(|it| it.at <= now);
    let (ahead, coming): (Vec<Event>, Vec<Event>) =
        events.split_off(today).into_iter().partition(|it| it.at > now + AHEAD);
    shop.future.coming = coming.into();
    for event in events {
        happen(shop, event, event.at);
    }
    for event in ahead {
        happen(shop, event, now);
    }
    shop.events.shrink_to_fit();
}

pub(super) fn advance(shop: &mut Shop, time: i64) {
    while shop.future.told_until <= time {
        // An hour is told from what has happened by its beginning, however large the steps of the clock are.
        let start = shop.future.told_until;
        pass(shop, start);
        tell_an_hour(shop);
    }
    pass(shop, time);
    shop.future.now = shop.future.now.max(time);
}

/// Lets happen what comes until `time`.
fn pass(shop: &mut Shop, time: i64) {
    while shop.future.coming.front().is_some_and(|it| it.at <= time) {
        if let Some(event) = shop.future.coming.pop_front() {
            happen(shop, event, event.at);
        }
    }
}

/// Lets something happen that was not foreseen: it arrives now, whatever its date.
pub(super) fn arrive(shop: &mut Shop, event: Event) {
    happen(shop, event, shop.future.now);
}

/// Gives an event its number and its place, and lets its profile know when it arrives.
fn happen(shop: &mut Shop, mut event: Event, arrival: i64) {
    event.serial = shop.future.serial();
    shop.future.attribute(&mut event);
    if let Some(profile) = shop.profiles.get_mut(event.profile as usize) {
        if profile.gone {
            return;
        }
        profile.last_event = profile.last_event.max(event.at);
        profile.updated = profile.updated.max(arrival);
        if event.kind == Kind::PlacedOrder {
            profile.buy(event.at, arrival);
        }
        if is_own_doing(&event) {
            profile.engage(event.at.min(arrival));
        }
    }
    match shop.events.last() {
        Some(last) if last.at > event.at => {
            let place = shop.events.partition_point(|it| it.at <= event.at);
            shop.events.insert(place, event);
        }
        _ => shop.events.push(event),
    }
}

fn tell_an_hour(shop: &mut Shop) {
    let start = shop.future.told_until;
    let due = std::mem::take(&mut shop.future.due);
    let random = Random::new(shop.plan.seed, 1_000 + shop.future.hours);
    let mut telling = Telling::new(shop, random, due);
    live(&mut telling, start);
    let Telling { events, due, .. } = telling;
    let future = &mut shop.future;
    future.due = due;
    future.told_until += HOUR;
    future.hours += 1;
    // What begins just before the hour, such as the visit before an order, is moved to its first second.
    future.coming.extend(events.into_iter().map(|it| Event { at: it.at.max(start + 1), ..it }));
    future.coming.make_contiguous().sort_by_key(|it| it.at);
}

fn live(telling: &mut Telling<'_>, start: i64) {
    if telling.shop.profiles.is_empty() {
        return;
    }
    let within = |telling: &mut Telling<'_>| start + 1 + i64::from(telling.random.below(3599));
    for _ in 0..NEWCOMERS_AN_HOUR {
        let at = within(telling);
        let newcomer = Profile::new(at, &mut telling.random);
        telling.shop.profiles.push(newcomer);
        telling.sign_up(u32::try_from(telling.shop.profiles.len() - 1).expect("fewer profiles than 2^32"));
    }
    for number in 0..ORDERS_AN_HOUR {
        let at = start + 1 + i64::from(number * 20 + telling.random.below(20));
        let who = if telling.random.chance(0.3) { reader(telling, at - 600) } else { None };
        let who = who.unwrap_or_else(|| someone(telling, start));
        telling.order(who, at);
    }
    for _ in 0..OPENS_AN_HOUR {
        let at = within(telling);
        reader(telling, at);
    }
    for _ in 0..VISITS_AN_HOUR {
        let (at, who) = (within(telling), someone(telling, start));
        telling.visit(who, at, true);
    }
    telling.send_due(start + HOUR);
}

/// Someone opens the latest mail that they got, and perhaps clicks.
fn reader(telling: &mut Telling<'_>, at: i64) -> Option<u32> {
    let past = &telling.shop.events;
    let recent = u32::try_from(past.len().min(5_000)).expect("at most 5,000");
    let mail = (0..30)
        .filter_map(|_| past.get(past.len() - 1 - telling.random.below(recent.max(1)) as usize))
        .find(|it| it.kind == Kind::ReceivedEmail && it.at <= at)
        .copied()?;
    telling.reopen(&mail, at);
    Some(mail.profile)
}

fn someone(telling: &mut Telling<'_>, now: i64) -> u32 {
    let known = u32::try_from(telling.shop.profiles.len()).expect("fewer profiles than 2^32");
    (0..20)
        .map(|_| telling.random.below(known))
        .find(|&it| !telling.shop.profiles[it as usize].gone && telling.shop.profiles[it as usize].created < now)
        .unwrap_or(0)
}
