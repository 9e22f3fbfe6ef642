-- How far is the listing of each parent of $entity?
select parent_id, watermark, whole_at from sync_parents where entity_type = $entity
