-- Which lists are there? With $since and $before, both UTC, those that were updated in between.
select id, name, members, opt_in_process, created_at, updated_at
from lists
where (cast($since as timestamp) is null or updated_at >= cast($since as timestamp))
    and (cast($before as timestamp) is null or updated_at < cast($before as timestamp))
order by members desc nulls last, name, id
