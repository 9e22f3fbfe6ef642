-- Events a metric and local hour or day, as they are kept up with the events: one row per metric, size of bucket and bucket that
-- has any. `total` is the sum of their amounts in the account's currency, of `valued` events.
create or replace view metric_buckets as
select
    metric_id,
    bucket_size,
    time_bucket as bucket,
    cast(time_bucket as date) as happened_on,
    event_count as events,
    value_count as valued,
    sum_value as total
from klaviyo_aggregated_metrics
