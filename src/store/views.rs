//! What a number is: one definition a file, in the order in which they build on one another.

use duckdb::Connection;

use super::Error;

/// Name and text of every view, in dependency order.
pub const VIEWS: &[(&str, &str)] = &[
    ("summed_events", include_str!("views/summed_events.sql")),
    ("account", include_str!("views/account.sql")),
    ("conversion_metric", include_str!("views/conversion_metric.sql")),
    ("event_span", include_str!("views/event_span.sql")),
    ("consent_changes", include_str!("views/consent_changes.sql")),
    ("subscribers_at", include_str!("views/subscribers_at.sql")),
    ("known_groups", include_str!("views/known_groups.sql")),
    ("memberships", include_str!("views/memberships.sql")),
    ("flows", include_str!("views/flows.sql")),
    ("form_events", include_str!("views/form_events.sql")),
    ("forms", include_str!("views/forms.sql")),
    ("lists", include_str!("views/lists.sql")),
    ("message_aliases", include_str!("views/message_aliases.sql")),
    ("messages", include_str!("views/messages.sql")),
    ("campaign_starts", include_str!("views/campaign_starts.sql")),
    ("metrics", include_str!("views/metrics.sql")),
    ("profiles", include_str!("views/profiles.sql")),
    ("templates", include_str!("views/templates.sql")),
    ("reactions", include_str!("views/reactions.sql")),
    ("reported_flows", include_str!("views/reported_flows.sql")),
    ("reported_forms", include_str!("views/reported_forms.sql")),
    ("reported_messages", include_str!("views/reported_messages.sql")),
    ("reported_campaigns", include_str!("views/reported_campaigns.sql")),
    ("reported_segments", include_str!("views/reported_segments.sql")),
    ("segments", include_str!("views/segments.sql")),
    ("sends", include_str!("views/sends.sql")),
    ("subscribers", include_str!("views/subscribers.sql")),
    ("campaigns", include_str!("views/campaigns.sql")),
    ("conversions", include_str!("views/conversions.sql")),
    ("member_results", include_str!("views/member_results.sql")),
    ("form_conversions", include_str!("views/form_conversions.sql")),
    ("responses", include_str!("views/responses.sql")),
    ("conversion_channels", include_str!("views/conversion_channels.sql")),
    ("message_kinds", include_str!("views/message_kinds.sql")),
    ("delivery_facts", include_str!("views/delivery_facts.sql")),
    ("delivery_pieces", include_str!("views/delivery_pieces.sql")),
    ("delivery_rows", include_str!("views/delivery_rows.sql")),
    ("message_activity", include_str!("views/message_activity.sql")),
    ("message_stats", include_str!("views/message_stats.sql")),
    ("conversion_rows", include_str!("views/conversion_rows.sql")),
    ("bought", include_str!("views/bought.sql")),
    ("touch_kinds", include_str!("views/touch_kinds.sql")),
    ("defined_touches", include_str!("views/defined_touches.sql")),
    ("touches", include_str!("views/touches.sql")),
    ("last_touches", include_str!("views/last_touches.sql")),
    ("refunds", include_str!("views/refunds.sql")),
    ("credited_channels", include_str!("views/credited_channels.sql")),
    ("credits", include_str!("views/credits.sql")),
    ("defined_message_activity", include_str!("views/defined_message_activity.sql")),
    ("defined_message_stats", include_str!("views/defined_message_stats.sql")),
];

/// Creates or replaces all of them, so that a definition is the one of this version.
pub(super) fn apply(connection: &Connection) -> Result<(), Error> {
    for (name, sql) in VIEWS {
        connection.execute_batch(sql).map_err(|source| Error::Query { query: name, source })?;
    }
    Ok(())
}
