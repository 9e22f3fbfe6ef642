-- Sums the hours of these days.
insert into klaviyo_aggregated_metrics
select
    hours.metric_id,
    'day' as bucket_size,
    date_trunc('day', hours.time_bucket) as time_bucket,
    sum(event_count) as event_count,
    sum(value_count) as value_count,
    sum(sum_value) as sum_value,
    min(min_value) as min_value,
    max(max_value) as max_value,
    sum(sum_value) / nullif(sum(value_count), 0) as avg_value,
    sum(foreign_count) as foreign_count,
    sum(unreadable_count) as unreadable_count
from klaviyo_aggregated_metrics as hours
join (select distinct metric_id, date_trunc('day', time_bucket) as day from hours_touched) as days
    on days.metric_id is not distinct from hours.metric_id and days.day = date_trunc('day', hours.time_bucket)
where bucket_size = 'hour'
group by hours.metric_id, date_trunc('day', hours.time_bucket)
