-- How many metrics stand for a placed order? One row per such metric, with its events of the $metric_days days up to $today.
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
    cast(coalesce(events, 0) as bigint) as events,
    coalesce(metrics.id = $metric, false) as is_used,
    case when count(*) filter (where events > 0) over () > 1 then 'Look' else 'Passes' end as verdict,
    '“' || name || '” of ' || coalesce(integration_name, 'an unknown integration') || case when is_used then ', which is counted' else '' end as finding
from metrics
left join recent on recent.metric_id = metrics.id
where kind = 'placed_order'
