//! What comes of it when something is sent: who gets it, opens it, clicks, buys, complains.

use super::messages::{Channel, Owner};
use super::people::{Consent, Reason};
use super::{Event, Kind, Mark, NO_MESSAGE, NOBODY, Oddity, Shop, Step};
use crate::demo::random::Random;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// Flow messages that are to be sent: when, to whom, which.
pub(super) type Due = BinaryHeap<Reverse<(i64, u32, u16)>>;

/// The shop while something happens to it; the events are gathered in any order.
pub(super) struct Telling<'a> {
    pub(super) shop: &'a mut Shop,
    pub(super) random: Random,
    pub(super) due: Due,
    pub(super) events: Vec<Event>,
    /// Whoever placed an order, once for each.
    pub(super) customers: Vec<u32>,
}

/// How people react to a message. Machine opens come on top.
struct Appeal {
    open: f64,
    /// Of those who opened themselves.
    click: f64,
    order_after_click: f64,
    order_after_open: f64,
}

/// About the averages of 2025 and 2026 (metrics.md): 1.5 % click, 0.15 % order.
const CAMPAIGN: Appeal = Appeal { open: 0.22, click: 0.068, order_after_click: 0.055, order_after_open: 0.0025 };
/// Flows answer something that a person did: 5 % click, 2 % order.
const FLOW: Appeal = Appeal { open: 0.31, click: 0.165, order_after_click: 0.27, order_after_open: 0.018 };

/// Of the mail to those who use Apple's proxy; the rest is loaded too late to be seen.
const MACHINE_OPEN: f64 = 0.62;
const BOUNCE: f64 = 0.006;
/// Of the bounces.
const HARD: f64 = 0.4;
const DROP: f64 = 0.0005;
const UNSUBSCRIBE: f64 = 0.002;
const SPAM: f64 = 0.0001;
const BOT_CLICK: f64 = 0.003;

impl<'a> Telling<'a> {
    pub(super) fn new(shop: &'a mut Shop, random: Random, due: Due) -> Telling<'a> {
        Telling { shop, random, due, events: Vec::new(), customers: Vec::new() }
    }

    /// Notes what happened; the event is returned for what is particular about it.
    pub(super) fn note(&mut self, kind: Kind, at: i64, profile: u32) -> &mut Event {
        self.events.push(Event {
            at,
            serial: 0,
            profile,
            detail: 0,
            attributed_to: NOBODY,
            message: NO_MESSAGE,
            attributed_message: NO_MESSAGE,
            kind,
            mark: Mark::Plain,
            oddity: Oddity::Ordinary,
        });
        self.events.last_mut().expect("just pushed")
    }

    fn about(&mut self, kind: Kind, at: i64, profile: u32, message: u16) -> &mut Event {
        let event = self.note(kind, at, profile);
        event.message = message;
        event
    }

    /// A while of at most `longest` seconds, mostly short.
    pub(super) fn while_of(&mut self, longest: i64) -> i64 {
        let share = self.random.unit();
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a number of seconds")]
        let seconds = (share * share * share * longest as f64) as i64;
        seconds + 20
    }

    /// Sends a message to someone who may still want it, with all that follows. False if it was not sent.
    pub(super) fn send(&mut self, profile: u32, message: u16, at: i64) -> bool {
        let person = &self.shop.profiles[profile as usize];
        let said = &self.shop.messages[usize::from(message)];
        let (channel, is_flow) = (said.channel, matches!(said.owner, Owner::Flow { .. }));
        let agrees = match channel {
            Channel::Email => person.can_receive_email(),
            Channel::Text => person.text == Consent::Subscribed,
            Channel::Push => person.push == Consent::Subscribed,
        };
        let wants = agrees && person.created <= at;
        if wants {
            match channel {
                Channel::Email => self.email(profile, message, at, if is_flow { &FLOW } else { &CAMPAIGN }),
                Channel::Text => self.text(profile, message, at),
                Channel::Push => self.push(profile, message, at),
            }
        }
        wants
    }

    fn email(&mut self, profile: u32, message: u16, at: i64, appeal: &Appeal) {
        if self.random.chance(DROP) {
            self.about(Kind::DroppedEmail, at, profile, message);
        } else if self.random.chance(BOUNCE) {
            self.bounce(profile, message, at);
        } else {
            self.about(Kind::ReceivedEmail, at, profile, message);
            self.react(profile, message, at, appeal);
        }
    }

    fn bounce(&mut self, profile: u32, message: u16, at: i64) {
        let hard = self.random.chance(HARD);
        let event = self.about(Kind::BouncedEmail, at + 5, profile, message);
        if hard {
            event.mark = Mark::HardBounce;
            self.shop.profiles[profile as usize].suppress(Reason::HardBounce, at + 5);
        }
    }

    fn react(&mut self, profile: u32, message: u16, at: i64, appeal: &Appeal) {
        let person = &self.shop.profiles[profile as usize];
        let (apple, eager) = (person.apple, person.eagerness());
        if apple && self.random.chance(MACHINE_OPEN) {
            let when = at + self.while_of(2 * HOUR);
            self.about(Kind::OpenedEmail, when, profile, message).mark = Mark::Machine;
        }
        if self.random.chance(BOT_CLICK) {
            let product = self.any_product();
            let event = self.about(Kind::ClickedEmail, at + 3, profile, message);
            (event.mark, event.detail) = (Mark::Bot, product);
        }
        if self.random.chance(appeal.open * eager) {
            self.open(profile, message, at, appeal);
        }
        if self.random.chance(UNSUBSCRIBE) {
            self.leave(profile, message, at);
        } else if self.random.chance(SPAM) {
            let when = at + self.while_of(DAY);
            self.about(Kind::MarkedSpam, when, profile, message);
            self.shop.profiles[profile as usize].suppress(Reason::SpamComplaint, when);
        }
    }

    /// Someone opens for themselves, perhaps again, perhaps clicks, perhaps buys.
    fn open(&mut self, profile: u32, message: u16, at: i64, appeal: &Appeal) {
        let opened = at + self.while_of(2 * DAY);
        self.about(Kind::OpenedEmail, opened, profile, message);
        if self.random.chance(0.12) {
            let again = opened + self.while_of(DAY);
            self.about(Kind::OpenedEmail, again, profile, message);
        }
        if self.random.chance(appeal.click) {
            let clicked = opened + 15 + i64::from(self.random.below(90));
            self.click(Kind::ClickedEmail, profile, message, clicked);
            if self.random.chance(appeal.order_after_click) {
                let bought = clicked + self.while_of(2 * DAY);
                self.order(profile, bought);
            }
        } else if self.random.chance(appeal.order_after_open) {
            let bought = opened + self.while_of(3 * DAY);
            self.order(profile, bought);
        }
    }

    /// Someone reads a mail again that they got before.
    pub(super) fn reopen(&mut self, mail: &Event, at: i64) {
        self.about(Kind::OpenedEmail, at, mail.profile, mail.message);
        if self.random.chance(FLOW.click) {
            self.click(Kind::ClickedEmail, mail.profile, mail.message, at + 30);
        }
    }

    fn click(&mut self, kind: Kind, profile: u32, message: u16, at: i64) {
        let product = self.any_product();
        self.about(kind, at, profile, message).detail = product;
        self.note(Kind::ActiveOnSite, at + 2, profile);
        self.note(Kind::ViewedProduct, at + 5, profile).detail = product;
    }

    fn leave(&mut self, profile: u32, message: u16, at: i64) {
        let when = at + self.while_of(DAY);
        if self.random.chance(0.1) {
            self.about(Kind::UpdatedPreferences, when - 10, profile, message);
        }
        self.about(Kind::UnsubscribedEmail, when, profile, message);
        self.about(Kind::UnsubscribedList, when, profile, message);
        self.shop.profiles[profile as usize].suppress(Reason::Unsubscribe, when);
    }

    fn text(&mut self, profile: u32, message: u16, at: i64) {
        if self.random.chance(0.02) {
            self.about(Kind::FailedText, at + 4, profile, message);
            return;
        }
        self.about(Kind::ReceivedText, at, profile, message);
        if self.random.chance(0.07) {
            let clicked = at + self.while_of(DAY);
            self.click(Kind::ClickedText, profile, message, clicked);
            if self.random.chance(0.05) {
                let bought = clicked + self.while_of(DAY);
                self.order(profile, bought);
            }
        }
        if self.random.chance(0.004) {
            let when = at + self.while_of(HOUR);
            self.about(Kind::SentText, when, profile, message);
            self.about(Kind::UnsubscribedText, when + 1, profile, message);
            self.about(Kind::AutomatedText, when + 3, profile, NO_MESSAGE);
            self.shop.profiles[profile as usize].stop_texts(when + 1);
        }
    }

    fn push(&mut self, profile: u32, message: u16, at: i64) {
        if self.random.chance(0.01) {
            self.about(Kind::BouncedPush, at + 1, profile, message);
            return;
        }
        self.about(Kind::ReceivedPush, at, profile, message);
        if self.random.chance(0.05) {
            let opened = at + self.while_of(6 * HOUR);
            self.about(Kind::OpenedPush, opened, profile, message);
            if self.random.chance(0.04) {
                let bought = opened + self.while_of(HOUR);
                self.order(profile, bought);
            }
        }
    }

    /// Plans a flow's messages for someone; not everyone stays to its end.
    pub(super) fn start_flow(&mut self, flow: usize, profile: u32, at: i64) {
        let mut when = at + 5 * MINUTE;
        for position in 0..self.shop.flows[flow].actions.len() {
            match self.shop.flows[flow].actions[position].step {
                Step::Delay(hours) => when += i64::from(hours) * HOUR,
                Step::Split if self.random.chance(0.5) => return,
                Step::Split => {}
                Step::Send(message) => self.due.push(Reverse((when, profile, message))),
            }
        }
    }

    /// Sends what is due before `end`; returns how many messages went out.
    pub(super) fn send_due(&mut self, end: i64) -> u32 {
        let mut sent = 0;
        while let Some(&Reverse((at, profile, message))) = self.due.peek() {
            if at >= end {
                break;
            }
            self.due.pop();
            sent += u32::from(self.send(profile, message, at));
        }
        sent
    }
}
