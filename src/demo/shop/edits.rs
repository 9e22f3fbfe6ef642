//! What tests do to a shop behind the reader's back: everything that a real account does to its copies.

use super::future;
use super::people::{Consent, Reason};
use super::{Event, Kind, Mark, NO_MESSAGE, NOBODY, Oddity, Shop};
use chrono::{DateTime, TimeDelta, Utc};

/// An event that is to be found behind a reader's watermark.
#[derive(Debug, Clone, Copy)]
pub struct LateEvent {
    pub kind: Kind,
    pub at: DateTime<Utc>,
    /// The index of its profile.
    pub profile: u32,
}

impl Shop {
    /// Adds an event that arrives late, or is back-dated. Returns its id. An order buys one product.
    pub fn add_event(&mut self, late: LateEvent) -> String {
        let at = late.at.timestamp();
        let detail = if late.kind == Kind::PlacedOrder { self.add_order() } else { 0 };
        future::arrive(
            self,
            Event {
                at,
                serial: 0,
                profile: late.profile,
                detail,
                attributed_to: NOBODY,
                message: NO_MESSAGE,
                attributed_message: NO_MESSAGE,
                kind: late.kind,
                mark: Mark::Plain,
                oddity: Oddity::Ordinary,
            },
        );
        let place = self.events.partition_point(|it| it.at <= at) - 1;
        self.event_id(self.events[place].serial)
    }

    /// Lets so many things happen at once, in the hour before `now`: of twenty an order, and else someone looks around.
    pub fn bustle(&mut self, count: u32, now: DateTime<Utc>) {
        let people = u32::try_from(self.profiles.len()).expect("fewer profiles than 2^32").max(1);
        for number in 0..count {
            let kind = if number.is_multiple_of(20) { Kind::PlacedOrder } else { Kind::ActiveOnSite };
            let seconds = 15 + i64::from(number) * 3_585 / i64::from(count);
            let profile = number.wrapping_mul(7_919) % people;
            self.add_event(LateEvent { kind, at: now - TimeDelta::seconds(seconds), profile });
        }
    }

    /// Deletes the event at that place in order of time. Returns its id.
    pub fn delete_event(&mut self, place: usize) -> String {
        let event = self.events.remove(place);
        self.event_id(event.serial)
    }

    /// Corrects the amount of the event at that place, as a shop does that recounts an order. Returns its id; `None` for
    /// an event without an order.
    pub fn correct_value(&mut self, place: usize, cents: u32) -> Option<String> {
        let event = self.events[place];
        if event.kind != Kind::PlacedOrder {
            return None;
        }
        let order = &mut self.orders[event.detail as usize];
        (order.total_cents, order.discount_percent) = (cents, 0);
        Some(self.event_id(event.serial))
    }

    /// Gives the event at that place another date. Returns its id.
    pub fn move_event(&mut self, place: usize, at: DateTime<Utc>) -> String {
        let event = Event { at: at.timestamp(), ..self.events.remove(place) };
        let place = self.events.partition_point(|it| (it.at, it.serial) < (event.at, event.serial));
        self.events.insert(place, event);
        self.event_id(event.serial)
    }

    /// The cents of the event at that place, if it is an order in the account's currency.
    #[must_use]
    pub fn order_cents(&self, place: usize) -> Option<u32> {
        let event = self.events[place];
        let is_own = |order: &super::Order| !order.canadian || event.oddity == Oddity::NoCurrency;
        let order = (event.kind == Kind::PlacedOrder).then(|| &self.orders[event.detail as usize])?;
        is_own(order).then_some(order.total_cents)
    }

    /// Of the events of a kind, in order of time, the place of the one with that number.
    #[must_use]
    pub fn place_of(&self, kind: Kind, number: usize) -> Option<usize> {
        let of_kind = self.events.iter().enumerate().filter(|(_, it)| it.kind == kind);
        of_kind.map(|(place, _)| place).nth(number)
    }

    /// Takes back all that happened since then, and what is dated ahead; who came since then never did.
    pub fn forget_since(&mut self, time: DateTime<Utc>) {
        let time = time.timestamp();
        self.events.retain(|it| it.at < time);
        for it in &mut self.profiles {
            it.forget_since(time);
        }
    }

    /// Deletes a profile, and its events as Klaviyo does on a privacy request. Returns its id.
    pub fn delete_profile(&mut self, profile: u32) -> String {
        self.profiles[profile as usize].gone = true;
        self.events.retain(|it| it.profile != profile);
        self.profiles[profile as usize].id()
    }

    /// Merges a profile into another, which takes over its events.
    pub fn merge_profiles(&mut self, from: u32, into: u32, at: DateTime<Utc>) {
        for event in self.events.iter_mut().filter(|it| it.profile == from) {
            event.profile = into;
        }
        self.profiles[from as usize].gone = true;
        self.add_event(LateEvent { kind: Kind::MergedProfile, at, profile: into });
    }

    /// Deletes a campaign; its events stay. Returns its id.
    pub fn delete_campaign(&mut self, campaign: usize) -> String {
        self.campaigns[campaign].gone = true;
        self.campaigns[campaign].id.clone()
    }

    pub fn delete_list(&mut self, list: usize) -> String {
        self.lists[list].gone = true;
        self.lists[list].id.clone()
    }

    pub fn delete_template(&mut self, template: usize) -> String {
        self.templates.remove(template).id
    }

    /// Brings a deleted list back, as if the deletion had been a mistake.
    pub fn restore_list(&mut self, list: usize) {
        self.lists[list].gone = false;
    }

    pub fn restore_profile(&mut self, profile: u32, at: DateTime<Utc>) {
        self.profiles[profile as usize].gone = false;
        self.touch(profile, at);
    }

    /// Puts a profile on a list.
    pub fn join_list(&mut self, list: usize, profile: u32, at: DateTime<Utc>) {
        self.lists[list].by_hand.insert(profile, Some(at.timestamp()));
    }

    /// Takes a profile off a list.
    pub fn leave_list(&mut self, list: usize, profile: u32) {
        self.lists[list].by_hand.insert(profile, None);
    }

    /// Someone subscribes to e-mail, perhaps again; what kept their mail back is lifted.
    pub fn subscribe(&mut self, profile: u32, at: DateTime<Utc>) {
        let it = &mut self.profiles[profile as usize];
        (it.email, it.email_at, it.suppression) = (Consent::Subscribed, at.timestamp(), None);
        self.touch(profile, at);
    }

    /// Someone unsubscribes from e-mail.
    pub fn unsubscribe(&mut self, profile: u32, at: DateTime<Utc>) {
        self.suppress_profile(profile, Reason::Unsubscribe, at);
    }

    /// Someone's mail is kept back from now on.
    pub fn suppress_profile(&mut self, profile: u32, reason: Reason, at: DateTime<Utc>) {
        self.profiles[profile as usize].suppress(reason, at.timestamp());
        self.touch(profile, at);
    }

    /// Someone's mail is kept back no more; Klaviyo does not tell when that was done.
    pub fn unsuppress_profile(&mut self, profile: u32, at: DateTime<Utc>) {
        self.profiles[profile as usize].suppression = None;
        self.touch(profile, at);
    }

    /// Someone takes back their consent to texts.
    pub fn stop_texts(&mut self, profile: u32, at: DateTime<Utc>) {
        self.profiles[profile as usize].stop_texts(at.timestamp());
        self.touch(profile, at);
    }

    /// The first profile that gets mail, and texts too if asked.
    #[must_use]
    pub fn a_subscriber(&self, of_texts: bool) -> u32 {
        let is_one = |it: &super::Profile| {
            it.can_receive_email()
                && (!of_texts || it.text == Consent::Subscribed)
                && it.created < self.plan.now.timestamp()
        };
        let place = self.profiles.iter().position(is_one).expect("a shop has subscribers");
        u32::try_from(place).expect("fewer profiles than 2^32")
    }

    #[must_use]
    pub fn list_id(&self, list: usize) -> &str {
        &self.lists[list].id
    }

    fn touch(&mut self, profile: u32, at: DateTime<Utc>) {
        let it = &mut self.profiles[profile as usize];
        it.updated = it.updated.max(at.timestamp());
    }

    pub fn rename_metric(&mut self, kind: Kind, name: &str) {
        name.clone_into(&mut self.metrics[kind as usize].name);
    }

    pub fn rename_campaign(&mut self, campaign: usize, name: &str, at: DateTime<Utc>) {
        name.clone_into(&mut self.campaigns[campaign].name);
        self.campaigns[campaign].updated = at.timestamp();
    }

    /// Attributes the first order that is attributed to nothing to what its buyer opened last before it, as an account
    /// does whose windows are made longer. Returns the ids of the order and of what it is now attributed to.
    pub fn attribute_late(&mut self) -> Option<(String, String)> {
        self.attribute_late_since(DateTime::UNIX_EPOCH)
    }

    /// The same with the first such order since then.
    pub fn attribute_late_since(&mut self, time: DateTime<Utc>) -> Option<(String, String)> {
        let (order, open) = self.events.iter().enumerate().find_map(|(place, order)| {
            let is_late = order.kind == Kind::PlacedOrder && order.attributed_to == NOBODY;
            if !is_late || order.at < time.timestamp() {
                return None;
            }
            let is_buyers = |it: &&Event| it.kind == Kind::OpenedEmail && it.profile == order.profile;
            self.events[..place].iter().rev().find(is_buyers).map(|open| (place, *open))
        })?;
        let event = &mut self.events[order];
        (event.attributed_to, event.attributed_message) = (open.serial, open.message);
        let serial = event.serial;
        Some((self.event_id(serial), self.event_id(open.serial)))
    }

    /// The place of the latest event of a kind, in order of time.
    #[must_use]
    pub fn latest(&self, kind: Kind) -> Option<usize> {
        self.events.iter().rposition(|it| it.kind == kind)
    }

    #[must_use]
    pub fn profile_id(&self, profile: u32) -> String {
        self.profiles[profile as usize].id()
    }

    fn add_order(&mut self) -> u32 {
        let mut order = self.orders.first().cloned().expect("a shop has sold something before it is edited");
        let number = u32::try_from(self.orders.len()).expect("fewer orders than 2^32");
        (order.number, order.canadian) = (10_000 + number, false);
        self.orders.push(order);
        number
    }
}
