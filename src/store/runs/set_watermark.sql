-- Up to $watermark the changes of $entity were followed.
insert into klaviyo_sync_status (entity_type, status, watermark)
values ($entity, 'running', $watermark)
on conflict (entity_type) do update set watermark = excluded.watermark
