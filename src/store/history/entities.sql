-- What did the runs $runs (a list in JSON) do to each entity?
select parts.*
from sync_run_entities as parts
where parts.run_id in (select unnest(from_json($runs, '["bigint"]')))
order by parts.run_id, parts.rows_seen desc, parts.entity_type
