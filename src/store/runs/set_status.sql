-- How did the pass of $entity end at $now? $ended_at is null unless it ended well; then the last good time stays.
insert into klaviyo_sync_status (
    entity_type, status, last_sync_time, record_count, success, error_message, remedy, resumes_at, tried_at, failures
)
values (
    $entity, $status, $ended_at, $rows, $success, $error, $remedy, $resumes_at, $now,
    case when $status::varchar = 'failed' then 1 else 0 end
)
on conflict (entity_type) do update set
    status = excluded.status,
    last_sync_time = coalesce(excluded.last_sync_time, klaviyo_sync_status.last_sync_time),
    record_count = excluded.record_count,
    success = excluded.success,
    error_message = excluded.error_message,
    remedy = excluded.remedy,
    resumes_at = excluded.resumes_at,
    tried_at = excluded.tried_at,
    failures = case
        when excluded.status = 'failed' then coalesce(klaviyo_sync_status.failures, 0) + 1
        else 0
    end
