//! The profiles: who they are, where they live, what they agreed to.

use super::ids::ulid;
use super::season::Day;
use crate::demo::random::{Random, mix};
use std::fmt::Write;

/// A person, in the least space; names and addresses are looked up when they are asked for.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Profile {
    /// Unix times in seconds.
    pub(in crate::demo) created: i64,
    pub(in crate::demo) updated: i64,
    /// Of the latest event; 0 before the first.
    pub(in crate::demo) last_event: i64,
    pub(in crate::demo) email_at: i64,
    pub(in crate::demo) suppressed_at: i64,
    /// When the consent to texts was given or taken back.
    pub(in crate::demo) text_changed_at: i64,
    /// When they last opened, clicked, visited or bought; 0 before the first time.
    pub(in crate::demo) last_engaged: i64,
    /// Since when they did so within each of [`ENGAGED_DAYS`] after the time before.
    pub(in crate::demo) engaged_since: [i64; 3],
    /// Of the latest order, the second and the fourth; 0 before it.
    pub(in crate::demo) last_order: i64,
    pub(in crate::demo) repeat_since: i64,
    pub(in crate::demo) vip_since: i64,
    /// Unique, and what everything personal follows from.
    pub(in crate::demo) key: u64,
    pub(in crate::demo) orders: u16,
    pub(in crate::demo) domain: u8,
    pub(in crate::demo) email: Consent,
    pub(in crate::demo) text: Consent,
    pub(in crate::demo) push: Consent,
    pub(in crate::demo) suppression: Option<Reason>,
    /// Reads mail with Apple's privacy proxy on.
    pub(in crate::demo) apple: bool,
    /// Deleted, or merged into another.
    pub(in crate::demo) gone: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Consent {
    Never,
    Subscribed,
    Unsubscribed,
}

/// Why a profile gets no mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    HardBounce,
    InvalidEmail,
    SpamComplaint,
    Unsubscribe,
    /// A person at the shop did it.
    UserSuppressed,
}

/// How many days someone counts as engaged, for each of the segments of the engaged.
pub(in crate::demo) const ENGAGED_DAYS: [i64; 3] = [30, 90, 180];

/// From so many orders on someone is a valued customer.
const VIP_ORDERS: u16 = 4;

/// Mail domains: name, provider, and how common.
pub(in crate::demo) const DOMAINS: &[(&str, &str, u32)] = &[
    ("gmail.com", "Gmail", 52),
    ("yahoo.com", "Yahoo", 15),
    ("icloud.com", "Apple", 11),
    ("outlook.com", "Microsoft", 8),
    ("hotmail.com", "Microsoft", 6),
    ("aol.com", "Yahoo", 4),
    ("comcast.net", "Comcast", 2),
    ("proton.me", "Proton", 1),
    ("example.org", "Other", 1),
];

const FIRST: &[&str] = &[
    "Emma",
    "Liam",
    "Olivia",
    "Noah",
    "Ava",
    "Elijah",
    "Sophia",
    "James",
    "Isabella",
    "William",
    "Mia",
    "Benjamin",
    "Charlotte",
    "Lucas",
    "Amelia",
    "Henry",
    "Harper",
    "Mateo",
    "Evelyn",
    "Jack",
    "Abigail",
    "Daniel",
    "Camila",
    "Owen",
    "Zoë",
    "José",
    "Chloe",
    "Samuel",
    "Priya",
    "Wei",
    "Aaliyah",
    "Hiroshi",
    "Renée",
    "Søren",
    "Fatima",
    "D'Angelo",
];
const LAST: &[&str] = &[
    "Smith",
    "Johnson",
    "Williams",
    "Brown",
    "Jones",
    "Garcia",
    "Miller",
    "Davis",
    "Rodriguez",
    "Martinez",
    "Hernandez",
    "Lopez",
    "Wilson",
    "Anderson",
    "Thomas",
    "Taylor",
    "Moore",
    "Jackson",
    "Martin",
    "Lee",
    "Perez",
    "Thompson",
    "White",
    "Harris",
    "Clark",
    "Lewis",
    "Robinson",
    "Walker",
    "Young",
    "Allen",
    "O'Brien",
    "Nguyen",
    "Müller",
    "Patel",
    "Kim",
];

/// Where people live.
#[derive(Debug)]
pub(in crate::demo) struct Place {
    pub(in crate::demo) city: &'static str,
    pub(in crate::demo) region: &'static str,
    pub(in crate::demo) country: &'static str,
    pub(in crate::demo) zip: &'static str,
    pub(in crate::demo) timezone: &'static str,
    pub(in crate::demo) latitude: f64,
    pub(in crate::demo) longitude: f64,
}

const fn place(
    city: &'static str,
    region: &'static str,
    country: &'static str,
    zip: &'static str,
    timezone: &'static str,
    (latitude, longitude): (f64, f64),
) -> Place {
    Place { city, region, country, zip, timezone, latitude, longitude }
}

const US: &str = "United States";
const PLACES: &[Place] = &[
    place("New York", "New York", US, "10013", "America/New_York", (40.7195, -74.0089)),
    place("Boston", "Massachusetts", US, "02116", "America/New_York", (42.3503, -71.0810)),
    place("Philadelphia", "Pennsylvania", US, "19107", "America/New_York", (39.9526, -75.1652)),
    place("Atlanta", "Georgia", US, "30303", "America/New_York", (33.7525, -84.3915)),
    place("Miami", "Florida", US, "33130", "America/New_York", (25.7670, -80.2039)),
    place("Chicago", "Illinois", US, "60607", "America/Chicago", (41.8721, -87.6578)),
    place("Austin", "Texas", US, "78701", "America/Chicago", (30.2713, -97.7426)),
    place("Denver", "Colorado", US, "80202", "America/Denver", (39.7528, -104.9992)),
    place("Phoenix", "Arizona", US, "85004", "America/Phoenix", (33.4515, -112.0685)),
    place("Los Angeles", "California", US, "90015", "America/Los_Angeles", (34.0390, -118.2665)),
    place("San Francisco", "California", US, "94110", "America/Los_Angeles", (37.7486, -122.4158)),
    place("Seattle", "Washington", US, "98101", "America/Los_Angeles", (47.6114, -122.3305)),
    place("Toronto", "Ontario", "Canada", "M5V 2T6", "America/Toronto", (43.6441, -79.4008)),
    place("Vancouver", "British Columbia", "Canada", "V6B 1A1", "America/Vancouver", (49.2796, -123.1099)),
    place("London", "England", "United Kingdom", "E1 6AN", "Europe/London", (51.5202, -0.0735)),
];

impl Profile {
    /// Someone who comes to be known at that time.
    pub(super) fn new(created: i64, random: &mut Random) -> Profile {
        let weights: Vec<u32> = DOMAINS.iter().map(|it| it.2).collect();
        let domain = random.weighted(&weights);
        Profile {
            created,
            updated: created,
            last_event: 0,
            email_at: created,
            suppressed_at: 0,
            text_changed_at: created,
            last_engaged: 0,
            engaged_since: [0; 3],
            last_order: 0,
            repeat_since: 0,
            vip_since: 0,
            key: random.next(),
            orders: 0,
            domain: u8::try_from(domain).expect("a short list"),
            email: if random.chance(0.84) { Consent::Subscribed } else { Consent::Never },
            text: if random.chance(0.22) { Consent::Subscribed } else { Consent::Never },
            push: if random.chance(0.12) { Consent::Subscribed } else { Consent::Never },
            suppression: None,
            apple: random.chance(if domain == 2 { 0.95 } else { 0.40 }),
            gone: false,
        }
    }

    pub(in crate::demo) fn id(&self) -> String {
        ulid(self.created * 1000, self.key)
    }

    pub(in crate::demo) fn first_name(&self) -> &'static str {
        self.one_of::<&str>(FIRST, 0)
    }

    pub(in crate::demo) fn last_name(&self) -> &'static str {
        self.one_of::<&str>(LAST, 8)
    }

    pub(in crate::demo) fn place(&self) -> &'static Place {
        self.one_of(PLACES, 16)
    }

    pub(in crate::demo) fn email_address(&self) -> String {
        let mut address = String::with_capacity(EMAIL_BYTES);
        push_letters(&mut address, self.first_name());
        address.push('.');
        push_letters(&mut address, self.last_name());
        write!(address, "{:x}@{}", self.key >> 36, self.domain_name()).expect("a text takes everything");
        address
    }

    pub(in crate::demo) fn domain_name(&self) -> &'static str {
        DOMAINS[usize::from(self.domain)].0
    }

    pub(in crate::demo) fn provider(&self) -> &'static str {
        DOMAINS[usize::from(self.domain)].1
    }

    /// Those who agreed to texts have told their number.
    pub(in crate::demo) fn phone(&self) -> Option<String> {
        (self.text != Consent::Never).then(|| format!("+1415555{:04}", self.key % 10_000))
    }

    pub(in crate::demo) fn can_receive_email(&self) -> bool {
        self.email == Consent::Subscribed && self.suppression.is_none() && !self.gone
    }

    /// The consent as it stood at that time: what people will do is decided before they do it.
    pub(in crate::demo) fn email_at_time(&self, time: i64) -> Consent {
        as_of(self.email, self.email_at, time)
    }

    pub(in crate::demo) fn text_at_time(&self, time: i64) -> Consent {
        as_of(self.text, self.text_changed_at, time)
    }

    /// Why they got no mail at that time.
    pub(in crate::demo) fn suppression_at(&self, time: i64) -> Option<Reason> {
        self.suppression.filter(|_| self.suppressed_at <= time)
    }

    pub(in crate::demo) fn could_receive_email(&self, time: i64) -> bool {
        self.email_at_time(time) == Consent::Subscribed && self.suppression_at(time).is_none() && !self.gone
    }

    /// When they subscribed, who did.
    pub(in crate::demo) fn subscribed_at(&self) -> i64 {
        if self.email == Consent::Unsubscribed { self.created } else { self.email_at }
    }

    pub(in crate::demo) fn text_subscribed_at(&self) -> i64 {
        if self.text == Consent::Unsubscribed { self.created } else { self.text_changed_at }
    }

    /// Takes in that they did something themselves at that time.
    pub(super) fn engage(&mut self, at: i64) {
        for (since, days) in self.engaged_since.iter_mut().zip(ENGAGED_DAYS) {
            if self.last_engaged <= at - days * 86_400 {
                *since = at;
            }
        }
        self.last_engaged = self.last_engaged.max(at);
    }

    /// Takes in that they placed an order, which is known since `arrival`.
    pub(super) fn buy(&mut self, at: i64, arrival: i64) {
        self.orders += 1;
        self.last_order = self.last_order.max(at);
        match self.orders {
            2 => self.repeat_since = arrival,
            VIP_ORDERS => self.vip_since = arrival,
            _ => {}
        }
    }

    /// Takes back their consent to texts.
    pub(super) fn stop_texts(&mut self, at: i64) {
        (self.text, self.text_changed_at) = (Consent::Unsubscribed, at);
    }

    /// How eagerly they read mail, 1 being ordinary.
    pub(super) fn eagerness(&self) -> f64 {
        0.4 + 1.2 * f64::from(u32::try_from(self.key >> 48).unwrap_or(0)) / 65_536.0
    }

    /// Takes back their consent, or has it taken.
    pub(super) fn suppress(&mut self, reason: Reason, at: i64) {
        self.suppression = Some(reason);
        self.suppressed_at = at;
        if reason == Reason::Unsubscribe {
            self.email = Consent::Unsubscribed;
            self.email_at = at;
        }
    }

    /// Takes back that they came, or what became of their consent, since that time.
    pub(super) fn forget_since(&mut self, time: i64) {
        self.gone |= self.created >= time;
        if self.email_at >= time {
            (self.email, self.email_at) = (as_of(self.email, self.email_at, time - 1), self.created);
        }
        if self.text_changed_at >= time {
            (self.text, self.text_changed_at) = (as_of(self.text, self.text_changed_at, time - 1), self.created);
        }
        self.suppression = self.suppression_at(time - 1);
    }

    /// An item of the list that follows from who they are.
    pub(in crate::demo) fn one_of<T>(&self, list: &'static [T], shift: u32) -> &'static T {
        let index = (mix(self.key.rotate_left(shift)) >> 8) % list.len() as u64;
        &list[usize::try_from(index).expect("below the length of a list")]
    }
}

/// What consent was at a time, of which the last change is known.
fn as_of(consent: Consent, changed_at: i64, time: i64) -> Consent {
    if consent == Consent::Unsubscribed && changed_at > time { Consent::Subscribed } else { consent }
}

/// Room for the longest address.
const EMAIL_BYTES: usize = 64;

/// The plain letters of a name, small.
fn push_letters(out: &mut String, name: &str) {
    let letters = name.bytes().filter(u8::is_ascii_alphabetic);
    letters.for_each(|it| out.push(char::from(it.to_ascii_lowercase())));
}

/// The part of the profiles that were known before the shop's past begins.
const OLD_PERCENT: u64 = 55;

/// `count` profiles in the order in which they came to be known.
pub(super) fn people(count: u64, days: &[Day], until: i64, random: &mut Random) -> Vec<Profile> {
    let Some(first) = days.first() else { return Vec::new() };
    let old = count * OLD_PERCENT / 100;
    let mut created: Vec<i64> = (0..old).map(|_| first.start - 1 - i64::from(random.below(500 * 86_400))).collect();
    #[expect(clippy::cast_precision_loss, reason = "a count of people")]
    let mut owed = (count - old) as f64;
    let mut left = count - old;
    let mut share_left = 1.0;
    for day in days {
        let here = u64::from(random.round(owed * day.share / f64::max(share_left, day.share))).min(left);
        created.extend((0..here).map(|_| day.moment(random).min(until)));
        left -= here;
        #[expect(clippy::cast_precision_loss, reason = "a count of people")]
        let still_owed = left as f64;
        owed = still_owed;
        share_left -= day.share;
    }
    created.extend((0..left).map(|_| until));
    created.sort_unstable();
    created.into_iter().map(|at| Profile::new(at, random)).collect()
}
