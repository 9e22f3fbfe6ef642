-- What was running when the process ended was interrupted, unless the pause holds it; $now is when that was noticed.
update sync_runs
set status = 'interrupted', ended_at = $now
where ended_at is null and id not in (select run_id from sync_paused_runs)
