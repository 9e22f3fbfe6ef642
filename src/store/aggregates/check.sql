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
),
defined_conversions as (
    select
        id, profile_id, converted_at, converted_on, amount, is_foreign, is_unreadable, credited_to, message_id, flow_id,
        attributed_event_id
    from conversions
    where metric_id = (select metric_id from conversion_metric)
),
touches_defined as (select * from defined_touches((select metric_id from conversion_metric)))
select 'hours' as sums, differing from differing('klaviyo_aggregated_metrics', 'defined_hours')
union all
select 'stats', differing from differing('kept_stats', 'defined_stats')
union all
select 'days', differing from differing('kept_days', 'defined_days')
union all
select 'activity', differing from differing('klaviyo_profile_activity', 'defined_profile_activity')
union all
select 'conversions', differing from differing('klaviyo_conversions', 'defined_conversions')
union all
select 'touches', differing from differing('klaviyo_touches', 'touches_defined')
