-- The process ended while it copied: there are $rows rows of $entity.
insert into klaviyo_sync_status (entity_type, status, record_count)
values ($entity, 'interrupted', $rows)
on conflict (entity_type) do update set record_count = excluded.record_count
