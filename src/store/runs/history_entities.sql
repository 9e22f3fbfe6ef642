-- What the last $limit runs that ended did to each entity.
select parts.*
from sync_run_entities as parts
where parts.run_id in (select id from sync_runs where ended_at is not null order by id desc limit $limit)
order by parts.run_id, parts.rows_seen desc, parts.entity_type
