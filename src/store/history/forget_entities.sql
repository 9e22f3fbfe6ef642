-- What the runs up to $last did is not shown any more.
delete from sync_run_entities where run_id <= $last and run_id not in (select id from sync_runs)
