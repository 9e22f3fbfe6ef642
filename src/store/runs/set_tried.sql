-- A pass of $entity was ended at $now by whoever ordered it.
insert into klaviyo_sync_status (entity_type, status, tried_at)
values ($entity, 'never', $now)
on conflict (entity_type) do update set tried_at = excluded.tried_at
