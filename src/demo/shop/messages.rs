//! What the shop says: its campaigns, and the messages of campaigns and flows.

use super::flows::{Action, FLOWS, Flow, FlowPlan, Part, Step};
use super::ids::{short, ulid};
use super::season::{Day, weight};
use crate::demo::random::{Random, mix};
use chrono::{Datelike, Weekday};

#[derive(Debug, Clone)]
pub(in crate::demo) struct Message {
    pub(in crate::demo) id: String,
    pub(in crate::demo) name: String,
    pub(in crate::demo) subject: String,
    pub(in crate::demo) preview: &'static str,
    pub(in crate::demo) channel: Channel,
    pub(in crate::demo) owner: Owner,
    pub(in crate::demo) template: Option<u8>,
    pub(in crate::demo) created: i64,
    /// Where a campaign tries two messages, the id of this one's part.
    pub(in crate::demo) variation: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Channel {
    Email,
    Text,
    Push,
}

impl Channel {
    /// As the filter of campaigns spells it.
    pub(in crate::demo) fn name(self) -> &'static str {
        match self {
            Channel::Email => "email",
            Channel::Text => "sms",
            Channel::Push => "mobile_push",
        }
    }
}

/// Which campaign or flow a message belongs to, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Owner {
    Campaign(u16),
    Flow { flow: u8, action: u8 },
}

#[derive(Debug, Clone)]
pub(in crate::demo) struct Campaign {
    pub(in crate::demo) id: String,
    pub(in crate::demo) name: String,
    pub(in crate::demo) channel: Channel,
    pub(in crate::demo) status: Status,
    pub(in crate::demo) archived: bool,
    pub(in crate::demo) created: i64,
    pub(in crate::demo) updated: i64,
    /// When it went or is to go out; drafts have none.
    pub(in crate::demo) send: Option<i64>,
    pub(in crate::demo) message: u16,
    /// The other message of an A/B test, which half of the recipients get.
    pub(in crate::demo) rival: Option<u16>,
    pub(in crate::demo) tags: Vec<u8>,
    pub(in crate::demo) gone: bool,
}

impl Campaign {
    /// Its one message, or both.
    pub(in crate::demo) fn messages(&self) -> impl Iterator<Item = u16> {
        std::iter::once(self.message).chain(self.rival)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Status {
    Sent,
    Draft,
    Scheduled,
}

impl Status {
    pub(in crate::demo) fn name(self) -> &'static str {
        match self {
            Status::Sent => "Sent",
            Status::Draft => "Draft",
            Status::Scheduled => "Scheduled",
        }
    }
}

/// Of the e-mail campaigns that went out, one in so many tries two messages.
const AB_EVERY: u16 = 8;

/// A name that must never be taken for markup.
const HOSTILE: &str = "<script>alert(1)</script> & \"quotes\"";

const SUBJECTS: &[(&str, &str, &str)] = &[
    ("New Arrivals", "Fresh off the workbench", "This week's new pieces"),
    ("Weekend Edit", "Your weekend, but slower", "Five things for a quiet Sunday"),
    ("Staff Picks", "What we take home ourselves", "Chosen by the people who pack your boxes"),
    ("Flash Sale 20% Off", "24 hours only: 20% off 🔥", "Ends at midnight"),
    ("Journal: The Maker", "Meet the hands behind the mug", "A visit to the pottery"),
    ("Back in Stock", "It's back (and going fast)", "You asked, we made more"),
    ("Gift Guide", "Gifts under $50", "Wrapped, with a note from you"),
    ("Care Guide", "Make your linen last ten years", "Wash cold, dry slow"),
    ("Free Shipping Weekend", "Free shipping, no minimum", "Until Sunday night"),
    ("Bundle & Save", "Better together: save 15%", "Sets that belong on one table"),
    ("Customer Stories", "“The best lamp I ever owned”", "Your homes, your words"),
    ("VIP Early Access", "{{ first_name|default:'You' }}, you're in first", "A day before everyone else"),
];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Everything that is said, with the messages in one list.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) campaigns: Vec<Campaign>,
    pub(super) flows: Vec<Flow>,
    pub(super) messages: Vec<Message>,
}

/// Campaigns of all days, `per_week` of them a week, then drafts and one that is scheduled; and the flows.
pub(super) fn said(days: &[Day], now: i64, per_week: f64, random: &mut Random) -> Said {
    let mut said = Said::default();
    for day in days {
        for _ in 0..random.round(per_week / 7.0 * if is_sending_day(day) { 2.0 } else { 0.25 }) {
            let at = day.start + 10 * 3600 + i64::from(random.below(8)) * 900;
            if at < now {
                said.campaign(day, Some(at), Status::Sent, now, random);
            }
        }
    }
    if let Some(today) = days.last() {
        said.campaign(today, None, Status::Draft, now, random);
        said.campaign(today, None, Status::Draft, now, random);
        said.campaign(today, Some(now + 2 * 86_400), Status::Scheduled, now, random);
    }
    said.name_the_hostile();
    for (plan, number) in FLOWS.iter().zip(0_u8..) {
        said.flow(plan, number, days.first().map_or(now, |it| it.start), random);
    }
    said
}

fn is_sending_day(day: &Day) -> bool {
    matches!(day.date.weekday(), Weekday::Tue | Weekday::Thu | Weekday::Sun)
}

impl Said {
    fn campaign(&mut self, day: &Day, send: Option<i64>, status: Status, now: i64, random: &mut Random) {
        let number = u16::try_from(self.campaigns.len()).expect("fewer campaigns than 65,536");
        let (title, subject, preview) = SUBJECTS[random.below(12) as usize];
        let channel = [Channel::Email, Channel::Text, Channel::Push][random.weighted(&[82, 11, 7])];
        let created =
            send.unwrap_or(now).min(now) - i64::from(random.between(1, 6)) * 86_400 - i64::from(random.below(9000));
        let age_days = (now - created) / 86_400;
        let peak = if weight(day.date) > 1.9 { "Black Friday: " } else { "" };
        let name =
            format!("{peak}{title} – {} {} {}", MONTHS[day.date.month0() as usize], day.date.day(), day.date.year());
        self.campaigns.push(Campaign {
            // Accounts have both kinds of id: six characters from before, ULIDs since.
            id: if age_days > 400 { short(random.next()) } else { ulid(created * 1000, random.next()) },
            name: name.clone(),
            channel,
            status,
            archived: status == Status::Sent && (age_days > 600 || random.chance(0.03)),
            created,
            updated: send.filter(|_| status == Status::Sent).unwrap_or(created + 1800),
            send,
            message: self.next_message(),
            rival: None,
            tags: vec![u8::try_from(random.below(4)).expect("below four")],
            gone: false,
        });
        self.messages.push(Message {
            id: ulid(created * 1000 + 1, random.next()),
            name,
            subject: subject.to_owned(),
            preview,
            channel,
            owner: Owner::Campaign(number),
            template: (channel == Channel::Email).then(|| u8::try_from(random.below(6)).expect("below six")),
            created,
            variation: None,
        });
        if channel == Channel::Email && status == Status::Sent && number % AB_EVERY == 3 {
            self.try_two(number);
        }
    }

    /// Makes the latest campaign an A/B test: a second message, with the subject of another.
    fn try_two(&mut self, number: u16) {
        let rival = self.next_message();
        let (Some(campaign), Some(first)) = (self.campaigns.last_mut(), self.messages.last_mut()) else { return };
        campaign.rival = Some(rival);
        // Chance of its own, so that a shop without the test would be the same.
        let chance = mix(u64::from(number) ^ 0xAB);
        first.variation = Some(short(chance));
        let (_, subject, preview) = SUBJECTS[usize::from(number) % SUBJECTS.len()];
        let other = Message {
            id: ulid(first.created * 1000 + 2, chance),
            subject: subject.to_owned(),
            preview,
            variation: Some(short(chance + 1)),
            ..first.clone()
        };
        self.messages.push(other);
    }

    fn next_message(&self) -> u16 {
        u16::try_from(self.messages.len()).expect("fewer messages than 65,536")
    }

    /// Gives the last e-mail campaign that went out a name that has to be escaped everywhere.
    fn name_the_hostile(&mut self) {
        let Said { campaigns, messages, .. } = self;
        let sent = |it: &&mut Campaign| it.status == Status::Sent && it.channel == Channel::Email && !it.archived;
        if let Some(campaign) = campaigns.iter_mut().rev().find(sent) {
            HOSTILE.clone_into(&mut campaign.name);
            for message in campaign.messages() {
                HOSTILE.clone_into(&mut messages[usize::from(message)].name);
            }
        }
    }

    fn flow(&mut self, plan: &FlowPlan, number: u8, start: i64, random: &mut Random) {
        let created = start - 86_400 * 30 + i64::from(number) * 86_400;
        let mut actions = Vec::new();
        for (step, position) in plan.steps.iter().zip(0_u8..) {
            let step = match *step {
                Part::Delay(hours) => Step::Delay(hours),
                Part::Split => Step::Split,
                Part::Send(channel, name, subject) => {
                    let message = self.next_message();
                    let owner = Owner::Flow { flow: number, action: position };
                    let template = (channel == Channel::Email).then_some(6 + number % 4);
                    let (id, name, subject) = (short(random.next()), name.to_owned(), subject.to_owned());
                    self.messages.push(Message {
                        id,
                        name,
                        subject,
                        preview: "",
                        channel,
                        owner,
                        template,
                        created,
                        variation: None,
                    });
                    Step::Send(message)
                }
            };
            actions.push(Action { id: (48_000_000 + random.below(9_000_000)).to_string(), step });
        }
        self.flows.push(Flow {
            id: short(random.next()),
            name: plan.name,
            status: plan.status,
            archived: plan.archived,
            trigger: plan.trigger,
            created,
            updated: created + 86_400 * 9,
            actions,
            tags: vec![4],
        });
    }
}
