-- A pass of $entity was stopped ($status) and left $rows rows; $tried_at is null where it goes on at the next start. How a
-- pass ended that came to its end is still true.
insert into klaviyo_sync_status (entity_type, status, record_count, tried_at)
values ($entity, $status, $rows, $tried_at)
on conflict (entity_type) do update set
    status = case
        when klaviyo_sync_status.last_sync_time is null then excluded.status
        else klaviyo_sync_status.status
    end,
    record_count = excluded.record_count,
    tried_at = coalesce(excluded.tried_at, klaviyo_sync_status.tried_at)
