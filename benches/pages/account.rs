//! The account that pages are measured over: made in the database, because copying ten million events takes an hour.

use std::time::Instant;

use chrono::{DateTime, Utc};
use klytics::params;
use klytics::store::{Query, Store};

pub(crate) const PROFILES: i64 = 500_000;

/// Its zone is UTC, its shop sells on three of a hundred deliveries.
const ACCOUNT: &[&str] = &[
    "insert into klaviyo_accounts (id, name, timezone, currency) values ('A', 'Bench', 'UTC', 'USD')",
    "insert into metric_kinds select 'm_' || kind, kind, 'name' from unnest([
         'received_email', 'opened_email', 'clicked_email', 'placed_order', 'viewed_form', 'submitted_form', 'bounced_email',
         'unsubscribed_email', 'active_on_site'
     ]) as kinds(kind)",
    "insert into klaviyo_metrics (id, name, integration_name) select 'm_' || kind, kind, 'Klaviyo' from unnest([
         'received_email', 'opened_email', 'clicked_email', 'placed_order', 'viewed_form', 'submitted_form', 'bounced_email',
         'unsubscribed_email', 'active_on_site'
     ]) as kinds(kind)",
    "insert into klaviyo_mapped_metrics (id, metric_id) values ('revenue', 'm_placed_order')",
    "insert into klaviyo_campaigns (id, name, status, sent_at)
     select 'C' || i, 'Campaign ' || i, 'Sent', cast($end as timestamp) - to_seconds(cast(94608000.0 * i / 600 as bigint)) from range(600) as t(i)",
    "insert into klaviyo_campaign_messages (id, campaign_id, channel) select 'CM' || i, 'C' || i, 'email' from range(600) as t(i)",
    "insert into klaviyo_flows (id, name, status, trigger_type, created_at, updated_at)
     select 'F' || i, 'Flow ' || i, 'live', 'Metric', cast($end as timestamp) - interval 900 day, cast($end as timestamp) - interval 400 day from range(60) as t(i)",
    "insert into klaviyo_flow_actions (id, flow_id, action_type) select 'FA' || i, 'F' || i, 'send-email' from range(60) as t(i)",
    "insert into klaviyo_flow_messages (id, flow_action_id, channel, name)
     select 'FM' || i, 'FA' || i, 'email', 'Message ' || i from range(60) as t(i)",
    "insert into klaviyo_forms (id, name, status) select 'form' || i, 'Form ' || i, 'live' from range(20) as t(i)",
    "insert into klaviyo_segments (id, name) select 'S' || i, 'Segment ' || i from range(40) as t(i)",
    "insert into klaviyo_segment_counts (id, profile_count) select 'S' || i, i * 1000 from range(40) as t(i)",
    "insert into klaviyo_lists (id, name) select 'L' || i, 'List ' || i from range(10) as t(i)",
    "insert into klaviyo_profiles (id, email, can_receive_email, can_receive_sms, created_at, updated_at)
     select md5(cast(i as varchar)), 'p' || i || '@example.com', i % 3 > 0, i % 7 = 0, cast($end as timestamp) - to_seconds(i * 180), $end
     from range($profiles) as t(i)",
    "insert into klaviyo_consent_history (profile_id, channel, consent, can_receive, changed_at, seen_at)
     select md5(cast(i as varchar)), 'email', 'SUBSCRIBED', i % 3 > 0, cast($end as timestamp) - to_seconds(i * 180), cast($end as timestamp) - interval 1000 day
     from range($profiles) as t(i)",
    "insert or replace into klaviyo_sync_status (entity_type, status, last_sync_time, record_count, success)
     select unnest(['accounts', 'metrics', 'campaigns', 'campaign_messages', 'flows', 'flow_actions', 'flow_messages', 'forms',
         'segments', 'segment_counts', 'lists', 'profiles', 'events', 'templates', 'tags']), 'completed', $end, 1, true",
];

/// Deliveries over three years up to $end, newest first, and about as many answers, orders, visits and form views.
const EVENTS: &str = "
insert into klaviyo_events (
    id, metric_id, profile_id, timestamp, local_datetime, value, value_text, message_id, flow_id, form_id,
    is_machine_open, attributed_event_id, attributed_campaign_id, attributed_flow_id, attributed_campaign_message_id,
    attributed_flow_message_id, properties
)
with sent as (
    select
        i,
        md5(cast(hash(i) % $profiles as varchar)) as profile_id,
        cast($end as timestamp) - to_seconds(cast(i * (94608000.0 / $deliveries) as bigint)) as sent_at,
        hash(i * 7) % 3 = 0 as is_flow,
        case when hash(i * 7) % 3 = 0 then hash(i * 5) % 60 else i * 600 // $deliveries end as n
    from range($deliveries) as t(i)
),
parts as (
    select *, unnest([0, 1, 2, 3, 4, 5]) as part from sent
),
happened as (
    select
        *,
        part || '-' || i as key,
        case when part = 0 then sent_at else least(cast($end as timestamp), sent_at + to_seconds(cast(hash(i * 3 + part) % 259200 as bigint))) end as at_time
    from parts
    where part = 0 or hash(i * 11 + part) % 100 < [50, 5, 3, 30, 12][part]
)
select
    md5(key),
    ['m_received_email', 'm_opened_email', 'm_clicked_email', 'm_placed_order', 'm_viewed_form', 'm_active_on_site'][part + 1],
    profile_id,
    at_time,
    at_time,
    case when part = 3 then 10 + hash(i) % 9000 / 100.0 end,
    case when part = 3 then '10' end,
    case when part < 3 then case when is_flow then 'FM' || n else 'CM' || n end end,
    case when part < 3 and is_flow then 'F' || n end,
    case when part = 4 then 'form' || hash(i) % 20 end,
    part = 1 and hash(i) % 3 = 0,
    case when part = 3 then md5('1-' || i) end,
    case when part = 3 and not is_flow then 'C' || n end,
    case when part = 3 and is_flow then 'F' || n end,
    case when part = 3 and not is_flow then 'CM' || n end,
    case when part = 3 and is_flow then 'FM' || n end,
    '{}'
from happened
order by at_time desc";

/// About so many events, and everything that they name.
pub(crate) fn fill(store: &Store, events: i64, end: DateTime<Utc>) {
    let end = end.naive_utc();
    let execute = |text: &'static str, values: &[(&str, &dyn klytics::store::ToSql)]| {
        let named: Vec<_> = values.iter().copied().filter(|it| text.contains(&format!("${}", it.0))).collect();
        store.write(|db| db.execute(Query { name: "fill", text }, &named)).expect("rows");
    };
    for text in ACCOUNT {
        execute(text, params! { "end": end, "profiles": PROFILES });
    }
    store.settle_zone().expect("a zone");
    execute(EVENTS, params! { "deliveries": events / 2, "end": end, "profiles": PROFILES });
    store.checkpoint().expect("a checkpoint");
    let (bare, start) = (store.size().unwrap_or_default(), Instant::now());
    store.count_again().expect("sums");
    println!("  {:>9.1} s to make all sums anew", start.elapsed().as_secs_f64());
    store.checkpoint().expect("a checkpoint");
    let count: i64 = store
        .read(|db| db.value(Query { name: "count", text: "select count(*) from klaviyo_events" }, params! {}))
        .expect("a count");
    let more = store.size().unwrap_or_default().saturating_sub(bare);
    println!("  {:>9.1} bytes an event for the sums of {count} events", more as f64 / count as f64);
}
