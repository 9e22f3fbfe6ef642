-- Something happened in the run $run.
insert into sync_log (run_id, logged_at, entity_type, level, words) values ($run, $logged_at, $entity, $level, $words)
