//! What only flows have.

use super::{DELIVERIES, Definition, Good};

pub(super) const ALL: &[Definition] = &[
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
];
