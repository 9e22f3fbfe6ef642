//! What a person asks on their own.

use super::{Definition, Good};

pub(super) const ALL: &[Definition] = &[Definition {
    name: "explored_events",
    title: "Events of a metric",
    formula: "Events of the metric on the local days of the range: counted, counted by their different profiles, or with their values summed or averaged. What it is compared with are the same counts of the days compared with, each at its place in the range.",
    over: "Averages: events with a value",
    without: "Events that the filters leave out, and values in another currency. Bots and machines are not left out here",
    source: "Stored events, or the sums that are kept up with them where nothing is filtered or grouped",
    view: "explored_events",
    good: Good::Neither,
    bands: None,
}];
