-- What was said of the runs up to $last is not shown any more.
delete from sync_log where run_id <= $last and run_id not in (select id from sync_runs)
