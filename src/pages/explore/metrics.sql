-- Which metrics are there, and how many events did each have on local days from $start to before $before?
select
    metrics.id,
    metrics.name,
    integration_name,
    kind,
    cast(coalesce(sum(events), 0) as bigint) as events
from metrics
left join metric_buckets
    on metric_buckets.metric_id = metrics.id and bucket_size = 'day' and $start <= happened_on and happened_on < $before
group by all
order by events desc, lower(metrics.name), metrics.id
