-- Which metrics are there, and how many events did each have on local days from $start to before $before?
with counted as (
    select metric_id, sum(events) as events
    from metric_buckets
    where bucket_size = 'day' and $start <= happened_on and happened_on < $before
    group by metric_id
)
select id, name, integration_name, cast(coalesce(events, 0) as bigint) as events
from metrics
left join counted on counted.metric_id = metrics.id
order by events desc, lower(name), id
