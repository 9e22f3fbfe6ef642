//! What rules judge: a table each, with a row's verdict and that in words.

use super::super::sheet::{Column, Sheet, Unit};
use crate::query;
use crate::store::Query;

/// Everything that a rule judged; what does not pass stands first.
const fn evidence(name: &'static str, query: Query, columns: &'static [Column], link: Option<&'static str>) -> Sheet {
    let nothing = "There is nothing that this could be judged by.";
    let (order, search) = ("verdict", &["name"]);
    Sheet { name, title: "Evidence", query, by_event: None, columns, order, search, link, sample: None, nothing }
}

const VERDICT: Column = Column::new("verdict", "Verdict", Unit::Badge);
const IN_WORDS: Column = Column::text("finding", "In words").hidden();
const CHANNEL: Column = Column::new("channel", "Channel", Unit::Badge);
const STATUS: Column = Column::new("status", "Status", Unit::Badge);
const DELIVERED: Column = Column::new("delivered", "Delivered", Unit::Count);
const SHARE: Column = Column::new("judged_share", "Share", Unit::Share);
const RECIPIENTS_LATELY: Column = Column::new("recipients", "Recipients lately", Unit::Count);
const LAST_SENT: Column = Column::new("last_on", "Last sent", Unit::Day);
const TRIGGER: Column = Column::text("trigger_type", "Trigger");
const INTEGRATION: Column = Column::text("integration", "Integration");
const EVENTS_LATELY: Column = Column::new("events", "Events lately", Unit::Count);

pub(super) static EXPECTED: Sheet = evidence(
    "audit_expected_flow",
    query!("audit/expected_flow"),
    &[Column::text("name", "Flow"), VERDICT, STATUS, TRIGGER, RECIPIENTS_LATELY, LAST_SENT, IN_WORDS],
    None,
);

pub(super) static IDLE: Sheet = evidence(
    "audit_idle_flows",
    query!("audit/idle_flows"),
    &[Column::text("name", "Flow"), VERDICT, TRIGGER, RECIPIENTS_LATELY, LAST_SENT, IN_WORDS],
    Some("/flows/"),
);

pub(super) static DRAFTS: Sheet = evidence(
    "audit_draft_flows",
    query!("audit/draft_flows"),
    &[Column::text("name", "Flow"), VERDICT, STATUS, Column::new("updated_at", "Last changed", Unit::Moment), IN_WORDS],
    Some("/flows/"),
);

pub(super) static WEAK: Sheet = evidence(
    "audit_weak_messages",
    query!("audit/weak_messages"),
    &[
        Column::text("name", "Message"),
        VERDICT,
        Column::text("flow", "Flow"),
        CHANNEL,
        DELIVERED,
        Column::new("clicked", "Clicked", Unit::Count),
        Column::new("click_rate", "Click rate", Unit::Share),
        Column::new("sibling_rate", "Siblings", Unit::Share),
        IN_WORDS,
    ],
    Some("/flows/"),
);

pub(super) static ATTRIBUTED: Sheet = evidence(
    "audit_attribution",
    query!("audit/attribution"),
    &[
        Column::text("name", "Part"),
        VERDICT,
        Column::new("revenue", "Revenue", Unit::Money),
        Column::new("attributed", "Attributed", Unit::Money),
        Column::new("by_flows", "By flows", Unit::Money),
        SHARE,
        Column::new("least", "From", Unit::Share),
        Column::new("most", "To", Unit::Share),
        IN_WORDS,
    ],
    None,
);

pub(super) static BOUNDS: Sheet = evidence(
    "audit_rates",
    query!("audit/rates"),
    &[
        Column::text("name", "Sent by"),
        VERDICT,
        Column::text("kind", "Kind"),
        CHANNEL,
        Column::new("recipients", "Recipients", Unit::Count),
        Column::new("counted", "Counted", Unit::Count),
        Column::new("whole", "Of", Unit::Count),
        Column::new("judged_rate", "Rate", Unit::Share),
        Column::new("healthy", "Healthy", Unit::Share),
        Column::new("attention", "Attention", Unit::Share),
        IN_WORDS,
    ],
    None,
);

pub(super) static MACHINES: Sheet = evidence(
    "audit_machine_opens",
    query!("audit/machine_opens"),
    &[
        Column::text("name", "Sent by"),
        VERDICT,
        Column::new("opened", "Opened", Unit::Count),
        Column::new("opened_or_machine", "Opened, machines too", Unit::Count),
        Column::new("judged_share", "By machines alone", Unit::Share),
        IN_WORDS,
    ],
    None,
);

pub(super) static DORMANCY: Sheet = evidence(
    "audit_dormant",
    query!("audit/dormant"),
    &[
        Column::text("name", "Who"),
        VERDICT,
        Column::new("reachable", "Profiles", Unit::Count),
        Column::new("dormant", "Dormant", Unit::Count),
        SHARE,
        IN_WORDS,
    ],
    None,
);

pub(super) static DORMANT_REACHED: Sheet = evidence(
    "audit_dormant_sends",
    query!("audit/dormant_sends"),
    &[
        Column::text("name", "Campaign"),
        VERDICT,
        DELIVERED,
        Column::new("to_dormant", "To the dormant", Unit::Count),
        SHARE,
        IN_WORDS,
    ],
    Some("/campaigns/"),
);

pub(super) static SUPPRESSIONS: Sheet = evidence(
    "audit_suppressed",
    query!("audit/suppressed"),
    &[
        Column::text("name", "Reason"),
        VERDICT,
        Column::new("suppressed", "Suppressed", Unit::Count),
        Column::new("profiles", "Profiles", Unit::Count),
        SHARE,
        IN_WORDS,
    ],
    None,
);

pub(super) static NET: Sheet = evidence(
    "audit_growth",
    query!("audit/growth"),
    &[
        Column::text("name", "Channel"),
        VERDICT,
        Column::new("gained", "Gained", Unit::Count),
        Column::new("lost", "Lost", Unit::Count),
        Column::new("net", "Net", Unit::Count),
        IN_WORDS,
    ],
    None,
);

pub(super) static SEGMENTS: Sheet = evidence(
    "audit_segment_sizes",
    query!("audit/segment_sizes"),
    &[
        Column::text("name", "Segment"),
        VERDICT,
        Column::new("members", "Members", Unit::Count),
        Column::new("judged_share", "Of all profiles", Unit::Share),
        IN_WORDS,
    ],
    None,
);

pub(super) static TEXTS: Sheet = evidence(
    "audit_texts_without_consent",
    query!("audit/texts_without_consent"),
    &[
        Column::text("name", "Sent by"),
        VERDICT,
        DELIVERED,
        Column::new("without_consent", "Without consent", Unit::Count),
        SHARE,
        IN_WORDS,
    ],
    None,
);

pub(super) static WEEKS: Sheet = evidence(
    "audit_frequency",
    query!("audit/frequency"),
    &[
        Column::text("name", "Week"),
        VERDICT,
        DELIVERED,
        Column::new("people", "People", Unit::Count),
        Column::new("per_person", "E-mails a person", Unit::Number),
        Column::new("unsubscribe_rate", "Unsubscribed", Unit::Share),
        Column::new("rate_before", "The week before", Unit::Share),
        IN_WORDS,
    ],
    None,
);

pub(super) static FORM_RATES: Sheet = evidence(
    "audit_forms",
    query!("audit/forms"),
    &[
        Column::text("name", "Form"),
        VERDICT,
        STATUS,
        Column::new("views", "Views", Unit::Count),
        Column::new("submissions", "Submissions", Unit::Count),
        Column::new("submission_rate", "Submit rate", Unit::Share),
        IN_WORDS,
    ],
    Some("/forms/"),
);

pub(super) static ORDERS: Sheet = evidence(
    "audit_order_metrics",
    query!("audit/order_metrics"),
    &[
        Column::text("name", "Metric"),
        VERDICT,
        INTEGRATION,
        EVENTS_LATELY,
        Column::new("is_used", "Counted", Unit::Flag),
        IN_WORDS,
    ],
    None,
);

pub(super) static UNMAPPED: Sheet = evidence(
    "audit_unmapped_metrics",
    query!("audit/unmapped_metrics"),
    &[Column::text("name", "Metric"), VERDICT, INTEGRATION, Column::text("kind", "Means"), EVENTS_LATELY, IN_WORDS],
    None,
);

pub(super) static AMOUNTS: Sheet = evidence(
    "audit_values",
    query!("audit/values"),
    &[
        Column::text("name", "Events"),
        VERDICT,
        Column::new("events", "Conversions", Unit::Count),
        Column::new("left_out", "Left out", Unit::Count),
        SHARE,
        IN_WORDS,
    ],
    None,
);

pub(super) static DIFFERENCES: Sheet = evidence(
    "audit_disagreements",
    query!("audit/disagreements"),
    &[
        Column::text("name", "Metric"),
        VERDICT,
        Column::new("days", "Days compared", Unit::Count),
        Column::new("differing", "Days that differ", Unit::Count),
        Column::new("their_count", "Klaviyo counts", Unit::Count),
        Column::new("our_count", "Stored", Unit::Count),
        IN_WORDS,
    ],
    None,
);

pub(super) static COPIED: Sheet = evidence(
    "audit_copies",
    query!("audit/copies"),
    &[
        Column::text("name", "What"),
        VERDICT,
        Column::new("status", "Last copy", Unit::Badge),
        Column::new("copied_at", "Copied", Unit::Moment),
        Column::text("problem", "Problem"),
        IN_WORDS,
    ],
    None,
);

/// The tables of evidence, each of which is a file.
pub(super) static SHEETS: &[&Sheet] = &[
    &EXPECTED,
    &IDLE,
    &DRAFTS,
    &WEAK,
    &ATTRIBUTED,
    &BOUNDS,
    &MACHINES,
    &DORMANCY,
    &DORMANT_REACHED,
    &SUPPRESSIONS,
    &NET,
    &SEGMENTS,
    &TEXTS,
    &WEEKS,
    &FORM_RATES,
    &ORDERS,
    &UNMAPPED,
    &AMOUNTS,
    &DIFFERENCES,
    &COPIED,
];

/// Their queries; a test prepares them all.
pub(super) const QUERIES: &[Query] = &{
    let mut all = [SHEETS[0].query; SHEETS.len()];
    let mut place = 0;
    while place < all.len() {
        all[place] = SHEETS[place].query;
        place += 1;
    }
    all
};
