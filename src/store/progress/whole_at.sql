-- When did a whole listing of $entity last end?
select last_whole_at from klaviyo_sync_status where entity_type = $entity
