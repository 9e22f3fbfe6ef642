-- What is the number of the last run?
select coalesce(max(id), 0) from sync_runs
