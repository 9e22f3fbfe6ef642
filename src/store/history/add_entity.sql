-- What the run $run did to $entity.
insert into sync_run_entities (
    run_id, entity_type, status, rows_seen, rows_new, rows_changed, rows_deleted, requests, bytes, waited_secs,
    error_message
)
values ($run, $entity, $status, $seen, $new, $changed, $deleted, $requests, $bytes, $waited, $error)
