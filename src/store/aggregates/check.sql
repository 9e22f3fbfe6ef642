-- Do the sums say what their definitions say of the events? How many rows differ, of each; `days` from $since to before
-- $until.
with amounts as (
    select
        events.metric_id,
        unnest(['hour', 'day']) as bucket_size,
        unnest([
            cast(date_trunc('hour', local_datetime) as timestamp), cast(date_trunc('day', local_datetime) as timestamp)
        ]) as time_bucket,
        case when coalesce(upper(events.currency) <> account.currency, false) then null else value end as amount,
        value is not null and coalesce(upper(events.currency) <> account.currency, false) as is_foreign,
        value is null and value_text is not null as is_unreadable
    from klaviyo_events as events
    left join account on true
    where local_datetime is not null
),
defined_hours as (
    select
        metric_id,
        bucket_size,
        time_bucket,
        count(*) as event_count,
        count(amount) as value_count,
        cast(sum(amount) as decimal(38, 4)) as sum_value,
        min(amount) as min_value,
        max(amount) as max_value,
        cast(sum(amount) / nullif(count(amount), 0) as decimal(38, 4)) as avg_value,
        count(*) filter (where is_foreign) as foreign_count,
        count(*) filter (where is_unreadable) as unreadable_count
    from amounts
    group by all
),
kept_stats as (
    select * from message_stats(cast('0001-01-01' as date), (select metric_id from conversion_metric))
),
defined_stats as (
    select * from defined_message_stats(cast('0001-01-01' as date), (select metric_id from conversion_metric))
),
kept_days as (
    select * from message_activity(cast($since as date), cast($until as date), (select metric_id from conversion_metric))
),
defined_days as (
    select *
    from defined_message_activity(cast($since as date), cast($until as date), (select metric_id from conversion_metric))
)
select 'hours' as sums, count(*) as differing
from (
    (select * from klaviyo_aggregated_metrics except all select * from defined_hours)
    union all
    (select * from defined_hours except all select * from klaviyo_aggregated_metrics)
)
union all
select 'stats', count(*)
from (
    (select * from kept_stats except all select * from defined_stats)
    union all
    (select * from defined_stats except all select * from kept_stats)
)
union all
select 'days', count(*)
from (
    (select * from kept_days except all select * from defined_days)
    union all
    (select * from defined_days except all select * from kept_days)
)
