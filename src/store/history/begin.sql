-- The run $id was ordered at $now.
insert into sync_runs (id, trigger, forced, status, started_at)
values ($id, $trigger, $forced, 'running', $now)
on conflict (id) do nothing
