//! What Klaviyo itself says that messages, forms and segments did: the second opinion beside our own numbers.
//!
//! Statistics are by the send day of the message, or the day of the form or segment. They are asked for in windows of
//! whole local days that do not overlap, so that the counts of windows, and of days, may be added up.

use super::{Column, Entity, Follow, Report, Rest, Source, Tier, count, day, money, number, text};

/// Every statistic that may be asked of messages.
const OF_MESSAGES: &[&str] = &[
    "average_order_value",
    "bounce_rate",
    "bounced",
    "bounced_or_failed",
    "bounced_or_failed_rate",
    "click_rate",
    "click_to_open_rate",
    "clicks",
    "clicks_unique",
    "conversion_rate",
    "conversion_uniques",
    "conversion_value",
    "conversions",
    "delivered",
    "delivery_rate",
    "failed",
    "failed_rate",
    "message_segment_count_sum",
    "open_rate",
    "opens",
    "opens_unique",
    "recipients",
    "revenue_per_recipient",
    "spam_complaint_rate",
    "spam_complaints",
    "text_message_credit_usage_amount",
    "text_message_roi",
    "text_message_spend",
    "unsubscribe_rate",
    "unsubscribe_uniques",
    "unsubscribes",
];

const OF_FORMS: &[&str] = &[
    "closed_form",
    "closed_form_uniques",
    "qualified_form",
    "qualified_form_uniques",
    "submit_rate",
    "submits",
    "submitted_form_step",
    "submitted_form_step_uniques",
    "viewed_form",
    "viewed_form_step",
    "viewed_form_step_uniques",
    "viewed_form_uniques",
];

const OF_SEGMENTS: &[&str] = &["members_added", "members_removed", "net_members_changed", "total_members"];

/// Klaviyo has no numbers of forms and segments from before 1 June 2023.
const FORMS_AND_SEGMENTS_BEGIN: Option<(i32, u32, u32)> = Some((2023, 6, 1));

/// Statistics are whole in their own column as well, under whatever name Klaviyo gives them.
const STATISTICS: Rest = Rest { column: "statistics", pointer: "/statistics" };

const fn rate(name: &'static str, from: &'static [&'static str]) -> Column {
    number(name, from)
}

/// What is counted of messages, after the columns that say which message and when.
macro_rules! message_columns {
    ($($before:expr),+ $(,)?) => {
        &[
            $($before,)+
            text("send_channel", &["/groupings/send_channel"]),
            text("conversion_metric_id", &["/conversion_metric_id"]),
            count("recipients", &["/statistics/recipients"]),
            count("delivered", &["/statistics/delivered"]),
            count("bounced", &["/statistics/bounced"]),
            count("failed", &["/statistics/failed"]),
            count("bounced_or_failed", &["/statistics/bounced_or_failed"]),
            count("opens", &["/statistics/opens"]),
            count("opens_unique", &["/statistics/opens_unique"]),
            count("clicks", &["/statistics/clicks"]),
            count("clicks_unique", &["/statistics/clicks_unique"]),
            count("unsubscribes", &["/statistics/unsubscribes"]),
            count("unsubscribe_uniques", &["/statistics/unsubscribe_uniques"]),
            count("spam_complaints", &["/statistics/spam_complaints"]),
            count("conversions", &["/statistics/conversions"]),
            count("conversion_uniques", &["/statistics/conversion_uniques"]),
            money("conversion_value", &["/statistics/conversion_value"]),
            money("average_order_value", &["/statistics/average_order_value"]),
            money("revenue_per_recipient", &["/statistics/revenue_per_recipient"]),
            money("text_message_spend", &["/statistics/text_message_spend"]),
            number("text_message_credit_usage_amount", &["/statistics/text_message_credit_usage_amount"]),
            number("text_message_roi", &["/statistics/text_message_roi"]),
            count("message_segment_count_sum", &["/statistics/message_segment_count_sum"]),
            rate("delivery_rate", &["/statistics/delivery_rate"]),
            rate("bounce_rate", &["/statistics/bounce_rate"]),
            rate("failed_rate", &["/statistics/failed_rate"]),
            rate("bounced_or_failed_rate", &["/statistics/bounced_or_failed_rate"]),
            rate("open_rate", &["/statistics/open_rate"]),
            rate("click_rate", &["/statistics/click_rate"]),
            rate("click_to_open_rate", &["/statistics/click_to_open_rate"]),
            rate("conversion_rate", &["/statistics/conversion_rate"]),
            rate("unsubscribe_rate", &["/statistics/unsubscribe_rate"]),
            rate("spam_complaint_rate", &["/statistics/spam_complaint_rate"]),
        ]
    };
}

/// What is counted of forms.
macro_rules! form_columns {
    ($($before:expr),+ $(,)?) => {
        &[
            $($before,)+
            text("form_id", &["/groupings/form_id"]),
            text("form_version_id", &["/groupings/form_version_id"]),
            count("viewed_form", &["/statistics/viewed_form"]),
            count("viewed_form_uniques", &["/statistics/viewed_form_uniques"]),
            count("submits", &["/statistics/submits"]),
            count("closed_form", &["/statistics/closed_form"]),
            count("closed_form_uniques", &["/statistics/closed_form_uniques"]),
            count("qualified_form", &["/statistics/qualified_form"]),
            count("qualified_form_uniques", &["/statistics/qualified_form_uniques"]),
            count("viewed_form_step", &["/statistics/viewed_form_step"]),
            count("viewed_form_step_uniques", &["/statistics/viewed_form_step_uniques"]),
            count("submitted_form_step", &["/statistics/submitted_form_step"]),
            count("submitted_form_step_uniques", &["/statistics/submitted_form_step_uniques"]),
            rate("submit_rate", &["/statistics/submit_rate"]),
        ]
    };
}

/// What is counted of segments.
macro_rules! segment_columns {
    ($($before:expr),+ $(,)?) => {
        &[
            $($before,)+
            text("segment_id", &["/groupings/segment_id"]),
            count("total_members", &["/statistics/total_members"]),
            count("members_added", &["/statistics/members_added"]),
            count("members_removed", &["/statistics/members_removed"]),
            count("net_members_changed", &["/statistics/net_members_changed"]),
        ]
    };
}

/// The first local day that a row is about; rows of a series are about this day alone.
const START: Column = day("start_on", &["/start_on"]);
/// The last local day that a row is about.
const END: Column = day("end_on", &["/end_on"]);
/// The local day that a row of a series is about.
const DAY: Column = day("day", &["/day"]);

/// What all seven have in common: who is asked how often, and that a document is posted.
const fn report(
    name: &'static str,
    about: &'static str,
    resource: &'static str,
    report: Report,
    scopes: &'static [&'static str],
    columns: &'static [Column],
    schedule: &'static str,
) -> Entity {
    Entity {
        name,
        about,
        resource,
        source: Source::Report(report),
        follow: Follow::Report,
        sort: None,
        include: &[],
        fields: &[],
        additional_fields: &[],
        tier: Tier::Report,
        scopes,
        columns,
        rest: STATISTICS,
        schedule,
    }
}

/// Campaigns by month of sending. A campaign has one send day, so its rows are a daily series as well.
pub(super) const CAMPAIGN_VALUES_REPORTS: Entity = report(
    "campaign_values_reports",
    "What Klaviyo reports of each campaign, by send month",
    "campaign-values-report",
    Report {
        path: "/api/campaign-values-reports",
        group_by: &["campaign_id", "campaign_message_id", "send_channel"],
        statistics: OF_MESSAGES,
        interval: None,
        by_conversion: true,
        days_max: 365,
        since: None,
    },
    &["campaigns:read"],
    message_columns![
        START,
        END,
        text("campaign_id", &["/groupings/campaign_id"]),
        text("message_id", &["/groupings/campaign_message_id"]),
    ],
    "2 */6 * * *",
);

pub(super) const FLOW_VALUES_REPORTS: Entity = report(
    "flow_values_reports",
    "What Klaviyo reports of each message of a flow, by send month",
    "flow-values-report",
    Report {
        path: "/api/flow-values-reports",
        group_by: &["flow_id", "flow_message_id", "send_channel"],
        statistics: OF_MESSAGES,
        interval: None,
        by_conversion: true,
        days_max: 365,
        since: None,
    },
    &["flows:read"],
    message_columns![
        START,
        END,
        text("flow_id", &["/groupings/flow_id"]),
        text("message_id", &["/groupings/flow_message_id"]),
    ],
    "4 */6 * * *",
);

pub(super) const FLOW_SERIES_REPORTS: Entity = report(
    "flow_series_reports",
    "What Klaviyo reports of each message of a flow, by send day",
    "flow-series-report",
    Report {
        path: "/api/flow-series-reports",
        group_by: &["flow_id", "flow_message_id", "send_channel"],
        statistics: OF_MESSAGES,
        interval: Some("daily"),
        by_conversion: true,
        days_max: 60,
        since: None,
    },
    &["flows:read"],
    message_columns![
        DAY,
        text("flow_id", &["/groupings/flow_id"]),
        text("message_id", &["/groupings/flow_message_id"]),
    ],
    "6 */6 * * *",
);

pub(super) const FORM_VALUES_REPORTS: Entity = report(
    "form_values_reports",
    "What Klaviyo reports of each version of a form, by month",
    "form-values-report",
    Report {
        path: "/api/form-values-reports",
        group_by: &["form_id", "form_version_id"],
        statistics: OF_FORMS,
        interval: None,
        by_conversion: false,
        days_max: 365,
        since: FORMS_AND_SEGMENTS_BEGIN,
    },
    &["forms:read"],
    form_columns![START, END],
    "8 */6 * * *",
);

pub(super) const FORM_SERIES_REPORTS: Entity = report(
    "form_series_reports",
    "What Klaviyo reports of each version of a form, by day",
    "form-series-report",
    Report {
        path: "/api/form-series-reports",
        group_by: &["form_id", "form_version_id"],
        statistics: OF_FORMS,
        interval: Some("daily"),
        by_conversion: false,
        days_max: 60,
        since: FORMS_AND_SEGMENTS_BEGIN,
    },
    &["forms:read"],
    form_columns![DAY],
    "12 */6 * * *",
);

pub(super) const SEGMENT_VALUES_REPORTS: Entity = report(
    "segment_values_reports",
    "How Klaviyo reports that each segment grew, by month",
    "segment-values-report",
    Report {
        path: "/api/segment-values-reports",
        group_by: &[],
        statistics: OF_SEGMENTS,
        interval: None,
        by_conversion: false,
        days_max: 365,
        since: FORMS_AND_SEGMENTS_BEGIN,
    },
    &["segments:read"],
    segment_columns![START, END],
    "14 */6 * * *",
);

pub(super) const SEGMENT_SERIES_REPORTS: Entity = report(
    "segment_series_reports",
    "How Klaviyo reports that each segment grew, by day",
    "segment-series-report",
    Report {
        path: "/api/segment-series-reports",
        group_by: &[],
        statistics: OF_SEGMENTS,
        interval: Some("daily"),
        by_conversion: false,
        days_max: 60,
        since: FORMS_AND_SEGMENTS_BEGIN,
    },
    &["segments:read"],
    segment_columns![DAY],
    "16 */6 * * *",
);
