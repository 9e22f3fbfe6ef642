-- How did the pass of $entity end? $ended_at is null unless it ended well; then the last good time stays.
insert into klaviyo_sync_status (entity_type, status, last_sync_time, record_count, success, error_message)
values ($entity, $status, $ended_at, $rows, $success, $error)
on conflict (entity_type) do update set
    status = excluded.status,
    last_sync_time = coalesce(excluded.last_sync_time, klaviyo_sync_status.last_sync_time),
    record_count = excluded.record_count,
    success = excluded.success,
    error_message = excluded.error_message,
    resumes_at = null
