-- Which days differ from $start to $end, even after they were read again? Newest first, at most $limit.
-- $metric is null, or the one that is asked for.
select
    metric_id,
    coalesce(metrics.name, metric_id) as name,
    day,
    their_count,
    cast(their_sum as double) as their_sum,
    our_count,
    cast(our_sum as double) as our_sum,
    checked_at
from reconciliation
left join metrics on metrics.id = metric_id
where state = 'differs' and day between $start and $end and ($metric is null or metric_id = $metric)
order by day desc, name
limit $limit
