-- How does every entity stand, and from when on is its copy complete?
select
    status.entity_type,
    status.status,
    status.last_sync_time,
    status.record_count,
    status.error_message,
    status.remedy,
    status.resumes_at,
    status.tried_at,
    coalesce(status.failures, 0) as failures,
    (
        select start_at
        from sync_windows
        where sync_windows.entity_type = status.entity_type
        order by end_at desc
        limit 1
    ) as covered_from
from klaviyo_sync_status as status
