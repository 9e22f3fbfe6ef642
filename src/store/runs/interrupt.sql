-- What was running when the process ended was interrupted; $now is when that was noticed.
update sync_runs set status = 'interrupted', ended_at = $now where ended_at is null
