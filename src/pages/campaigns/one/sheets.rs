//! The tables of a campaign's page.

use crate::pages::campaigns::{ARMS, CLIENTS_QUERY, LINKS_QUERY, MAILBOXES_QUERY, ORDERS_QUERY, PROVIDERS_QUERY};
use crate::pages::messages as measures;
use crate::pages::sheet::{Column, Sheet, Unit};
use crate::pages::view::JUDGED_LEAST;

pub(super) static ORDERS: Sheet = Sheet {
    name: "campaign_orders",
    title: "Conversions",
    query: ORDERS_QUERY,
    by_event: None,
    columns: &[
        Column::text("person", "Who"),
        Column::new("converted_at", "When", Unit::Moment),
        Column::money("order_value", "Value"),
        Column::new("touched", "After they", Unit::Badge),
        Column::new("hours_since_touch", "Time since", Unit::Hours),
        Column::new("is_foreign", "In another currency", Unit::Flag).hidden(),
        Column::new("is_unreadable", "Value is no amount", Unit::Flag).hidden(),
        Column::text("event_id", "Event").hidden(),
    ],
    order: "-converted_at",
    search: &["person"],
    link: Some("/audience/"),
    sample: None,
    nothing: "No conversion is attributed to this campaign.",
};

pub(super) static LINKS: Sheet = Sheet {
    name: "campaign_links",
    title: "Links",
    query: LINKS_QUERY,
    by_event: None,
    columns: &[
        Column::new("url", "Link", Unit::Link),
        Column::count("link_clickers", "People").without_total(),
        Column::count("link_clicks", "Clicks").with_bar(),
        Column { unit: Unit::Share, ..Column::new("clicks_per_recipient", "Clicks per recipient", Unit::Share) },
    ],
    order: "-link_clicks",
    search: &[],
    link: None,
    sample: None,
    nothing: "Nobody clicked a link, as far as the events tell.",
};

pub(super) static PROVIDERS: Sheet = Sheet {
    name: "campaign_providers",
    title: "Mailbox providers",
    query: PROVIDERS_QUERY,
    by_event: None,
    columns: &[
        Column::text("provider", "Provider"),
        measures::RECIPIENTS.hidden(),
        Column::count("delivered", "Delivered"),
        measures::OPENED,
        Column::share("open_rate", "Open rate", "opened", "delivered"),
        measures::CLICKED,
        measures::CLICK_RATE.out_of("delivered"),
        measures::BOUNCED,
        measures::BOUNCE_RATE.out_of("recipients"),
    ],
    order: "-delivered",
    search: &[],
    link: None,
    sample: Some(("delivered", JUDGED_LEAST)),
    nothing: "No e-mail was sent.",
};

pub(super) static MAILBOXES: Sheet = Sheet {
    name: "campaign_domains",
    title: "Mailbox domains",
    query: MAILBOXES_QUERY,
    by_event: None,
    columns: &[
        Column::text("domain", "Domain"),
        Column::text("provider", "Provider").hidden(),
        measures::RECIPIENTS.hidden(),
        Column::count("delivered", "Delivered"),
        measures::OPENED,
        Column::share("open_rate", "Open rate", "opened", "delivered"),
        measures::CLICKED,
        measures::CLICK_RATE.out_of("delivered"),
        measures::BOUNCED,
        measures::BOUNCE_RATE.out_of("recipients"),
    ],
    order: "-delivered",
    search: &[],
    link: None,
    sample: Some(("delivered", JUDGED_LEAST)),
    nothing: "No e-mail was sent.",
};

pub(super) static CLIENTS: Sheet = Sheet {
    name: "campaign_clients",
    title: "Programs and devices",
    query: CLIENTS_QUERY,
    by_event: None,
    columns: &[
        Column::text("client", "Program"),
        Column::text("system", "System"),
        Column::new("device", "Device", Unit::Badge),
        Column::count("client_openers", "Opened").without_total(),
        Column::count("client_clickers", "Clicked").without_total(),
        Column::count("client_people", "People").without_total(),
    ],
    order: "-client_people",
    search: &[],
    link: None,
    sample: None,
    nothing: "No event tells what it was opened or clicked with.",
};

pub(super) static VARIATIONS: Sheet = Sheet {
    name: "campaign_variations",
    title: "Variations",
    query: ARMS,
    by_event: None,
    columns: &[
        Column::text("name", "Variation"),
        Column::text("message_id", "Message").hidden(),
        Column::text("variation_id", "Variation id").hidden(),
        measures::RECIPIENTS,
        measures::DELIVERED,
        measures::OPENABLE,
        measures::OPENED,
        measures::OPEN_RATE,
        measures::CLICKED,
        measures::CLICK_RATE.out_of("delivered"),
        measures::CONVERTED,
        measures::CONVERSION_RATE,
        measures::CONVERSIONS,
        measures::REVENUE,
        measures::REVENUE_PER_RECIPIENT,
        measures::UNSUBSCRIBED,
        measures::UNSUBSCRIBE_RATE.out_of("delivered"),
        measures::BOUNCED,
        measures::FAILED,
        measures::COMPLAINED,
        measures::MACHINE_OPENS,
        measures::BOT_CLICKS,
    ],
    order: "-recipients",
    search: &[],
    link: None,
    sample: Some(("recipients", 1_000)),
    nothing: "Nothing was sent yet.",
};
