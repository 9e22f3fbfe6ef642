-- What was written down of the entities of the run $run is out of date.
delete from sync_run_entities where run_id = $run
