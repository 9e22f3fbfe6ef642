-- Has any event of $metric_id on local days from $start to before $before a property at $property?
select 1 as found
from explored_events
where metric_id = cast($metric_id as varchar) and $start <= happened_on and happened_on < $before
    and json_exists(properties, cast($property as varchar))
limit 1
