-- What was taken back: refunded and cancelled orders by local day, gross, in the account's currency. They are lines of their
-- own and never taken off revenue. `not_summed` are those in another currency or with a value that is no amount.
create or replace view refunds as
select
    kind,
    cast(time_bucket as date) as happened_on,
    sum(event_count) as events,
    sum(sum_value) as amount,
    sum(foreign_count + unreadable_count) as not_summed
from klaviyo_aggregated_metrics
join metric_kinds on metric_kinds.metric_id = klaviyo_aggregated_metrics.metric_id
where bucket_size = 'day' and kind in ('refunded_order', 'cancelled_order')
group by kind, cast(time_bucket as date)
