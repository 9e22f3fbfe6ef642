-- Which segments are there? With $since and $before, both UTC, those that were updated in between.
select id, name, members, is_active, created_at, updated_at
from segments
where (cast($since as timestamp) is null or updated_at >= cast($since as timestamp))
    and (cast($before as timestamp) is null or updated_at < cast($before as timestamp))
order by members desc nulls last, name, id
