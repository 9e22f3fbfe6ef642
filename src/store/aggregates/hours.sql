-- Counts them, of events from $first to before $last on the account's wall clock.
insert into klaviyo_aggregated_metrics
with counted as (
    select
        metric_id,
        date_trunc('hour', local_datetime) as time_bucket,
        case when coalesce(upper(events.currency) <> basis.currency, false) then null else value end as amount,
        value is not null and coalesce(upper(events.currency) <> basis.currency, false) as is_foreign,
        value is null and value_text is not null as is_unreadable
    from (
        select metric_id, local_datetime, value, value_text, currency
        from klaviyo_events
        where local_datetime >= $first and local_datetime < $last
    ) as events
    left join (select currency from aggregates_basis) as basis on true
)
select
    counted.metric_id,
    'hour' as bucket_size,
    counted.time_bucket,
    count(*) as event_count,
    count(amount) as value_count,
    sum(amount) as sum_value,
    min(amount) as min_value,
    max(amount) as max_value,
    sum(amount) / nullif(count(amount), 0) as avg_value,
    count(*) filter (where is_foreign) as foreign_count,
    count(*) filter (where is_unreadable) as unreadable_count
from counted
join hours_touched
    on hours_touched.metric_id is not distinct from counted.metric_id
    and hours_touched.time_bucket = counted.time_bucket
group by counted.metric_id, counted.time_bucket
