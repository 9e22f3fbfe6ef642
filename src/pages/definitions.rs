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

/// Bands of form submit rates, of which 3% is the baseline of Klaviyo's strategists.
const SUBMIT: Option<Bands> = Some(Bands { healthy: 0.05, attention: 0.03 });

const FORM_EVENTS: &str = "Stored events of Klaviyo's sign-up forms";

/// Of a segment or list.
const fn group(
    name: &'static str,
    title: &'static str,
    formula: &'static str,
    over: &'static str,
    without: &'static str,
    view: &'static str,
) -> Definition {
    let source = "Klaviyo's reports of segments, and copied members of lists and segments";
    Definition { name, title, formula, over, without, source, view, good: Good::Up, bands: None }
}

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
    // Flows.
    Definition {
        name: "health",
        title: "Health of a flow",
        formula: "Conversion rate and revenue per recipient of what was sent in the range, against what the flow sent in the 90 days before. Better or worse is said where one of them differs so much that chance makes as large a difference in fewer than 5 of 100 cases; mixed where they point in both directions.",
        over: "Deliveries for the conversion rate, recipients for the revenue. Either side needs 100 deliveries and 5 expected conversions, for the revenue 10 conversions",
        without: "Sends of the last five days, which have not had the time to convert. The values of orders are taken to vary as much as their mean is large",
        source: DELIVERIES,
        view: "flow_health",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "conversion_hours",
        title: "Time to convert",
        formula: "Hours from the latest delivery of the message to a conversion that Klaviyo attributes to it; their median, and how many fall into each span.",
        over: "",
        without: "Conversions before any known delivery of the message",
        source: DELIVERIES,
        view: "conversion_delays",
        good: Good::Down,
        bands: None,
    },
    // Forms.
    Definition {
        name: "views",
        title: "Form views",
        formula: "Viewed Form events, by the day of the event.",
        over: "",
        without: "People whom Klaviyo does not know, of whom there are no events",
        source: FORM_EVENTS,
        view: "form_events",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "submissions",
        title: "Submissions",
        formula: "Submitted Form events, by the day of the event.",
        over: "",
        without: "Forms that were only viewed or closed",
        source: FORM_EVENTS,
        view: "form_events",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "submit_rate",
        title: "Submit rate",
        formula: "Submissions divided by views: below 3% poor, to 5% fair, to 7% good, to 10% very good, above excellent.",
        over: "Views of the form. No views: no rate",
        without: "People whom Klaviyo does not know, of whom there are no events",
        source: FORM_EVENTS,
        view: "form_events",
        good: Good::Up,
        bands: SUBMIT,
    },
    Definition {
        name: "form_converted",
        title: "Bought after signing up",
        formula: "Profiles that submitted the form in the range and had a conversion within five days after it.",
        over: "",
        without: "Conversions later than five days; who submitted in the last five days may still buy",
        source: FORM_EVENTS,
        view: "form_conversions",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "form_conversion_rate",
        title: "Bought within 5 days",
        formula: "Profiles with a conversion within five days after their submission, divided by profiles that submitted.",
        over: "Profiles with a submission in the range, each once",
        without: "Conversions later than five days; who submitted in the last five days may still buy",
        source: FORM_EVENTS,
        view: "form_conversions",
        good: Good::Up,
        bands: None,
    },
    Definition {
        source: FORM_EVENTS,
        view: "form_conversions",
        ..money(
            "form_revenue",
            "Revenue after signing up",
            "Sum of the values of conversions within five days after a submission of the form, each conversion once.",
            "",
        )
    },
    // Segments and lists.
    Definition {
        good: Good::Neither,
        ..group(
            "groups",
            "Segments and lists",
            "Segments and lists that there are in Klaviyo now.",
            "",
            "What was deleted there",
            "member_groups",
        )
    },
    group(
        "members",
        "Members",
        "Profiles in the segment or on the list, as Klaviyo last counted them.",
        "",
        "Its size by day is Klaviyo's report for segments, and counted back from present members for lists",
        "group_days",
    ),
    group(
        "joined",
        "Joined",
        "Profiles that came into the segment or onto the list in the range.",
        "",
        "On lists, whoever came and left before the members were read",
        "group_days",
    ),
    Definition {
        good: Good::Down,
        ..group(
            "gone",
            "Left",
            "Profiles that went out of the segment or off the list in the range. Of lists it is dated when it was noticed.",
            "",
            "On lists, whoever left before the members were first read",
            "group_days",
        )
    },
    group(
        "net_members",
        "Net change",
        "Profiles that joined, less those that left.",
        "",
        "As for those two",
        "group_days",
    ),
    group(
        "group_growth",
        "Growth",
        "Joined less left, divided by the size before the first day of the range that is known.",
        "Members at the beginning",
        "Days of which nothing is known",
        "group_days",
    ),
    group(
        "member_conversion_rate",
        "Members who bought",
        "Members with at least one conversion in the range, divided by members.",
        "Members that are copied",
        "Groups whose members are not copied; who has left meanwhile",
        "member_results",
    ),
    group(
        "member_revenue",
        "Revenue of members",
        "Sum of the values of conversions in the range by who is a member now, attributed or not.",
        "",
        "Groups whose members are not copied; orders in another currency and values that are no amount",
        "member_results",
    ),
    group(
        "revenue_per_member",
        "Revenue per member",
        "Revenue of members divided by members.",
        "Members that are copied",
        "Groups whose members are not copied",
        "member_results",
    ),
    Definition {
        good: Good::Neither,
        ..group(
            "shared",
            "Shared members",
            "Profiles that are in both, as a count and as a share of either.",
            "Members of this group, and of the other",
            "Groups whose members are not copied",
            "memberships",
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
