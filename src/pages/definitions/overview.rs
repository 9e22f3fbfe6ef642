//! What only the overview says.

use super::{Definition, Good};

pub(super) const ALL: &[Definition] = &[Definition {
    name: "change_reason",
    title: "Why it changed",
    formula: "Revenue is recipients × orders a recipient × value an order, and submissions are views × submissions a view. The change is taken apart into one effect a factor by the logarithmic mean, or, where a factor was nothing, by changing one after the other: the effects add up to the change. Effects below a tenth of the largest are not named. On fewer than five days orders stand in for recipients, because most of them follow earlier sends.",
    over: "",
    without: "Changes of what was sent earlier, of which nobody was reached on these days; segments whose reports were not read for both spans of days",
    source: "Stored events by the day on which they happened, and Klaviyo's segment reports",
    view: "message_activity",
    good: Good::Neither,
    bands: None,
}];
