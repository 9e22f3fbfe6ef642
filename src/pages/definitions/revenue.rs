//! What was earned, and whom it is credited to.

use super::{Definition, Good, money};

pub(super) const ALL: &[Definition] = &[
    money("other", "Not attributed", "Revenue of conversions that no message is credited with.", ""),
    Definition {
        view: "bought",
        good: Good::Up,
        ..money(
            "orders",
            "Orders",
            "Events of the conversion metric, by the day of the order; by that of sending where the page is set to it.",
            "",
        )
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
