//! What became of messages, whatever sent them.

use super::{BOTS, BOUNCE, CLICK, Definition, Good, MACHINES, OPEN, SENDS, SPAM, UNSUBSCRIBE, count, money, rate};

pub(super) const ALL: &[Definition] = &[
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
        Some(OPEN),
    ),
    Definition {
        over: "Deliveries that were opened, by people or machines",
        ..rate(
            "machine_open_share",
            "Opened by machines alone",
            "Deliveries that only machines opened, such as Apple's Mail Privacy Protection, divided by all that were opened. By the day of sending.",
            "Opens of text messages, which are not told; days of the event, on which the opens of one delivery may be apart",
            Good::Neither,
            None,
        )
    },
    rate(
        "click_rate",
        "Click rate",
        "Deliveries with at least one counted click, divided by deliveries whose clicks are told: a tap on a push message is an open.",
        BOTS,
        Good::Up,
        Some(CLICK),
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
        over: "Recipients of e-mail and push messages",
        ..rate(
            "bounce_rate",
            "Bounce rate",
            "Bounces divided by recipients. A text that does not arrive is not bounced, it failed.",
            SENDS,
            Good::Down,
            Some(BOUNCE),
        )
    },
    Definition {
        over: "Recipients",
        ..rate("delivery_rate", "Delivery rate", "Deliveries divided by recipients.", SENDS, Good::Up, None)
    },
    rate(
        "unsubscribe_rate",
        "Unsubscribe rate",
        "Deliveries with at least one unsubscribe, divided by deliveries of e-mail and texts: no other channel tells.",
        "Unsubscribes that followed no known delivery",
        Good::Down,
        Some(UNSUBSCRIBE),
    ),
    rate(
        "complaint_rate",
        "Spam complaint rate",
        "E-mails that were marked as spam, divided by deliveries of e-mail. Mail providers count it among inbox deliveries, which no sender is told.",
        "Complaints that followed no known delivery",
        Good::Down,
        Some(SPAM),
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
    Definition {
        view: "message_stats",
        ..money(
            "revenue_per_delivered",
            "Revenue per delivered",
            "Attributed revenue divided by deliveries, as Klaviyo's home dashboard divides it.",
            "Deliveries: Received events of the messages",
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
];
