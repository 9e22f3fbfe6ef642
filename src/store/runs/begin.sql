-- A run starts at $now; what is its number?
insert into sync_runs (id, trigger, forced, status, started_at)
select coalesce(max(id), 0) + 1, $trigger, $forced, 'running', $now from sync_runs
returning id
