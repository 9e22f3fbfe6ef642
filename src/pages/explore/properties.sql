-- Which properties do events of $metric_id have? Of a few hundred of its events on local days from $start to before $before, each
-- property with how many have it.
with sampled as (
    select properties
    from explored_events
    where metric_id = cast($metric_id as varchar) and $start <= happened_on and happened_on < $before
    limit 300
)
select name, count(*) as events
from (select unnest(json_keys(properties)) as name from sampled)
group by name
order by events desc, lower(name)
limit 100
