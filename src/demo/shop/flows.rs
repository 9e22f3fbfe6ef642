//! The flows: what each answers, its steps, and what it says.

use super::messages::Channel;

#[derive(Debug, Clone)]
pub(in crate::demo) struct Flow {
    pub(in crate::demo) id: String,
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) status: &'static str,
    pub(in crate::demo) archived: bool,
    pub(in crate::demo) trigger: &'static str,
    pub(in crate::demo) created: i64,
    pub(in crate::demo) updated: i64,
    pub(in crate::demo) actions: Vec<Action>,
    pub(in crate::demo) tags: Vec<u8>,
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

/// What a flow is made from.
pub(super) struct FlowPlan {
    pub(super) name: &'static str,
    pub(super) status: &'static str,
    pub(super) archived: bool,
    pub(super) trigger: &'static str,
    pub(super) steps: &'static [Part],
}

pub(super) enum Part {
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

pub(super) const FLOWS: &[FlowPlan] = &[
    FlowPlan {
        name: "Welcome Series",
        status: "live",
        archived: false,
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
        archived: false,
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
        archived: false,
        trigger: "Metric",
        steps: &[Part::Delay(4), Part::Send(Channel::Email, "Browse #1", "Saw something you liked?")],
    },
    FlowPlan {
        name: "Post-Purchase Thank You",
        status: "live",
        archived: false,
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
        archived: false,
        trigger: "Metric",
        steps: &[Part::Delay(2160), Part::Send(Channel::Email, "Winback", "We miss you: 15% off")],
    },
    FlowPlan {
        name: "Back in Stock",
        status: "live",
        archived: false,
        trigger: "Metric",
        steps: &[Part::Send(Channel::Email, "Back in stock alert", "It's back!")],
    },
    FlowPlan {
        name: "Birthday",
        status: "live",
        archived: false,
        trigger: "Date Based",
        steps: &[Part::Send(Channel::Email, "Happy birthday", "A little something for your day 🎂")],
    },
    FlowPlan {
        name: "Sunset Unengaged",
        status: "live",
        archived: false,
        trigger: "Metric",
        steps: &[Part::Send(Channel::Email, "Still want to hear from us?", "Should we stop writing?")],
    },
    FlowPlan {
        name: "VIP Tier Upgrade",
        status: "manual",
        archived: false,
        trigger: "Metric",
        steps: &[Part::Send(Channel::Email, "You're a VIP", "Welcome to the inner circle")],
    },
    FlowPlan {
        name: "Price Drop Alert",
        status: "draft",
        archived: false,
        trigger: "Price Drop",
        steps: &[Part::Send(Channel::Push, "Price drop push", "The price just dropped")],
    },
    FlowPlan {
        name: "Old Welcome (2021)",
        status: "manual",
        archived: true,
        trigger: "Added to List",
        steps: &[Part::Send(Channel::Email, "Welcome (old)", "Thanks for joining")],
    },
];
