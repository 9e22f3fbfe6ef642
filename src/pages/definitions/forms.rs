//! Sign-up forms.

use super::{Definition, FORM_EVENTS, Good, SUBMIT, money};

pub(super) const ALL: &[Definition] = &[
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
        bands: Some(SUBMIT),
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
];
