//! How messages arrive.

use super::{Bands, DELIVERIES, Definition, Good, SENDS, rate};

pub(super) const ALL: &[Definition] = &[
    Definition {
        over: "Recipients of texts",
        ..rate(
            "failure_rate",
            "Failure rate",
            "Text messages that could not be delivered, divided by recipients.",
            SENDS,
            Good::Down,
            None,
        )
    },
    Definition {
        name: "sender_health",
        title: "Sender health",
        formula: "Our own formula, from 0 to 100; not a score of Klaviyo's, whose formula is not public. Of the e-mail sent in the thirty days up to the end of the range, each rate scores from 0, where it needs attention, in a straight line to 1, where it is healthy. The score is the sum of weight times that: spam complaints 30, clicks 25, bounces 20, unsubscribes 15, opens 10. Up to 49 poor, from 50 fair, from 75 good, from 90 excellent.",
        over: "At least 1,000 e-mails; below that there is no score",
        without: "Opens by machines and clicks by bots, always; channels other than e-mail",
        source: DELIVERIES,
        view: "daily_messages",
        good: Good::Up,
        bands: None,
    },
    Definition {
        name: "times_limit",
        title: "Times the limit",
        formula: "The largest of three: bounce rate, spam complaint rate and unsubscribe rate, each divided by the bound from which on it needs attention. From 1 on the message is beyond one of them.",
        over: "Bounds of Klaviyo's deliverability tab: 2 %, 0.05 % and 1 %",
        without: "Channels other than e-mail, for which no bounds are published",
        source: DELIVERIES,
        view: "daily_messages",
        good: Good::Down,
        bands: Some(Bands { healthy: 0.5, attention: 1.0 }),
    },
    Definition {
        name: "failures",
        title: "Messages that did not arrive",
        formula: "Bounced and Failed to Deliver events by what Klaviyo says of them: Bounce Type (hard: there is no such mailbox; soft: it did not take the message now) or Failure Type.",
        over: "",
        without: "Dropped messages, which were never sent",
        source: "Stored Bounced and Failed events with their properties",
        view: "send_failures",
        good: Good::Down,
        bands: None,
    },
];
