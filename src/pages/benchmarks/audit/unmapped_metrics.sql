-- Which metrics that still bring events mean nothing to any page but Explore? One row per metric with events on the
-- $metric_days days up to $today.
with recent as (
    select metric_id, sum(events) as events
    from events_by_day
    where happened_on > cast($today as date) - cast($metric_days as integer)
    group by metric_id
)
select
    metrics.id,
    name,
    integration_name as integration,
    kind,
    cast(events as bigint) as events,
    case when kind is null then 'Look' else 'Passes' end as verdict,
    '“' || name || '” ' || case when kind is null then 'has no meaning here' else 'is understood' end as finding
from metrics
join recent on recent.metric_id = metrics.id
where events > 0
