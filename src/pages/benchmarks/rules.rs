//! The rules, by area, and the numbers that they judge by.

use super::super::sheet::{Column, Sheet, Unit};
use super::audit::{Limit, Rule};
use crate::query;
use crate::store::Query;

const EXPECTED_FLOW: Query = query!("audit/expected_flow");
const IDLE_FLOWS: Query = query!("audit/idle_flows");
const DRAFT_FLOWS: Query = query!("audit/draft_flows");
const WEAK_MESSAGES: Query = query!("audit/weak_messages");
const ATTRIBUTION: Query = query!("audit/attribution");
const RATES: Query = query!("audit/rates");
const MACHINE_OPENS: Query = query!("audit/machine_opens");
const DORMANT: Query = query!("audit/dormant");
const DORMANT_SENDS: Query = query!("audit/dormant_sends");
const SUPPRESSED: Query = query!("audit/suppressed");
const GROWTH: Query = query!("audit/growth");
const SEGMENT_SIZES: Query = query!("audit/segment_sizes");
const TEXTS_WITHOUT_CONSENT: Query = query!("audit/texts_without_consent");
const FREQUENCY: Query = query!("audit/frequency");
const FORMS: Query = query!("audit/forms");
const ORDER_METRICS: Query = query!("audit/order_metrics");
const UNMAPPED_METRICS: Query = query!("audit/unmapped_metrics");
const VALUES: Query = query!("audit/values");
const DISAGREEMENTS: Query = query!("audit/disagreements");
const COPIES: Query = query!("audit/copies");

/// Every query of the audit; a test prepares them all.
pub(super) const QUERIES: &[Query] = &[
    EXPECTED_FLOW,
    IDLE_FLOWS,
    DRAFT_FLOWS,
    WEAK_MESSAGES,
    ATTRIBUTION,
    RATES,
    MACHINE_OPENS,
    DORMANT,
    DORMANT_SENDS,
    SUPPRESSED,
    GROWTH,
    SEGMENT_SIZES,
    TEXTS_WITHOUT_CONSENT,
    FREQUENCY,
    FORMS,
    ORDER_METRICS,
    UNMAPPED_METRICS,
    VALUES,
    DISAGREEMENTS,
    COPIES,
];

/// Everything that a rule judged; what does not pass stands first.
const fn evidence(name: &'static str, query: Query, columns: &'static [Column], link: Option<&'static str>) -> Sheet {
    let nothing = "There is nothing that this could be judged by.";
    let (order, search) = ("verdict", &["name"]);
    Sheet { name, title: "Evidence", query, by_event: None, columns, order, search, link, sample: None, nothing }
}

const VERDICT: Column = Column::new("verdict", "Verdict", Unit::Badge);
const IN_WORDS: Column = Column::text("finding", "In words").hidden();

static EXPECTED: Sheet = evidence(
    "audit_expected_flow",
    EXPECTED_FLOW,
    &[
        Column::text("name", "Flow"),
        VERDICT,
        Column::new("status", "Status", Unit::Badge),
        Column::text("trigger_type", "Trigger"),
        Column::new("recipients", "Recipients lately", Unit::Count),
        Column::new("last_on", "Last sent", Unit::Day),
        IN_WORDS,
    ],
    None,
);

static IDLE: Sheet = evidence(
    "audit_idle_flows",
    IDLE_FLOWS,
    &[
        Column::text("name", "Flow"),
        VERDICT,
        Column::text("trigger_type", "Trigger"),
        Column::new("recipients", "Recipients lately", Unit::Count),
        Column::new("last_on", "Last sent", Unit::Day),
        IN_WORDS,
    ],
    Some("/flows/"),
);

static DRAFTS: Sheet = evidence(
    "audit_draft_flows",
    DRAFT_FLOWS,
    &[
        Column::text("name", "Flow"),
        VERDICT,
        Column::new("status", "Status", Unit::Badge),
        Column::new("updated_at", "Last changed", Unit::Moment),
        IN_WORDS,
    ],
    Some("/flows/"),
);

static WEAK: Sheet = evidence(
    "audit_weak_messages",
    WEAK_MESSAGES,
    &[
        Column::text("name", "Message"),
        VERDICT,
        Column::text("flow", "Flow"),
        Column::new("channel", "Channel", Unit::Badge),
        Column::new("delivered", "Delivered", Unit::Count),
        Column::new("clicked", "Clicked", Unit::Count),
        Column::new("click_rate", "Click rate", Unit::Share),
        Column::new("sibling_rate", "Siblings", Unit::Share),
        IN_WORDS,
    ],
    Some("/flows/"),
);

static ATTRIBUTED: Sheet = evidence(
    "audit_attribution",
    ATTRIBUTION,
    &[
        Column::text("name", "Part"),
        VERDICT,
        Column::new("revenue", "Revenue", Unit::Money),
        Column::new("attributed", "Attributed", Unit::Money),
        Column::new("by_flows", "By flows", Unit::Money),
        Column::new("judged_share", "Share", Unit::Share),
        Column::new("least", "From", Unit::Share),
        Column::new("most", "To", Unit::Share),
        IN_WORDS,
    ],
    None,
);

static BOUNDS: Sheet = evidence(
    "audit_rates",
    RATES,
    &[
        Column::text("name", "Sent by"),
        VERDICT,
        Column::text("kind", "Kind"),
        Column::new("channel", "Channel", Unit::Badge),
        Column::new("recipients", "Recipients", Unit::Count),
        Column::new("counted", "Counted", Unit::Count),
        Column::new("judged_rate", "Rate", Unit::Share),
        Column::new("healthy", "Healthy", Unit::Share),
        Column::new("attention", "Attention", Unit::Share),
        IN_WORDS,
    ],
    None,
);

static MACHINES: Sheet = evidence(
    "audit_machine_opens",
    MACHINE_OPENS,
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

static DORMANCY: Sheet = evidence(
    "audit_dormant",
    DORMANT,
    &[
        Column::text("name", "Who"),
        VERDICT,
        Column::new("reachable", "Profiles", Unit::Count),
        Column::new("dormant", "Dormant", Unit::Count),
        Column::new("judged_share", "Share", Unit::Share),
        IN_WORDS,
    ],
    None,
);

static DORMANT_REACHED: Sheet = evidence(
    "audit_dormant_sends",
    DORMANT_SENDS,
    &[
        Column::text("name", "Campaign"),
        VERDICT,
        Column::new("delivered", "Delivered", Unit::Count),
        Column::new("dormant", "To the dormant", Unit::Count),
        Column::new("judged_share", "Share", Unit::Share),
        IN_WORDS,
    ],
    Some("/campaigns/"),
);

static SUPPRESSIONS: Sheet = evidence(
    "audit_suppressed",
    SUPPRESSED,
    &[
        Column::text("name", "Reason"),
        VERDICT,
        Column::new("suppressed", "Suppressed", Unit::Count),
        Column::new("profiles", "Profiles", Unit::Count),
        Column::new("judged_share", "Share", Unit::Share),
        IN_WORDS,
    ],
    None,
);

static NET: Sheet = evidence(
    "audit_growth",
    GROWTH,
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

static SEGMENTS: Sheet = evidence(
    "audit_segment_sizes",
    SEGMENT_SIZES,
    &[
        Column::text("name", "Segment"),
        VERDICT,
        Column::new("members", "Members", Unit::Count),
        Column::new("judged_share", "Of all profiles", Unit::Share),
        IN_WORDS,
    ],
    None,
);

static TEXTS: Sheet = evidence(
    "audit_texts_without_consent",
    TEXTS_WITHOUT_CONSENT,
    &[
        Column::text("name", "Sent by"),
        VERDICT,
        Column::new("delivered", "Delivered", Unit::Count),
        Column::new("without_consent", "Without consent", Unit::Count),
        Column::new("judged_share", "Share", Unit::Share),
        IN_WORDS,
    ],
    None,
);

static WEEKS: Sheet = evidence(
    "audit_frequency",
    FREQUENCY,
    &[
        Column::text("name", "Week"),
        VERDICT,
        Column::new("delivered", "Delivered", Unit::Count),
        Column::new("people", "People", Unit::Count),
        Column::new("per_person", "E-mails a person", Unit::Number),
        Column::new("unsubscribe_rate", "Unsubscribed", Unit::Share),
        Column::new("rate_before", "The week before", Unit::Share),
        IN_WORDS,
    ],
    None,
);

static FORM_RATES: Sheet = evidence(
    "audit_forms",
    FORMS,
    &[
        Column::text("name", "Form"),
        VERDICT,
        Column::new("status", "Status", Unit::Badge),
        Column::new("views", "Views", Unit::Count),
        Column::new("submissions", "Submissions", Unit::Count),
        Column::new("submission_rate", "Submit rate", Unit::Share),
        IN_WORDS,
    ],
    Some("/forms/"),
);

static ORDERS: Sheet = evidence(
    "audit_order_metrics",
    ORDER_METRICS,
    &[
        Column::text("name", "Metric"),
        VERDICT,
        Column::text("integration", "Integration"),
        Column::new("events", "Events lately", Unit::Count),
        Column::new("is_used", "Counted", Unit::Flag),
        IN_WORDS,
    ],
    None,
);

static UNMAPPED: Sheet = evidence(
    "audit_unmapped_metrics",
    UNMAPPED_METRICS,
    &[
        Column::text("name", "Metric"),
        VERDICT,
        Column::text("integration", "Integration"),
        Column::text("kind", "Means"),
        Column::new("events", "Events lately", Unit::Count),
        IN_WORDS,
    ],
    None,
);

static AMOUNTS: Sheet = evidence(
    "audit_values",
    VALUES,
    &[
        Column::text("name", "Events"),
        VERDICT,
        Column::new("events", "Conversions", Unit::Count),
        Column::new("left_out", "Left out", Unit::Count),
        Column::new("judged_share", "Share", Unit::Share),
        IN_WORDS,
    ],
    None,
);

static DIFFERENCES: Sheet = evidence(
    "audit_disagreements",
    DISAGREEMENTS,
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

static COPIED: Sheet = evidence(
    "audit_copies",
    COPIES,
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

/// Every number that a rule judges by.
pub(super) const LIMITS: &[Limit] = &[
    limit(
        "idle_days",
        30.0,
        Unit::Number,
        "Days without a send after which a live flow is idle",
        "ours: a month is longer than any usual pause",
    ),
    limit("draft_days", 30.0, Unit::Number, "Days after which an untouched draft is forgotten", "ours"),
    limit(
        "message_least",
        200.0,
        Unit::Count,
        "Deliveries from which on a message is judged",
        "ours: fewer say little about a rate of a few percent",
    ),
    limit("sibling_share", 0.5, Unit::Share, "Part of its siblings' click rate below which a message is weak", "ours"),
    limit(
        "flow_share_least",
        0.3,
        Unit::Share,
        "Least usual share of flows in attributed revenue",
        "agencies' target of 30 to 50 %; Klaviyo's average is about 41 % (2026)",
    ),
    limit(
        "flow_share_most",
        0.5,
        Unit::Share,
        "Most usual share of flows in attributed revenue",
        "agencies' target of 30 to 50 %",
    ),
    limit(
        "attributed_least",
        0.2,
        Unit::Share,
        "Attributed share below which a programme is under-built",
        "goshdigital, redot",
    ),
    limit(
        "attributed_most",
        0.5,
        Unit::Share,
        "Attributed share above which messages are over-credited",
        "goshdigital, redot",
    ),
    limit(
        "bounce_healthy",
        0.01,
        Unit::Share,
        "Bounce rate up to which all is well",
        "Klaviyo's deliverability tab, help article 12695416712219",
    ),
    limit(
        "bounce_attention",
        0.02,
        Unit::Share,
        "Bounce rate above which to act",
        "Klaviyo's deliverability tab, help article 12695416712219",
    ),
    limit(
        "spam_healthy",
        0.0001,
        Unit::Share,
        "Complaint rate up to which all is well",
        "Klaviyo's deliverability tab, help article 12695416712219",
    ),
    limit(
        "spam_attention",
        0.0005,
        Unit::Share,
        "Complaint rate above which to act",
        "Klaviyo's deliverability tab, help article 12695416712219",
    ),
    limit(
        "unsubscribe_healthy",
        0.003,
        Unit::Share,
        "Unsubscribe rate up to which all is well",
        "Klaviyo's deliverability tab, help article 12695416712219",
    ),
    limit(
        "unsubscribe_attention",
        0.01,
        Unit::Share,
        "Unsubscribe rate above which to act",
        "Klaviyo's deliverability tab, help article 12695416712219",
    ),
    limit(
        "click_healthy",
        0.012,
        Unit::Share,
        "Click rate from which on all is well",
        "Klaviyo's deliverability tab, help article 12695416712219",
    ),
    limit(
        "click_attention",
        0.008,
        Unit::Share,
        "Click rate below which to act",
        "Klaviyo's deliverability tab, help article 12695416712219",
    ),
    limit(
        "failed_healthy",
        0.03,
        Unit::Share,
        "Share of failed texts up to which all is well",
        "ours: carriers state none",
    ),
    limit(
        "failed_attention",
        0.06,
        Unit::Share,
        "Share of failed texts above which to act",
        "ours: carriers state none",
    ),
    limit(
        "sender_least",
        200.0,
        Unit::Count,
        "Recipients from which on a sender is judged",
        "ours: a bounce among fewer is half a percent",
    ),
    limit(
        "machine_most",
        0.5,
        Unit::Share,
        "Share of opens by machines alone above which open rates mislead",
        "ours: from there on most of what is opened is not read",
    ),
    limit(
        "dormant_days",
        180.0,
        Unit::Number,
        "Days without a sign of life after which somebody is dormant",
        "heymay's audit",
    ),
    limit(
        "dormant_healthy",
        0.3,
        Unit::Share,
        "Dormant share up to which all is well",
        "heymay's audit: below 30 %, to 50 %, above",
    ),
    limit(
        "dormant_attention",
        0.5,
        Unit::Share,
        "Dormant share above which to act",
        "heymay's audit: below 30 %, to 50 %, above",
    ),
    limit(
        "dormant_sends_most",
        0.3,
        Unit::Share,
        "Share of a campaign's deliveries to the dormant that is still usual",
        "ours, after the bound for the dormant themselves",
    ),
    limit(
        "suppressed_healthy",
        0.1,
        Unit::Share,
        "Suppressed share of profiles up to which all is well",
        "third parties: up to 10 %, to 20 %, above",
    ),
    limit(
        "suppressed_attention",
        0.2,
        Unit::Share,
        "Suppressed share of profiles above which to act",
        "third parties: up to 10 %, to 20 %, above",
    ),
    limit("segment_most", 0.9, Unit::Share, "Share of all profiles above which a segment selects nothing", "ours"),
    limit(
        "weekly_most",
        4.0,
        Unit::Number,
        "Campaign e-mails a person and week that are still usual",
        "ours: one every other day",
    ),
    limit("form_least", 100.0, Unit::Count, "Views from which on a form is judged", "ours"),
    limit(
        "form_attention",
        0.03,
        Unit::Share,
        "Submit rate below which a form is weak",
        "Klaviyo strategists' baseline of 3 %",
    ),
    limit("metric_days", 90.0, Unit::Number, "Days back in which a metric has to have events to matter", "ours"),
    limit(
        "left_out_most",
        0.05,
        Unit::Share,
        "Share of conversions without an amount above which sums mislead",
        "ours",
    ),
    limit(
        "stale_days",
        2.0,
        Unit::Number,
        "Days after which a copy is old",
        "ours: every schedule comes round in less",
    ),
];

const fn limit(name: &'static str, value: f64, unit: Unit, about: &'static str, source: &'static str) -> Limit {
    Limit { name, value, unit, about, source }
}

/// What all rules about a flow that a shop should have share.
const fn flow(
    id: &'static str,
    question: &'static str,
    why: &'static str,
    todo: &'static str,
    pattern: &'static str,
) -> Rule {
    Rule {
        id,
        area: "Flows",
        question,
        why,
        todo,
        of: "such flows",
        unknown: "no flows were copied so far",
        evidence: &EXPECTED,
        limits: &["idle_days"],
        pattern,
    }
}

/// Every rule, by area.
pub(super) static RULES: &[Rule] = &[
    flow(
        "welcome-flow",
        "Is there a live welcome flow?",
        "Who has just signed up reads more than ever after, so that this flow earns most a recipient.",
        "Build a flow that starts when somebody joins the main list, of three messages within a week, or switch on the one there is. Found by its name: Klaviyo's listing does not tell what starts a flow.",
        r"welcome|nurture|new subscriber|sign.?up",
    ),
    flow(
        "abandoned-cart-flow",
        "Is there a live abandoned-cart flow?",
        "Carts that are left behind are the revenue nearest at hand: the best tenth of such flows earned $28.89 a recipient in 2024.",
        "Build a flow that starts on Started Checkout or Added to Cart and ends with the order, or switch on the one there is. Found by its name.",
        r"(abandon|forgot|left|recover|remind).*(cart|checkout|basket)|(cart|checkout|basket).*(abandon|remind|recover)",
    ),
    flow(
        "browse-flow",
        "Is there a live browse-abandonment flow?",
        "Most visitors look at products and put none into a cart; this flow speaks to them.",
        "Build a flow that starts on Viewed Product for people who neither put it into a cart nor bought it. Found by its name.",
        r"brows|viewed product|product view",
    ),
    flow(
        "post-purchase-flow",
        "Is there a live post-purchase flow?",
        "A second order comes most easily soon after the first.",
        "Build a flow that starts on Placed Order: thanks, how to use it, what goes with it, a request for a review. Found by its name.",
        r"post.?purchase|thank|review|cross.?sell|after.*(order|purchase)",
    ),
    flow(
        "win-back-flow",
        "Is there a live win-back flow?",
        "Customers who stopped buying cost less to bring back than new ones to find.",
        "Build a flow that starts on Placed Order and writes once the usual time to the next order has passed. Found by its name.",
        r"win.?back|lapsed|miss you|re.?activat|come.?back",
    ),
    flow(
        "sunset-flow",
        "Is there a live sunset flow?",
        "Writing on to people who never answer costs the sender's standing at mail providers, and so reaches everybody else less.",
        "Build a flow that asks people who did nothing for half a year whether they want to stay, and suppresses those who do not answer. Found by its name.",
        r"sunset|re.?engag|unengaged|inactive|last chance to stay",
    ),
    Rule {
        id: "idle-flows",
        area: "Flows",
        question: "Does every live flow send?",
        why: "A live flow that sends nothing has lost its trigger, its audience or its filters, and nobody noticed.",
        todo: "Open the flow at Klaviyo, look at its trigger and filters, and test it with a profile of your own; archive it where it is not needed any more.",
        of: "live flows",
        unknown: "there is no live flow that is older than a month",
        evidence: &IDLE,
        limits: &["idle_days"],
        pattern: "",
    },
    Rule {
        id: "draft-flows",
        area: "Flows",
        question: "Are there forgotten drafts among the flows?",
        why: "A draft that nobody touches is work that earns nothing, or rubbish in the way.",
        todo: "Finish it, or archive it.",
        of: "flows",
        unknown: "no flows were copied so far",
        evidence: &DRAFTS,
        limits: &["draft_days"],
        pattern: "",
    },
    Rule {
        id: "weak-messages",
        area: "Flows",
        question: "Is any flow message clicked far less than its siblings?",
        why: "Messages of one flow go to the same people, so that one far below the others is a fault of the message.",
        todo: "Look at its subject, its link and its place in the flow; test another one against it.",
        of: "messages",
        unknown: "no flow has two messages of a channel with enough deliveries in these days",
        evidence: &WEAK,
        limits: &["message_least", "sibling_share"],
        pattern: "",
    },
    Rule {
        id: "flow-share",
        area: "Revenue",
        question: "Do flows earn their usual part of attributed revenue?",
        why: "Below, the automations are under-built; above, campaigns are neglected, or flows are credited for what would be bought anyway.",
        todo: "Below: build the flows that are missing. Above: send more and better campaigns.",
        of: "shares",
        unknown: "nothing is attributed in these days, or no metric stands for revenue",
        evidence: &ATTRIBUTED,
        limits: &["flow_share_least", "flow_share_most"],
        pattern: "",
    },
    Rule {
        id: "attributed-share",
        area: "Revenue",
        question: "Is a usual part of revenue attributed to messages?",
        why: "Below, the programme is under-built; above, the shop lives on its list alone, or the windows of attribution are too wide.",
        todo: "Below: build flows and send more. Above: look at the windows of attribution at Klaviyo and at what machines' opens are credited with.",
        of: "shares",
        unknown: "nothing was earned in these days, or no metric stands for revenue",
        evidence: &ATTRIBUTED,
        limits: &["attributed_least", "attributed_most"],
        pattern: "",
    },
    Rule {
        id: "bounces",
        area: "Deliverability",
        question: "Do few messages bounce?",
        why: "Bounces tell mail providers that a list is old or bought.",
        todo: "Clean the list, ask for double opt-in where the worst sender gets its people from, and look at the domain's records.",
        of: "senders",
        unknown: "too little was sent in these days",
        evidence: &BOUNDS,
        limits: &["bounce_healthy", "bounce_attention", "sender_least"],
        pattern: "",
    },
    Rule {
        id: "complaints",
        area: "Deliverability",
        question: "Do few people complain of spam?",
        why: "Gmail and Yahoo want fewer than 0.10 % and refuse mail from 0.30 % on, by a count of their own that is higher than this one.",
        todo: "Send to engaged people only until it falls, show the unsubscribe link at the top, and look at what the worst sender promised when people signed up.",
        of: "senders",
        unknown: "too little was sent in these days",
        evidence: &BOUNDS,
        limits: &["spam_healthy", "spam_attention", "sender_least"],
        pattern: "",
    },
    Rule {
        id: "unsubscribes",
        area: "Deliverability",
        question: "Do few people unsubscribe?",
        why: "People leave when they are written to too often, or about what they did not ask for.",
        todo: "Offer fewer messages in place of none, segment by interest, and look at what the worst sender has in common.",
        of: "senders",
        unknown: "too little was sent in these days",
        evidence: &BOUNDS,
        limits: &["unsubscribe_healthy", "unsubscribe_attention", "sender_least"],
        pattern: "",
    },
    Rule {
        id: "clicks",
        area: "Deliverability",
        question: "Are messages clicked?",
        why: "Clicks are the sign of life that neither machines nor mail programs make by themselves, bots aside.",
        todo: "One clear call to action, near the top; fewer people who never click.",
        of: "senders",
        unknown: "too little was sent in these days",
        evidence: &BOUNDS,
        limits: &["click_healthy", "click_attention", "sender_least"],
        pattern: "",
    },
    Rule {
        id: "failed-texts",
        area: "Deliverability",
        question: "Do text messages arrive?",
        why: "A text that fails is paid for at some carriers, and many failures get a number filtered.",
        todo: "Remove numbers that failed more than once, and look at the number's registration with the carriers.",
        of: "senders",
        unknown: "too few text messages were sent in these days",
        evidence: &BOUNDS,
        limits: &["failed_healthy", "failed_attention", "sender_least"],
        pattern: "",
    },
    Rule {
        id: "machine-opens",
        area: "Deliverability",
        question: "Can open rates be believed?",
        why: "Mail programs that open by themselves make open rates say little about people.",
        todo: "Judge by clicks and orders, and build segments on clicks.",
        of: "kinds of senders",
        unknown: "too little was sent in these days",
        evidence: &MACHINES,
        limits: &["machine_most", "sender_least"],
        pattern: "",
    },
    Rule {
        id: "dormant",
        area: "Audience",
        question: "Are most of those who can be written to still there?",
        why: "A list of people who never answer costs money by the profile and hurts the sender's standing.",
        todo: "Win them back with one last campaign, then suppress those who stay silent.",
        of: "groups",
        unknown: "events do not reach half a year back, or nobody can receive e-mail",
        evidence: &DORMANCY,
        limits: &["dormant_days", "dormant_healthy", "dormant_attention"],
        pattern: "",
    },
    Rule {
        id: "dormant-sends",
        area: "Audience",
        question: "Do campaigns spare those who never answer?",
        why: "What is sent to people without a sign of life earns nothing and is what complaints and spam traps come from.",
        todo: "Send to a segment of people engaged in the last 90 or 180 days, and leave the others to the sunset flow.",
        of: "campaigns",
        unknown: "too little was sent in these days, or events do not reach half a year further back",
        evidence: &DORMANT_REACHED,
        limits: &["dormant_days", "dormant_sends_most", "sender_least"],
        pattern: "",
    },
    Rule {
        id: "suppressed",
        area: "Audience",
        question: "Are few profiles suppressed?",
        why: "Many suppressed profiles come from lists that were bought or left to themselves.",
        todo: "Look at where the suppressed came from; delete those who will never come back, where the plan counts profiles.",
        of: "reasons",
        unknown: "no profiles were copied so far",
        evidence: &SUPPRESSIONS,
        limits: &["suppressed_healthy", "suppressed_attention"],
        pattern: "",
    },
    Rule {
        id: "growth",
        area: "Audience",
        question: "Does the number of people who can be reached grow?",
        why: "A list that shrinks earns less with every month, however good its messages.",
        todo: "Look at the forms, at the check-out's consent and at which messages people leave after.",
        of: "channels",
        unknown: "the history of consent does not reach back to the first of these days, or nobody came or left",
        evidence: &NET,
        limits: &[],
        pattern: "",
    },
    Rule {
        id: "segment-sizes",
        area: "Audience",
        question: "Do all segments select somebody, and not everybody?",
        why: "An empty segment sends nothing, and one with nearly everybody is no segment.",
        todo: "Mend its conditions, or delete it.",
        of: "segments",
        unknown: "no segment's members were counted so far",
        evidence: &SEGMENTS,
        limits: &["segment_most"],
        pattern: "",
    },
    Rule {
        id: "texts-without-consent",
        area: "Audience",
        question: "Do texts only go to people who consented?",
        why: "Texts without consent are against the law in most countries; there should be none.",
        todo: "Find out where these numbers came from, before the next text is sent.",
        of: "kinds of senders",
        unknown: "no texts were sent in these days, or no consent to texts was copied",
        evidence: &TEXTS,
        limits: &[],
        pattern: "",
    },
    Rule {
        id: "frequency",
        area: "Audience",
        question: "Do people get few enough campaigns a week?",
        why: "Above a few e-mails a week more people leave than the further one earns, as the unsubscribe rate then shows.",
        todo: "Send fewer campaigns, or each to a smaller segment, and compare the weeks.",
        of: "weeks",
        unknown: "no campaign was sent by e-mail in these days",
        evidence: &WEEKS,
        limits: &["weekly_most"],
        pattern: "",
    },
    Rule {
        id: "form-rates",
        area: "Forms",
        question: "Are forms submitted by enough of those who see them?",
        why: "Forms are where lists come from; a few percent more are more subscribers at no cost.",
        todo: "Ask for less, offer more, show it later; test two versions.",
        of: "forms",
        unknown: "no form was seen often enough in these days",
        evidence: &FORM_RATES,
        limits: &["form_least", "form_attention"],
        pattern: "",
    },
    Rule {
        id: "unseen-forms",
        area: "Forms",
        question: "Is every live form seen?",
        why: "A live form that nobody sees is not on the site any more, or its targeting excludes everybody.",
        todo: "Look at where it is embedded and whom it is shown to, or take it down.",
        of: "live forms",
        unknown: "there is no live form",
        evidence: &FORM_RATES,
        limits: &[],
        pattern: "",
    },
    Rule {
        id: "order-metrics",
        area: "Data",
        question: "Does one metric alone stand for orders?",
        why: "Two metrics for the same orders, as two integrations of one shop bring them, count revenue twice at Klaviyo and split it here.",
        todo: "Choose the one that is complete as conversion metric, and switch the other integration off.",
        of: "metrics",
        unknown: "no metric stands for a placed order",
        evidence: &ORDERS,
        limits: &["metric_days"],
        pattern: "",
    },
    Rule {
        id: "unmapped-metrics",
        area: "Data",
        question: "Is every metric with events understood?",
        why: "Events under a name that is not known are in no number but Explore's.",
        todo: "Say on the settings page what the metric means, or leave it where it matters to nobody.",
        of: "metrics",
        unknown: "no metric had events lately",
        evidence: &UNMAPPED,
        limits: &["metric_days"],
        pattern: "",
    },
    Rule {
        id: "foreign-values",
        area: "Data",
        question: "Are all conversions in the account's currency?",
        why: "Amounts in another currency are counted and in no sum, because no rate of exchange is stored.",
        todo: "Let the shop send the account's currency along, as its integration can.",
        of: "counts",
        unknown: "there was no conversion in these days, or no metric stands for it",
        evidence: &AMOUNTS,
        limits: &["left_out_most"],
        pattern: "",
    },
    Rule {
        id: "unreadable-values",
        area: "Data",
        question: "Can the value of every conversion be read?",
        why: "A value that is no amount is in no sum.",
        todo: "Mend how the integration writes the value: a number, without words.",
        of: "counts",
        unknown: "there was no conversion in these days, or no metric stands for it",
        evidence: &AMOUNTS,
        limits: &["left_out_most"],
        pattern: "",
    },
    Rule {
        id: "disagreements",
        area: "Data",
        question: "Does Klaviyo count as we do?",
        why: "Days on which Klaviyo's own count differs are days that were not copied whole, or that Klaviyo changed since.",
        todo: "Look at the sync page; a day that differs is read again by itself, and a forced sync reads all.",
        of: "metrics",
        unknown: "nothing was compared with Klaviyo's own counts in these days",
        evidence: &DIFFERENCES,
        limits: &[],
        pattern: "",
    },
    Rule {
        id: "copies",
        area: "Data",
        question: "Is everything copied, and lately?",
        why: "Every number here is as old as its last copy.",
        todo: "Look at the sync page, which says what failed and what helps.",
        of: "kinds of data",
        unknown: "nothing was ever copied",
        evidence: &COPIED,
        limits: &["stale_days"],
        pattern: "",
    },
];
