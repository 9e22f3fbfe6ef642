//! The tables of the audience page.

use super::{DAYS, ENGAGED, GROWTH, LEFT_ALONE, PEOPLE, REASONS, SOURCES};
use crate::pages::sheet::{Column, Sheet, Total, Unit};
use crate::range::Channel;

pub(super) static PROFILES: Sheet = Sheet {
    name: "profiles",
    title: "Profiles",
    query: PEOPLE,
    by_event: None,
    columns: &[
        Column::text("contact", "Profile"),
        Column::text("name", "Name"),
        Column::text("channels", "Can receive"),
        Column::new("engaged_at", "Last engaged", Unit::Moment),
        Column::count("orders", "Orders"),
        Column::money("revenue", "Revenue").with_bar(),
        Column::count("received", "Messages"),
        Column::text("phone_number", "Phone"),
        Column::text("email", "E-mail").hidden(),
        Column::text("external_id", "External id").hidden(),
        Column::text("id", "Id").hidden(),
        Column::new("created_at", "Created", Unit::Moment).hidden(),
    ],
    order: "-engaged_at",
    search: &["email", "name", "phone_number", "external_id", "id"],
    link: Some("/audience/"),
    sample: None,
    nothing: "Nobody is found. A part of an e-mail address, a name, a phone number or an id is enough.",
};

pub(super) static BY_CHANNEL: Sheet = Sheet {
    name: "audience_channels",
    title: "Subscribers by channel",
    query: GROWTH,
    by_event: None,
    columns: &[
        Column::text("channel", "Channel"),
        Column::count("subscribers", "Now").with_bar().without_total(),
        Column { total: Total::Nothing, ..Column::new("subscribed_share", "Of all profiles", Unit::Share) },
        Column::count("at_start", "At the start").without_total(),
        Column::count("joined", "Joined").without_total(),
        Column::count("lost", "Left").without_total(),
        Column::count("net_change", "Net change").without_total(),
        Column::new("growth_rate", "Growth", Unit::Share),
        Column::new("churn_rate", "Churn", Unit::Share),
    ],
    order: "-subscribers",
    search: &[],
    link: None,
    sample: None,
    nothing: "No profiles are copied yet.",
};

pub(super) static BY_DAY: Sheet = Sheet {
    name: "audience_days",
    title: "The audience by day",
    query: DAYS,
    by_event: None,
    columns: &[
        Column::new("date", "Day", Unit::Day),
        Column::count("email", Channel::Email.title()).without_total(),
        Column::count("sms", Channel::Sms.title()).without_total(),
        Column::count("push", Channel::Push.title()).without_total(),
        Column::count("whatsapp", Channel::Whatsapp.title()).without_total(),
        Column::count("sign_ups", "Subscribed"),
        Column::count("unsubscribes", "Unsubscribed"),
        Column::count("complaints", "Marked as spam"),
        Column::count("hard_bounces", "Bounced for good"),
        Column::count("losses", "Lost"),
    ],
    order: "date",
    search: &[],
    link: None,
    sample: None,
    nothing: "Nothing is known of these days.",
};

pub(super) static BY_REASON: Sheet = Sheet {
    name: "audience_reasons",
    title: "Why people joined and left",
    query: REASONS,
    by_event: None,
    columns: &[
        Column::text("reason", "Why"),
        Column::new("direction", "Way", Unit::Badge),
        Column::new("channel", "Channel", Unit::Badge),
        Column::count("people", "People").with_bar().without_total(),
    ],
    order: "-people",
    search: &[],
    link: None,
    sample: None,
    nothing: "Nobody's consent changed in these days, as far as its history reaches back.",
};

pub(super) static BY_SOURCE: Sheet = Sheet {
    name: "audience_sources",
    title: "Where subscribers came from",
    query: SOURCES,
    by_event: None,
    columns: &[
        Column::text("subscription_source", "Consent given by"),
        Column::new("channel", "Channel", Unit::Badge),
        Column::count("people", "People").with_bar().without_total(),
        Column::text("method", "Method").hidden(),
        Column::text("detail", "Detail").hidden(),
    ],
    order: "-people",
    search: &[],
    link: None,
    sample: None,
    nothing: "Nobody can be written to.",
};

pub(super) static BY_WINDOW: Sheet = Sheet {
    name: "audience_engagement",
    title: "Engagement of e-mail subscribers",
    query: ENGAGED,
    by_event: None,
    columns: &[
        Column::text("window_name", "E-mail subscribers"),
        Column::count("people", "People").with_bar().without_total(),
        Column::new("share_of_subscribers", "Share", Unit::Share),
        Column::new("step", "Step", Unit::Count).hidden(),
        Column::count("emailable", "Subscribers").without_total().hidden(),
        Column::count("profiles", "Profiles").without_total().hidden(),
        Column::count("suppressed", "Suppressed").without_total().hidden(),
    ],
    order: "step",
    search: &[],
    link: None,
    sample: None,
    nothing: "No profiles are copied yet.",
};

pub(super) static SUNSET: Sheet = Sheet {
    name: "sunset_candidates",
    title: "Sunset candidates",
    query: LEFT_ALONE,
    by_event: None,
    columns: &[
        Column::text("email", "Profile"),
        Column::text("name", "Name"),
        Column::new("emails_received", "E-mails received", Unit::Count),
        Column::new("last_emailed_at", "Last e-mailed", Unit::Moment),
        Column::new("engaged_at", "Last engaged", Unit::Moment),
        Column::count("orders", "Orders"),
        Column::money("revenue", "Revenue"),
        Column::new("first_emailed_at", "First e-mailed", Unit::Moment).hidden(),
        Column::text("id", "Id").hidden(),
    ],
    order: "-emails_received",
    search: &[],
    link: Some("/audience/"),
    sample: None,
    nothing: "Nobody: whoever is e-mailed often enough has been engaged since.",
};
