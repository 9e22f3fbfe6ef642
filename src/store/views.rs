//! What a number is: one definition a file, in the order in which they build on one another.

use duckdb::Connection;
use sha2::{Digest, Sha256};

use super::Error;
use crate::range::Channel;

/// Name and text of every view, in dependency order.
pub const VIEWS: &[(&str, &str)] = &[
    ("percent_text", include_str!("views/percent_text.sql")),
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
    ("renamed_messages", include_str!("views/renamed_messages.sql")),
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
    ("other_conversions", include_str!("views/other_conversions.sql")),
    ("bought", include_str!("views/bought.sql")),
    ("member_results", include_str!("views/member_results.sql")),
    ("form_conversions", include_str!("views/form_conversions.sql")),
    ("responses", include_str!("views/responses.sql")),
    ("conversion_channels", include_str!("views/conversion_channels.sql")),
    ("message_kinds", include_str!("views/message_kinds.sql")),
    ("delivery_facts", include_str!("views/delivery_facts.sql")),
    ("activity_facts", include_str!("views/activity_facts.sql")),
    ("activity_sums", include_str!("views/activity_sums.sql")),
    ("profile_activity", include_str!("views/profile_activity.sql")),
    ("defined_profile_activity", include_str!("views/defined_profile_activity.sql")),
    ("delivery_pieces", include_str!("views/delivery_pieces.sql")),
    ("delivery_rows", include_str!("views/delivery_rows.sql")),
    ("owned_conversions", include_str!("views/owned_conversions.sql")),
    ("message_activity", include_str!("views/message_activity.sql")),
    ("message_stats", include_str!("views/message_stats.sql")),
    ("message_days", include_str!("views/message_days.sql")),
    ("variation_subjects", include_str!("views/variation_subjects.sql")),
    ("tells", include_str!("views/tells.sql")),
    ("summed_measures", include_str!("views/summed_measures.sql")),
    ("rated_measures", include_str!("views/rated_measures.sql")),
    ("sender_results", include_str!("views/sender_results.sql")),
    ("differing", include_str!("views/differing.sql")),
    ("mailbox_providers", include_str!("views/mailbox_providers.sql")),
    ("campaign_messages", include_str!("views/campaign_messages.sql")),
    ("campaign_audiences", include_str!("views/campaign_audiences.sql")),
    ("campaign_tags", include_str!("views/campaign_tags.sql")),
    ("message_deliveries", include_str!("views/message_deliveries.sql")),
    ("message_results", include_str!("views/message_results.sql")),
    ("message_reactions", include_str!("views/message_reactions.sql")),
    ("conversion_rows", include_str!("views/conversion_rows.sql")),
    ("touch_kinds", include_str!("views/touch_kinds.sql")),
    ("defined_touches", include_str!("views/defined_touches.sql")),
    ("touches", include_str!("views/touches.sql")),
    ("last_touches", include_str!("views/last_touches.sql")),
    ("refunds", include_str!("views/refunds.sql")),
    ("credited_channels", include_str!("views/credited_channels.sql")),
    ("credits", include_str!("views/credits.sql")),
    ("send_days", include_str!("views/send_days.sql")),
    ("defined_message_activity", include_str!("views/defined_message_activity.sql")),
    ("defined_message_stats", include_str!("views/defined_message_stats.sql")),
    // What the audit asks.
    ("events_by_day", include_str!("views/events_by_day.sql")),
    ("copied_entities", include_str!("views/copied_entities.sql")),
    ("suppressions", include_str!("views/suppressions.sql")),
    ("message_sends", include_str!("views/message_sends.sql")),
    ("daily_messages", include_str!("views/daily_messages.sql")),
    ("left_out_orders", include_str!("views/left_out_orders.sql")),
    ("mailbox_results", include_str!("views/mailbox_results.sql")),
    ("send_failures", include_str!("views/send_failures.sql")),
    ("audience", include_str!("views/audience.sql")),
    ("engagement", include_str!("views/engagement.sql")),
    ("subscription_sources", include_str!("views/subscription_sources.sql")),
    ("subscription_events", include_str!("views/subscription_events.sql")),
    ("profile_details", include_str!("views/profile_details.sql")),
    ("predictions", include_str!("views/predictions.sql")),
    ("profile_events", include_str!("views/profile_events.sql")),
    // Content and Explore.
    ("deliveries", include_str!("views/deliveries.sql")),
    ("message_texts", include_str!("views/message_texts.sql")),
    ("text_segments", include_str!("views/text_segments.sql")),
    ("explored_events", include_str!("views/explored_events.sql")),
    ("metric_buckets", include_str!("views/metric_buckets.sql")),
    // Flows, forms, segments and lists.
    ("flow_stats", include_str!("views/flow_stats.sql")),
    ("flow_activity", include_str!("views/flow_activity.sql")),
    ("flow_earnings", include_str!("views/flow_earnings.sql")),
    ("flow_health", include_str!("views/flow_health.sql")),
    ("flow_actions", include_str!("views/flow_actions.sql")),
    ("flow_messages", include_str!("views/flow_messages.sql")),
    ("conversion_delays", include_str!("views/conversion_delays.sql")),
    ("form_details", include_str!("views/form_details.sql")),
    ("form_versions", include_str!("views/form_versions.sql")),
    ("member_groups", include_str!("views/member_groups.sql")),
    ("membership_changes", include_str!("views/membership_changes.sql")),
    ("group_days", include_str!("views/group_days.sql")),
    ("bought_products", include_str!("views/bought_products.sql")),
];

/// Every table as it is, and the digest under which the views were last written.
const TABLES: &str =
    "select coalesce(string_agg(sql, ';' order by table_name), '') from duckdb_tables() where not internal";
const WRITTEN: &str = "select max(digest) from schema_views";

/// Creates or replaces all of them, so that a definition is the one of this version. Where they are that already, nothing is
/// written: a server starts on a full disk, too.
pub(super) fn apply(connection: &mut Connection) -> Result<(), Error> {
    let failed = |source: duckdb::Error| Error::Statement { doing: "define the views", source: source.into() };
    connection.execute_batch("create table if not exists schema_views (digest blob not null)").map_err(failed)?;
    let titles = channel_title();
    let all: Vec<_> = [("channel_title", titles.as_str())].iter().chain(VIEWS).copied().collect();
    let digest = digest(connection, &all).map_err(failed)?;
    let written: Option<Vec<u8>> = connection.query_row(WRITTEN, [], |row| row.get(0)).map_err(failed)?;
    if written.as_ref() == Some(&digest) {
        return Ok(());
    }
    let transaction = connection.transaction().map_err(failed)?;
    for (name, sql) in all {
        transaction.execute_batch(sql).map_err(|source| Error::Query { query: name, source: source.into() })?;
    }
    transaction.execute_batch("delete from schema_views").map_err(failed)?;
    transaction.execute("insert into schema_views (digest) values (?)", [digest]).map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// What tells whether views are as they should be: their texts, and the tables that they were defined over.
fn digest(connection: &Connection, all: &[(&str, &str)]) -> duckdb::Result<Vec<u8>> {
    let tables: String = connection.query_row(TABLES, [], |row| row.get(0))?;
    let mut hasher = Sha256::new();
    hasher.update(tables);
    for (name, sql) in all {
        hasher.update(format!("{name}\0{sql}\0"));
    }
    Ok(hasher.finalize().to_vec())
}

/// What a person calls a channel, for queries; any other word stays, and so does none.
fn channel_title() -> String {
    let cases: Vec<_> = Channel::words().map(|(word, title)| format!("when '{word}' then '{title}'")).collect();
    format!("create or replace macro channel_title(channel) as case channel {} else channel end", cases.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Options, Store};
    use std::path::Path;

    fn open(dir: &Path) -> Store {
        Store::open(dir, &Options { memory_limit: 256 << 20, threads: 1 }).expect("a store")
    }

    /// Numbers of the views in the catalog: each definition takes a new one.
    fn numbers(store: &Store) -> String {
        let all = "select string_agg(view_oid::varchar, ' ' order by view_name) from duckdb_views() where not internal";
        store.writer().query_row(all, [], |row| row.get(0)).expect("numbers")
    }

    #[test]
    fn views_are_written_where_they_differ_and_only_there() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = open(dir.path());
        store.checkpoint().expect("a checkpoint");
        drop(store);
        let log = dir.path().join("klytics.duckdb.wal");
        let size = || std::fs::metadata(&log).map_or(0, |it| it.len());
        let before = size();
        let store = open(dir.path());
        assert_eq!(size(), before, "nothing is written by a second start");
        let first = numbers(&store);
        apply(&mut store.writer()).expect("views");
        assert_eq!(numbers(&store), first);
        store.writer().execute_batch("alter table klaviyo_tags add column later int").expect("a column");
        apply(&mut store.writer()).expect("views");
        assert_ne!(numbers(&store), first, "a table has changed below them");
    }
}
