-- How did the run $id go?
select id, trigger, forced, status, started_at, ended_at, 1::bigint as total from sync_runs where id = $id
