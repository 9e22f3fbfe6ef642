-- Which metrics are there, and what do they mean? With $since and $before, both UTC, those that were updated in between.
select id, name, integration_name, integration_category, kind, created_at, updated_at
from metrics
where (cast($since as timestamp) is null or updated_at >= cast($since as timestamp))
    and (cast($before as timestamp) is null or updated_at < cast($before as timestamp))
order by name, id
