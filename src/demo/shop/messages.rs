//! What the shop says and to whom: campaigns, flows, forms, lists, segments, tags and templates.

use super::ids::{short, ulid};
use super::season::{Day, weight};
use crate::demo::random::Random;
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
    pub(in crate::demo) tags: Vec<u8>,
    pub(in crate::demo) gone: bool,
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

#[derive(Debug, Clone)]
pub(in crate::demo) struct Flow {
    pub(in crate::demo) id: String,
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) status: &'static str,
    pub(in crate::demo) trigger: &'static str,
    pub(in crate::demo) created: i64,
    pub(in crate::demo) updated: i64,
    pub(in crate::demo) actions: Vec<Action>,
    pub(in crate::demo) tags: Vec<u8>,
}

impl Flow {
    pub(in crate::demo) fn archived(&self) -> bool {
        self.status == ARCHIVED
    }

    /// Archived flows keep the status that they had.
    pub(in crate::demo) fn status(&self) -> &'static str {
        if self.archived() { "manual" } else { self.status }
    }
}

#[derive(Debug, Clone)]
pub(in crate::demo) struct Action {
    pub(in crate::demo) id: String,
    pub(in crate::demo) step: Step,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Step {
    /// Sends the message of that index.
    Send(u16),
    /// Waits for so many hours.
    Delay(u16),
    Split,
}

#[derive(Debug, Clone)]
pub(in crate::demo) struct Form {
    pub(in crate::demo) id: String,
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) kind: &'static str,
    pub(in crate::demo) live: bool,
    /// The ids of its versions; more than one makes it an A/B test.
    pub(in crate::demo) versions: Vec<String>,
    pub(in crate::demo) created: i64,
}

/// A list or a segment.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Group {
    pub(in crate::demo) id: String,
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) created: i64,
    /// Its part of all profiles.
    pub(in crate::demo) share: f64,
    pub(in crate::demo) tags: Vec<u8>,
    pub(in crate::demo) gone: bool,
}

#[derive(Debug, Clone)]
pub(in crate::demo) struct Tag {
    pub(in crate::demo) id: String,
    pub(in crate::demo) name: &'static str,
}

#[derive(Debug, Clone)]
pub(in crate::demo) struct Template {
    pub(in crate::demo) id: String,
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) created: i64,
}

const ARCHIVED: &str = "archived";

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
        });
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
            HOSTILE.clone_into(&mut messages[usize::from(campaign.message)].name);
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
                    self.messages.push(Message { id, name, subject, preview: "", channel, owner, template, created });
                    Step::Send(message)
                }
            };
            actions.push(Action { id: (48_000_000 + random.below(9_000_000)).to_string(), step });
        }
        self.flows.push(Flow {
            id: short(random.next()),
            name: plan.name,
            status: plan.status,
            trigger: plan.trigger,
            created,
            updated: created + 86_400 * 9,
            actions,
            tags: vec![4],
        });
    }
}

struct FlowPlan {
    name: &'static str,
    status: &'static str,
    trigger: &'static str,
    steps: &'static [Part],
}

enum Part {
    Send(Channel, &'static str, &'static str),
    /// Hours.
    Delay(u16),
    Split,
}

/// The flows by index, as [`FLOWS`] lists them.
pub(super) const WELCOME: usize = 0;
pub(super) const CART: usize = 1;
pub(super) const BROWSE: usize = 2;
pub(super) const THANKS: usize = 3;
pub(super) const WINBACK: usize = 4;
pub(super) const BACK_IN_STOCK: usize = 5;
pub(super) const BIRTHDAY: usize = 6;
pub(super) const SUNSET: usize = 7;

const FLOWS: &[FlowPlan] = &[
    FlowPlan {
        name: "Welcome Series",
        status: "live",
        trigger: "Added to List",
        steps: &[
            Part::Send(Channel::Email, "Welcome #1: Hello", "Welcome to Hearth & Pine: here's 10% off"),
            Part::Delay(48),
            Part::Send(Channel::Email, "Welcome #2: Our story", "How it all began"),
            Part::Split,
            Part::Send(Channel::Email, "Welcome #3: Last call", "Your 10% is about to expire"),
        ],
    },
    FlowPlan {
        name: "Abandoned Cart",
        status: "live",
        trigger: "Metric",
        steps: &[
            Part::Delay(2),
            Part::Send(Channel::Email, "Cart #1: Forgot something?", "You left something behind"),
            Part::Split,
            Part::Delay(20),
            Part::Send(Channel::Email, "Cart #2: Still yours", "Still thinking it over?"),
            Part::Send(Channel::Text, "Cart SMS", "Hearth & Pine: your cart is waiting. Reply STOP to opt out"),
        ],
    },
    FlowPlan {
        name: "Browse Abandonment",
        status: "live",
        trigger: "Metric",
        steps: &[Part::Delay(4), Part::Send(Channel::Email, "Browse #1", "Saw something you liked?")],
    },
    FlowPlan {
        name: "Post-Purchase Thank You",
        status: "live",
        trigger: "Metric",
        steps: &[
            Part::Send(Channel::Email, "Thank you", "Thank you, it's on its way"),
            Part::Delay(240),
            Part::Send(Channel::Email, "Review request", "How do you like it?"),
        ],
    },
    FlowPlan {
        name: "Customer Winback",
        status: "live",
        trigger: "Metric",
        steps: &[Part::Delay(2160), Part::Send(Channel::Email, "Winback", "We miss you: 15% off")],
    },
    FlowPlan {
        name: "Back in Stock",
        status: "live",
        trigger: "Metric",
        steps: &[Part::Send(Channel::Email, "Back in stock alert", "It's back!")],
    },
    FlowPlan {
        name: "Birthday",
        status: "live",
        trigger: "Date Based",
        steps: &[Part::Send(Channel::Email, "Happy birthday", "A little something for your day 🎂")],
    },
    FlowPlan {
        name: "Sunset Unengaged",
        status: "live",
        trigger: "Metric",
        steps: &[Part::Send(Channel::Email, "Still want to hear from us?", "Should we stop writing?")],
    },
    FlowPlan {
        name: "VIP Tier Upgrade",
        status: "manual",
        trigger: "Metric",
        steps: &[Part::Send(Channel::Email, "You're a VIP", "Welcome to the inner circle")],
    },
    FlowPlan {
        name: "Price Drop Alert",
        status: "draft",
        trigger: "Price Drop",
        steps: &[Part::Send(Channel::Push, "Price drop push", "The price just dropped")],
    },
    FlowPlan {
        name: "Old Welcome (2021)",
        status: ARCHIVED,
        trigger: "Added to List",
        steps: &[Part::Send(Channel::Email, "Welcome (old)", "Thanks for joining")],
    },
];

pub(super) fn forms(start: i64, random: &mut Random) -> Vec<Form> {
    [
        ("10% Off Popup", "popup", true, 2),
        ("Footer Sign-up", "embed", true, 1),
        ("Exit Intent Flyout", "flyout", true, 1),
        ("Back in Stock", "popup", true, 1),
        ("Holiday Giveaway", "full_page", false, 1),
    ]
    .into_iter()
    .map(|(name, kind, live, versions)| Form {
        id: short(random.next()),
        name,
        kind,
        live,
        versions: (0..versions).map(|_| (7_000_000 + random.below(900_000)).to_string()).collect(),
        created: start - 86_400 * 20,
    })
    .collect()
}

pub(super) fn segments(start: i64, random: &mut Random) -> Vec<Group> {
    groups(
        &[
            ("Engaged 30 Days", 0.21),
            ("Engaged 90 Days", 0.38),
            ("Engaged 180 Days", 0.52),
            ("VIP Customers", 0.03),
            ("Repeat Buyers", 0.06),
            ("Never Purchased", 0.71),
            ("Churn Risk", 0.11),
            ("SMS Subscribers", 0.2),
            ("Birthday This Month", 0.07),
        ],
        start,
        random,
    )
}

pub(super) fn lists(start: i64, random: &mut Random) -> Vec<Group> {
    groups(
        &[
            ("Newsletter", 0.78),
            ("SMS Club", 0.21),
            ("Back in Stock", 0.04),
            ("Giveaway 2024", 0.13),
            ("Preview List", 0.002),
        ],
        start,
        random,
    )
}

fn groups(plan: &[(&'static str, f64)], start: i64, random: &mut Random) -> Vec<Group> {
    plan.iter()
        .zip(0_u32..)
        .map(|(&(name, share), number)| Group {
            id: short(random.next()),
            name,
            created: start - 86_400 * 90 + i64::from(number) * 40_000,
            share,
            tags: if number % 3 == 0 { vec![5] } else { Vec::new() },
            gone: false,
        })
        .collect()
}

pub(super) fn tags(random: &mut Random) -> Vec<Tag> {
    ["Promotion", "Newsletter", "Product launch", "Holiday", "Automation", "Audience", "Unused"]
        .into_iter()
        .map(|name| Tag { id: uuid(random), name })
        .collect()
}

pub(super) fn templates(start: i64, random: &mut Random) -> Vec<Template> {
    [
        "Newsletter 2 columns",
        "Sale hero",
        "Product grid",
        "Plain letter",
        "Holiday",
        "Journal",
        "Flow: welcome",
        "Flow: cart",
        "Flow: browse",
        "Flow: service",
        "Blank",
        "Old newsletter",
    ]
    .into_iter()
    .zip(0_i64..)
    .map(|(name, number)| Template { id: short(random.next()), name, created: start - 86_400 * 60 + number * 50_000 })
    .collect()
}

fn uuid(random: &mut Random) -> String {
    let (high, low) = (random.next(), random.next());
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFF,
        low >> 52,
        low & 0xFFFF_FFFF_FFFF
    )
}
