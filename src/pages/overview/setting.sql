-- What are the numbers in, and of which metric? The currency, and the conversion metric unless $metric names one; whether that
-- is one of the account's (some are only known by what they mean), and what the sums rest on.
select
    (select currency from account) as currency,
    (select timezone from account) as timezone,
    coalesce($metric, (select metric_id from conversion_metric)) as metric,
    $metric is null
        or exists (select 1 from metrics where id = $metric)
        or exists (select 1 from metric_kinds where metric_id = $metric) as is_known,
    coalesce($metric, (select metric_id from conversion_metric)) is not distinct from (select metric_id from aggregates_basis) as is_summed,
    (select events from event_span) as events_stored
