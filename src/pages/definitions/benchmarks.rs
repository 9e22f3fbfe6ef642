//! What was published of others, and what the audit asks.

use super::{Definition, audited, published};

pub(super) const ALL: &[Definition] = &[
    published(
        "benchmark",
        "Benchmark",
        "A published average beside the account's own rate. Badges: poor below 60 % of the average, fair up to the average, good up to what the best tenth reaches, excellent from there on.",
        "Editions of other years, which count differently; amounts in another currency; channels without published figures",
    ),
    published(
        "own_rate",
        "Own rate",
        "The account's open, click or conversion rate of all that campaigns, or flows, sent through a channel in the range.",
        "Machines and bots, unless the page is set to count them",
    ),
    published("average_rate", "Published average", "The average that the edition states.", "Other editions"),
    published(
        "top_rate",
        "Best tenth",
        "What the best tenth of senders reach, as the edition states it.",
        "Other editions",
    ),
    published(
        "own_amount",
        "Own revenue per recipient",
        "Attributed revenue divided by recipients, of all that campaigns, or flows, sent through a channel in the range.",
        "Orders in another currency and values that are no amount",
    ),
    published(
        "average_amount",
        "Published average",
        "The average amount that the edition states.",
        "Amounts in another currency than the account's",
    ),
    published(
        "top_amount",
        "Best tenth",
        "The amount that the best tenth of senders reach, as the edition states it.",
        "Amounts in another currency than the account's",
    ),
    audited(
        "verdict",
        "Verdict",
        "The worst of what was judged: act, look, or passes. Without anything to judge by: cannot tell.",
        "What is too small a sample to be judged, as the rule's page says",
        "",
    ),
    audited(
        "judged_share",
        "Judged share",
        "What the rule counts, divided by all of it: the columns before it.",
        "What the rule's page says",
        "",
    ),
    audited(
        "judged_rate",
        "Judged rate",
        "Counted bounces, complaints, unsubscribes, failures or clicks, divided by recipients (bounces, failures) or by deliveries.",
        "Bots, unless the page is set to count them",
        "message_stats",
    ),
    audited(
        "sibling_rate",
        "Siblings' click rate",
        "Deliveries of the flow's other messages of the same channel that were clicked, divided by their deliveries.",
        "Bots, unless the page is set to count them; messages with few deliveries",
        "message_stats",
    ),
    audited(
        "per_person",
        "E-mails a person",
        "Campaign e-mails delivered in a week, divided by the people who got at least one.",
        "People who got none",
        "message_sends",
    ),
    audited(
        "dormant",
        "Dormant",
        "Profiles that for 180 days neither opened nor clicked, ordered or were active on the site.",
        "Opens by machines and clicks by bots",
        "last_deeds",
    ),
    audited(
        "suppressed",
        "Suppressed",
        "Profiles that Klaviyo does not send e-mail to, by the first reason it gives.",
        "Unsubscribed profiles that are not suppressed",
        "suppressions",
    ),
    audited(
        "without_consent",
        "Without consent",
        "Texts delivered to profiles of which no consent to texts was ever seen.",
        "Profiles that there are not any more; whoever unsubscribed since had consented",
        "consent_changes",
    ),
    audited(
        "left_out",
        "Left out of sums",
        "Conversions in another currency, or with a value that is no amount.",
        "",
        "events_by_day",
    ),
    audited(
        "differing",
        "Days that differ",
        "Local days on which Klaviyo's own count or sum of a metric is not that of the stored events.",
        "Days that were not compared",
        "",
    ),
];
