-- How far do both counts agree, metric by metric and month by month, on the local days from $start to $end?
-- $metric is null, or the one that is asked for.
select
    metric_id,
    coalesce(metrics.name, metric_id) as name,
    strftime(day, '%Y-%m') as month,
    count(*) as days,
    count(*) filter (where state = 'differs') as differing,
    count(*) filter (where state = 'agrees' and repaired_at is not null) as repaired,
    cast(sum(their_count) as bigint) as their_count,
    cast(sum(their_sum) as double) as their_sum,
    cast(sum(our_count) as bigint) as our_count,
    cast(sum(our_sum) as double) as our_sum
from reconciliation
left join metrics on metrics.id = metric_id
where day between $start and $end and ($metric is null or metric_id = $metric)
group by metric_id, metrics.name, strftime(day, '%Y-%m')
order by lower(coalesce(metrics.name, metric_id)), metric_id, month desc
