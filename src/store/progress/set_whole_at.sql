-- A whole listing of $entity ended at $now.
insert into klaviyo_sync_status (entity_type, status, last_whole_at)
values ($entity, 'running', $now)
on conflict (entity_type) do update set last_whole_at = excluded.last_whole_at
