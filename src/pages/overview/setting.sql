-- What are the numbers in, and of which metric? The currency, and the conversion metric unless $metric names one.
select
    (select currency from account) as currency,
    (select timezone from account) as timezone,
    coalesce($metric, (select metric_id from conversion_metric)) as metric,
    (select events from event_span) as events_stored
