-- Does Klaviyo count as many events as are stored, on local days from $start to before $before? One row per metric that was compared.
select
    coalesce(metrics.name, metric_id) as name,
    count(*) as days,
    count(*) filter (where state = 'differs') as differing,
    cast(sum(their_count) filter (where state = 'differs') as bigint) as their_count,
    cast(sum(our_count) filter (where state = 'differs') as bigint) as our_count,
    case when count(*) filter (where state = 'differs') > 0 then 'Look' else 'Passes' end as verdict,
    format('“{}” differs on {:,} of {:,} days', coalesce(metrics.name, metric_id), count(*) filter (where state = 'differs'), count(*)) as finding
from reconciliation
left join metrics on metrics.id = metric_id
where $start <= day and day < $before
group by metric_id, metrics.name
