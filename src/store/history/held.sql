-- Which runs does the pause hold?
select runs.id, runs.trigger, runs.forced, runs.status, runs.started_at, runs.ended_at, held.since, 1::bigint as total
from sync_paused_runs as held
join sync_runs as runs on runs.id = held.run_id
where runs.ended_at is null
order by runs.id
