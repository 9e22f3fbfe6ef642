//! Who is on which list and in which segment, and since when: it follows from what people agreed to and did.

use super::Shop;
use super::library::Group;
use super::people::{Consent, ENGAGED_DAYS, Profile};
use crate::demo::random::mix;
use chrono::{DateTime, Datelike, NaiveDate};

const DAY: i64 = 86_400;

/// What makes a profile a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Rule {
    /// Subscribed to e-mail.
    Email,
    /// Subscribed to text messages.
    Text,
    /// So many of a thousand, whoever they are, from some day after they became known.
    Some {
        of_thousand: u16,
    },
    /// Opened, clicked, visited or bought in the last days, of which that is the place in [`ENGAGED_DAYS`].
    Engaged(usize),
    /// Bought again and again.
    Vip,
    /// Bought twice.
    Repeat,
    NeverBought,
    /// Bought, but not for half a year.
    ChurnRisk,
    /// Was born in the month that it is.
    Birthday,
}

/// After so long without an order someone is at risk.
const RISK: i64 = 180 * DAY;

impl Rule {
    /// Since when the profile is a member at that time; both are Unix times in seconds.
    fn joined(self, it: &Profile, time: i64) -> Option<i64> {
        let since = match self {
            Rule::Email => (it.email_at_time(time) == Consent::Subscribed).then_some(it.subscribed_at() + 1),
            Rule::Text => (it.text_at_time(time) == Consent::Subscribed).then_some(it.text_subscribed_at() + 2),
            Rule::Some { of_thousand } => {
                let chance = mix(it.key ^ u64::from(of_thousand));
                let later = i64::try_from((chance >> 32) % 2_592_000).unwrap_or(0);
                (chance % 1_000 < u64::from(of_thousand)).then_some(it.created + later)
            }
            Rule::Engaged(place) => {
                let within = it.last_engaged > 0 && it.last_engaged > time - ENGAGED_DAYS[place] * DAY;
                within.then_some(it.engaged_since[place])
            }
            Rule::Vip => (it.vip_since > 0).then_some(it.vip_since),
            Rule::Repeat => (it.repeat_since > 0).then_some(it.repeat_since),
            Rule::NeverBought => (it.orders == 0).then_some(it.created + 60),
            Rule::ChurnRisk => (it.last_order > 0).then_some(it.last_order + RISK),
            Rule::Birthday => {
                let month = DateTime::from_timestamp(time, 0)?.date_naive();
                let first = NaiveDate::from_ymd_opt(month.year(), month.month(), 1)?.and_hms_opt(0, 0, 0)?;
                (u64::from(month.month0()) == it.key % 12).then_some(first.and_utc().timestamp().max(it.created))
            }
        };
        since.filter(|it| *it <= time)
    }
}

impl Shop {
    /// Since when the profile of that index is in the group at that time; nothing where it is not, or not any more.
    pub(in crate::demo) fn joined(&self, group: &Group, profile: u32, time: i64) -> Option<i64> {
        let it = self.profiles.get(profile as usize).filter(|it| !it.gone && it.created <= time)?;
        match group.by_hand.get(&profile) {
            Some(by_hand) => by_hand.filter(|it| *it <= time),
            None => group.rule.joined(it, time),
        }
    }

    /// The members of a group with the times that they joined, in the order of the profiles.
    pub(in crate::demo) fn members(&self, group: &Group, time: i64) -> impl Iterator<Item = (i64, u32)> {
        let all = 0..u32::try_from(self.profiles.len()).expect("fewer profiles than 2^32");
        all.filter_map(move |it| Some((self.joined(group, it, time)?, it)))
    }

    /// The list or segment of that id.
    pub(in crate::demo) fn group(&self, id: &str) -> Option<&Group> {
        self.lists.iter().chain(&self.segments).find(|it| it.id == id && !it.gone)
    }
}
