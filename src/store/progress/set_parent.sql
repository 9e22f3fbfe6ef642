-- The listing of $parent for $entity reached $watermark; all of it was read at $whole_at.
insert into sync_parents (entity_type, parent_id, watermark, whole_at)
values ($entity, $parent, $watermark, $whole_at)
on conflict (entity_type, parent_id) do update set watermark = excluded.watermark, whole_at = excluded.whole_at
