//! What rules judge by: numbers, each with whose it is. Bounds that pages draw are those of the definitions.

use super::super::definitions::{BOUNCE, CLICK, DORMANT, SPAM, SUBMIT, SUPPRESSED, UNSUBSCRIBE};
use super::super::sheet::Unit;
use super::audit::Limit;

const DELIVERABILITY_TAB: &str = "Klaviyo's deliverability tab, help article 12695416712219";

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
        "agencies' target of 30 to 50%; Klaviyo's average is about 41% (2026)",
    ),
    limit(
        "flow_share_most",
        0.5,
        Unit::Share,
        "Most usual share of flows in attributed revenue",
        "agencies' target of 30 to 50%",
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
    limit("bounce_healthy", BOUNCE.healthy, Unit::Share, "Bounce rate up to which all is well", DELIVERABILITY_TAB),
    limit("bounce_attention", BOUNCE.attention, Unit::Share, "Bounce rate above which to act", DELIVERABILITY_TAB),
    limit("spam_healthy", SPAM.healthy, Unit::Share, "Complaint rate up to which all is well", DELIVERABILITY_TAB),
    limit("spam_attention", SPAM.attention, Unit::Share, "Complaint rate above which to act", DELIVERABILITY_TAB),
    limit(
        "unsubscribe_healthy",
        UNSUBSCRIBE.healthy,
        Unit::Share,
        "Unsubscribe rate up to which all is well",
        DELIVERABILITY_TAB,
    ),
    limit(
        "unsubscribe_attention",
        UNSUBSCRIBE.attention,
        Unit::Share,
        "Unsubscribe rate above which to act",
        DELIVERABILITY_TAB,
    ),
    limit("click_healthy", CLICK.healthy, Unit::Share, "Click rate from which on all is well", DELIVERABILITY_TAB),
    limit("click_attention", CLICK.attention, Unit::Share, "Click rate below which to act", DELIVERABILITY_TAB),
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
        DORMANT.healthy,
        Unit::Share,
        "Dormant share up to which all is well",
        "heymay's audit: below 30%, to 50%, above",
    ),
    limit(
        "dormant_attention",
        DORMANT.attention,
        Unit::Share,
        "Dormant share above which to act",
        "heymay's audit: below 30%, to 50%, above",
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
        SUPPRESSED.healthy,
        Unit::Share,
        "Suppressed share of profiles up to which all is well",
        "third parties: up to 10%, to 20%, above",
    ),
    limit(
        "suppressed_attention",
        SUPPRESSED.attention,
        Unit::Share,
        "Suppressed share of profiles above which to act",
        "third parties: up to 10%, to 20%, above",
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
        SUBMIT.attention,
        Unit::Share,
        "Submit rate below which a form is weak",
        "Klaviyo strategists' baseline of 3%",
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
