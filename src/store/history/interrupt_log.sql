-- The last line of the runs that the process ended with; $now is when that was noticed.
insert into sync_log (run_id, logged_at, entity_type, level, words)
select
    id,
    $now,
    null,
    'warning',
    'interrupted: the process ended without a word, which was noticed now; what was copied is kept'
from sync_runs
where ended_at is null and id not in (select run_id from sync_paused_runs)
