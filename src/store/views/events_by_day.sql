-- How many events of each metric happened on each local day, and what they were worth: kept up with the events. Amounts in
-- another currency and values that are no amount are counted and not summed.
create or replace view events_by_day as
select
    metric_id,
    cast(time_bucket as date) as happened_on,
    event_count as events,
    sum_value as amount,
    foreign_count as foreign_values,
    unreadable_count as unreadable_values
from klaviyo_aggregated_metrics
where bucket_size = 'day'
