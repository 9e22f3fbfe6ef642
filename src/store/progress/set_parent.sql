-- The listing of $parent for $entity reached $watermark; all of it was read at $whole_at.
insert into sync_parents (entity_type, parent_id, watermark, whole_at, first_whole_at)
values ($entity, $parent, $watermark, $whole_at, $whole_at)
on conflict (entity_type, parent_id) do update set
    watermark = excluded.watermark,
    whole_at = excluded.whole_at,
    first_whole_at = coalesce(sync_parents.first_whole_at, sync_parents.whole_at, excluded.whole_at)
