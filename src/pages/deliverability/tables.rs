//! The tables of the deliverability page.

use super::{CHANNELS, DAYS, DOMAINS, FAILURES, PROVIDERS, WORST};
use crate::pages::messages as measures;
use crate::pages::sheet::{Column, Sheet, Unit, joined};
use crate::pages::view::JUDGED_LEAST;
use crate::store::Query;

pub(super) static WORST_SENDS: Sheet = Sheet {
    name: "worst_sends",
    title: "Messages that fared worst",
    query: WORST,
    by_event: None,
    columns: &[
        Column::text("name", "Message"),
        Column::new("channel", "Channel", Unit::Badge),
        measures::RECIPIENTS,
        measures::DELIVERED,
        Column::new("times_limit", "Times the limit", Unit::Number),
        measures::BOUNCED,
        measures::BOUNCE_RATE,
        measures::FAILED,
        measures::FAILURE_RATE,
        measures::COMPLAINED,
        measures::COMPLAINT_RATE,
        measures::UNSUBSCRIBED,
        measures::UNSUBSCRIBE_RATE,
        measures::OPENABLE,
        measures::OPENED,
        measures::OPEN_RATE,
        measures::CLICKED,
        measures::CLICK_RATE,
    ],
    order: "-times_limit",
    search: &["name"],
    // Its id says whether it is a campaign's or a flow's.
    link: Some("/"),
    sample: Some(("recipients", JUDGED_LEAST)),
    nothing: "No message reached a hundred recipients in these days; ask for fewer below “at least”.",
};

pub(super) static BY_DAY: Sheet = Sheet {
    name: "deliverability_days",
    title: "Deliverability by day",
    query: DAYS,
    by_event: None,
    columns: &[
        Column::new("date", "Day", Unit::Day),
        measures::RECIPIENTS,
        measures::DELIVERED,
        measures::BOUNCED,
        measures::BOUNCE_RATE.out_of("recipients"),
        measures::FAILED,
        measures::FAILURE_RATE.out_of("recipients"),
        measures::COMPLAINED,
        measures::COMPLAINT_RATE.out_of("delivered"),
        measures::UNSUBSCRIBED,
        measures::UNSUBSCRIBE_RATE.out_of("delivered"),
        measures::OPENABLE,
        measures::OPENED,
        measures::OPEN_RATE,
        measures::CLICKED,
        measures::CLICK_RATE.out_of("delivered"),
        measures::MACHINE_OPENS,
        measures::BOT_CLICKS,
    ],
    order: "date",
    search: &[],
    link: None,
    sample: None,
    nothing: "Nothing was sent in these days.",
};

pub(super) static BY_CHANNEL: Sheet = Sheet {
    name: "deliverability_channels",
    title: "Deliverability by channel",
    query: CHANNELS,
    by_event: None,
    columns: &[
        Column::text("channel", "Channel"),
        measures::RECIPIENTS,
        measures::DELIVERED,
        Column { is_hidden: false, ..measures::DELIVERY_RATE },
        measures::BOUNCED,
        measures::BOUNCE_RATE.without_total(),
        measures::FAILED,
        measures::FAILURE_RATE.without_total(),
        measures::COMPLAINED,
        measures::COMPLAINT_RATE.without_total(),
        measures::UNSUBSCRIBED,
        measures::UNSUBSCRIBE_RATE.without_total(),
        measures::OPENED,
        measures::OPEN_RATE.without_total(),
        measures::CLICKED,
        measures::CLICK_RATE.without_total(),
    ],
    order: "-recipients",
    search: &[],
    link: None,
    sample: Some(("recipients", JUDGED_LEAST)),
    nothing: "Nothing was sent in these days.",
};

/// How e-mail fared by where its mailboxes are; `columns` begin with what says where.
const fn by_mailbox(name: &'static str, title: &'static str, query: Query, columns: &'static [Column]) -> Sheet {
    Sheet {
        name,
        title,
        query,
        by_event: None,
        columns,
        order: "-recipients",
        search: &[],
        link: None,
        sample: Some(("recipients", JUDGED_LEAST)),
        nothing: "No e-mail was sent in these days.",
    }
}

const OF_MAILBOXES: [Column; 12] = [
    Column { has_bar: true, ..measures::RECIPIENTS },
    measures::DELIVERED,
    measures::BOUNCED,
    measures::BOUNCE_RATE.out_of("recipients"),
    measures::COMPLAINED,
    measures::COMPLAINT_RATE.out_of("delivered"),
    measures::UNSUBSCRIBED,
    measures::UNSUBSCRIBE_RATE.out_of("delivered"),
    measures::OPENED,
    Column::share("open_rate", "Open rate", "opened", "delivered"),
    measures::CLICKED,
    measures::CLICK_RATE.out_of("delivered"),
];

pub(super) static BY_PROVIDER: Sheet = by_mailbox(
    "deliverability_providers",
    "Deliverability by mailbox provider",
    PROVIDERS,
    &joined::<13>(&[Column::text("provider", "Provider")], &OF_MAILBOXES),
);

pub(super) static BY_DOMAIN: Sheet = by_mailbox(
    "deliverability_domains",
    "Deliverability by mailbox domain",
    DOMAINS,
    &joined::<14>(&[Column::text("domain", "Domain"), Column::text("provider", "Provider").hidden()], &OF_MAILBOXES),
);

pub(super) static BY_FAILURE: Sheet = Sheet {
    name: "send_failures",
    title: "Why messages did not arrive",
    query: FAILURES,
    by_event: None,
    columns: &[
        Column::text("failure", "What Klaviyo says"),
        Column::new("channel", "Channel", Unit::Badge),
        Column::text("source", "Told by").hidden(),
        Column::count("failures", "Messages").with_bar(),
        Column::count("people", "People").without_total(),
    ],
    order: "-failures",
    search: &[],
    link: None,
    sample: None,
    nothing: "Every message arrived in these days.",
};
