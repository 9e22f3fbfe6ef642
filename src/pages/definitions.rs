//! What every number means: formula, denominator, what is left out, where it comes from, and the SQL that says so.
//!
//! Cards, columns and panels are named after these; `/definitions` shows them all with the SQL of their views.

use chrono::Utc;
use rocket::fairing::AdHoc;
use rocket::{State, get, routes};
use serde::Serialize;
use utoipa::ToSchema;

use super::Desk;
use crate::store::VIEWS;
use crate::web::{self, Error, Html, Shell, Visit};

/// One number.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Definition {
    /// As columns and cards are named.
    pub name: &'static str,
    pub title: &'static str,
    pub formula: &'static str,
    /// What it is a share of; empty where nothing is divided.
    pub over: &'static str,
    /// What is filtered out.
    pub without: &'static str,
    /// Whose definition it is, and which stored rows it rests on.
    pub source: &'static str,
    /// The view that defines it; empty where it is a plain count.
    pub view: &'static str,
    pub good: Good,
    pub bands: Option<Bands>,
}

/// The direction that is welcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Good {
    Up,
    Down,
    Neither,
}

impl Good {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Good::Up => "up",
            Good::Down => "down",
            Good::Neither => "",
        }
    }
}

/// Thresholds: beyond `healthy` all is well, beyond `attention` it is not, between them there is room for improvement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Bands {
    pub healthy: f64,
    pub attention: f64,
}

/// The definition of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|it| it.name == name)
}

/// The SQL of its view.
#[must_use]
pub fn sql(definition: &Definition) -> Option<&'static str> {
    VIEWS.iter().find(|(name, _)| *name == definition.view).map(|(_, sql)| *sql)
}

/// A definition with its SQL.
#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    definition: &'static Definition,
    sql: Option<&'static str>,
}

pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("definitions", |rocket| async { rocket.mount("/", routes![show]) })
}

#[get("/definitions")]
async fn show(desk: &State<Desk>, visit: Visit) -> Result<Html, Error> {
    let desk = desk.inner().clone();
    web::blocking(move || {
        let standing = desk.store.read(|db| super::standing(db, &desk.handle, Utc::now()))?;
        let all: Vec<Explained> =
            DEFINITIONS.iter().map(|definition| Explained { definition, sql: sql(definition) }).collect();
        web::draw("definitions.html", &Shell::new(visit, standing), &all)
    })
    .await
}

const DELIVERIES: &str = "Stored Received, Bounced and Failed events and what answered them";
const SENDS: &str = "Automated text answers and dropped e-mails, which were not sent";
const MACHINES: &str = "Opens by machines (Apple Privacy Open, machine_open), unless the page is set to count them; opens of text messages, which are not told";
const BOTS: &str = "Clicks by bots (Bot Click), unless the page is set to count them";

/// A share of deliveries, which most of them are.
const fn rate(
    name: &'static str,
    title: &'static str,
    formula: &'static str,
    without: &'static str,
    good: Good,
    bands: Option<Bands>,
) -> Definition {
    let over = "Deliveries: Received events of the messages. Nothing delivered: no rate";
    Definition { name, title, formula, over, without, source: DELIVERIES, view: "message_stats", good, bands }
}

const fn count(
    name: &'static str,
    title: &'static str,
    formula: &'static str,
    without: &'static str,
    good: Good,
) -> Definition {
    let view = "message_stats";
    Definition { name, title, formula, over: "", without, source: DELIVERIES, view, good, bands: None }
}

const fn money(name: &'static str, title: &'static str, formula: &'static str, over: &'static str) -> Definition {
    Definition {
        name,
        title,
        formula,
        over,
        without: "Orders in another currency and values that are no amount, both counted beside it. Refunds and cancellations are not taken off",
        source: "Stored events of the conversion metric, with Klaviyo's attribution",
        view: "conversions",
        good: Good::Up,
        bands: None,
    }
}

/// Bounds of Klaviyo's deliverability tab, help article 12695416712219.
const BOUNCE: Option<Bands> = Some(Bands { healthy: 0.01, attention: 0.02 });
const SPAM: Option<Bands> = Some(Bands { healthy: 0.0001, attention: 0.0005 });
const UNSUBSCRIBE: Option<Bands> = Some(Bands { healthy: 0.003, attention: 0.01 });
const OPEN: Option<Bands> = Some(Bands { healthy: 0.33, attention: 0.27 });
const CLICK: Option<Bands> = Some(Bands { healthy: 0.012, attention: 0.008 });

/// Every number that a page shows under a name of its own. Order: messages, money, people, forms, lists.
pub const DEFINITIONS: &[Definition] = &[
    count(
        "recipients",
        "Recipients",
        "Deliveries plus bounces (e-mail, push) or failures (text).",
        SENDS,
        Good::Neither,
    ),
    count("delivered", "Delivered", "Received events: messages that arrived.", SENDS, Good::Neither),
    count("bounced", "Bounced", "Bounced events.", SENDS, Good::Down),
    count("failed", "Failed", "Text messages that could not be delivered.", SENDS, Good::Down),
    count("opened", "Opened", "Deliveries that were opened at least once.", MACHINES, Good::Up),
    count("clicked", "Clicked", "Deliveries that were clicked at least once.", BOTS, Good::Up),
    count(
        "converted",
        "Converted",
        "Deliveries that Klaviyo attributes at least one conversion to.",
        "Conversions that are not attributed",
        Good::Up,
    ),
    count(
        "conversions",
        "Conversions",
        "Events of the conversion metric that Klaviyo attributes to the message.",
        "Conversions that are not attributed",
        Good::Up,
    ),
    rate(
        "open_rate",
        "Open rate",
        "Deliveries with at least one counted open, divided by deliveries whose opens are told.",
        MACHINES,
        Good::Up,
        OPEN,
    ),
    rate(
        "click_rate",
        "Click rate",
        "Deliveries with at least one counted click, divided by deliveries.",
        BOTS,
        Good::Up,
        CLICK,
    ),
    Definition {
        over: "Deliveries with at least one counted open",
        ..rate(
            "click_to_open_rate",
            "Click-to-open rate",
            "Deliveries that were clicked, divided by deliveries that were opened.",
            MACHINES,
            Good::Up,
            None,
        )
    },
    rate(
        "conversion_rate",
        "Conversion rate",
        "Deliveries with at least one attributed conversion, divided by deliveries.",
        "Conversions that Klaviyo does not attribute to the message",
        Good::Up,
        None,
    ),
    Definition {
        over: "Recipients",
        ..rate("bounce_rate", "Bounce rate", "Bounces divided by recipients.", SENDS, Good::Down, BOUNCE)
    },
    Definition {
        over: "Recipients",
        ..rate("delivery_rate", "Delivery rate", "Deliveries divided by recipients.", SENDS, Good::Up, None)
    },
    rate(
        "unsubscribe_rate",
        "Unsubscribe rate",
        "Deliveries with at least one unsubscribe, divided by deliveries.",
        "Unsubscribes that followed no known delivery",
        Good::Down,
        UNSUBSCRIBE,
    ),
    rate(
        "complaint_rate",
        "Spam complaint rate",
        "Deliveries that were marked as spam, divided by deliveries. Mail providers count it among inbox deliveries, which no sender is told.",
        "Complaints that followed no known delivery",
        Good::Down,
        SPAM,
    ),
    money("revenue", "Revenue", "Sum of the values of conversion events, gross.", ""),
    money(
        "attributed_revenue",
        "Attributed revenue",
        "Sum of the values of conversion events that Klaviyo attributes to a message.",
        "",
    ),
    Definition {
        view: "message_stats",
        ..money(
            "revenue_per_recipient",
            "Revenue per recipient",
            "Attributed revenue divided by recipients, as Klaviyo's reports divide it.",
            "Recipients: deliveries, bounces and failures",
        )
    },
    money("average_order_value", "Average order value", "Revenue divided by conversions.", "Conversions, not people"),
    money(
        "attributed_share",
        "Attributed share",
        "Attributed revenue divided by all revenue.",
        "All revenue of the conversion metric",
    ),
    Definition {
        name: "subscribers",
        title: "Active subscribers",
        formula: "Profiles that can receive e-mail marketing now.",
        over: "",
        without: "Suppressed and unsubscribed profiles, and profiles without consent. Their past is unknown before consent history exists",
        source: "Stored profiles and their subscriptions",
        view: "subscribers",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "form_submissions",
        title: "Form submissions",
        formula: "Submitted Form events, by the day of the event.",
        over: "",
        without: "Forms that were only viewed or closed",
        source: "Stored events of Klaviyo's sign-up forms",
        view: "form_events",
        good: Good::Up,
        bands: None,
    },
    // Overview.
    Definition {
        name: "change_reason",
        title: "Why it changed",
        formula: "Revenue is recipients × orders a recipient × value an order, and submissions are views × submissions a view. The change is taken apart into one effect a factor by the logarithmic mean, or, where a factor was nothing, by changing one after the other: the effects add up to the change. Effects below a tenth of the largest are not named.",
        over: "",
        without: "Changes of what was sent earlier, of which nobody was reached on these days; segments whose reports were not read for both spans of days",
        source: "Stored events by the day on which they happened, and Klaviyo's segment reports",
        view: "message_activity",
        good: Good::Neither,
        bands: None,
    },
    // Revenue and attribution.
    money("other", "Not attributed", "Revenue of conversions that no message is credited with.", ""),
    Definition {
        view: "bought",
        good: Good::Up,
        ..money("orders", "Orders", "Events of the conversion metric, by the day of the order.", "")
    },
    Definition {
        over: "Revenue of all orders of these days",
        good: Good::Neither,
        ..money("share_of_revenue", "Share of all revenue", "Revenue credited to it, divided by all revenue.", "")
    },
    Definition {
        good: Good::Neither,
        ..money(
            "share_of_orders",
            "Share of all orders",
            "Its orders divided by all orders of these days.",
            "All orders of these days",
        )
    },
    Definition {
        view: "credited_channels",
        ..money("their_revenue", "Revenue by Klaviyo", "Revenue of the orders that Klaviyo attributes to it.", "")
    },
    Definition {
        view: "last_touches",
        source: "Stored opens, clicks and text deliveries before every conversion",
        ..money(
            "touch_revenue",
            "Revenue by last touch",
            "Revenue of the orders whose last touch within the windows was of it.",
            "",
        )
    },
    Definition {
        view: "last_touches",
        good: Good::Neither,
        source: "Stored opens, clicks and text deliveries before every conversion",
        without: "Opens by machines and clicks by bots, unless the page is set to count them; touches outside of the windows; orders of nobody known",
        ..money(
            "last_touch",
            "Last touch",
            "An order is credited to the message that its person touched last before it: opened, clicked or, of a text, received, within the window of that kind of touch. In the same second a click goes before an open, and an open before a delivery. Windows are Klaviyo's defaults for new accounts unless the page says others.",
            "",
        )
    },
    Definition {
        view: "credits",
        good: Good::Neither,
        ..money(
            "attribution_agreement",
            "Agreement of both attributions",
            "Every order once: by whether Klaviyo and the last touch name the same message, each another, or only one of them any.",
            "All orders of these days",
        )
    },
    Definition {
        view: "last_touches",
        good: Good::Neither,
        source: "Stored opens, clicks and text deliveries before every conversion",
        ..money(
            "attribution_overlap",
            "Overlap",
            "Every order once: by how many messages, of how many channels, its person touched within the windows before it.",
            "All orders of these days",
        )
    },
    Definition {
        view: "refunds",
        good: Good::Down,
        without: "Those in another currency or with a value that is no amount. They are never taken off revenue",
        source: "Stored Refunded Order and Cancelled Order events",
        ..money(
            "refunds",
            "Refunds and cancellations",
            "Refunded and cancelled orders, by the day that this happened.",
            "",
        )
    },
    Definition {
        view: "",
        good: Good::Neither,
        without: "Days that are not over or not copied in full",
        source: "Klaviyo's metric aggregates, read daily, and stored events",
        ..money(
            "metric_agreement",
            "Agreement with Klaviyo's count",
            "Klaviyo's count and sum of the conversion metric a day beside those of the stored events, whatever their currency.",
            "",
        )
    },
    Definition {
        view: "reported_messages",
        good: Good::Neither,
        without: "",
        source: "Klaviyo's campaign and flow reports, read daily, and stored events",
        ..money(
            "report_agreement",
            "Klaviyo's reports",
            "What Klaviyo reports of messages sent in a month beside what the stored events say of the same sends. Reports add up all currencies and are restated while orders come in.",
            "",
        )
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_is_defined_once_and_its_view_exists() {
        let names: BTreeSet<_> = DEFINITIONS.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), DEFINITIONS.len());
        for it in DEFINITIONS {
            assert!(it.view.is_empty() || sql(it).is_some(), "{} rests on an unknown view {}", it.name, it.view);
            assert!(!it.formula.is_empty() && !it.source.is_empty(), "{} says too little", it.name);
        }
    }

    #[test]
    fn bands_lie_on_the_side_that_is_welcome() {
        for it in DEFINITIONS {
            let Some(bands) = it.bands else { continue };
            assert_eq!(it.good == Good::Up, bands.healthy > bands.attention, "{}", it.name);
        }
    }
}
