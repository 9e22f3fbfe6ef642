-- What was said of the run $run?
select logged_at, entity_type, level, words from sync_log where run_id = $run order by logged_at, rowid
