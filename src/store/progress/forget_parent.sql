-- $parent is read for $entity no more.
delete from sync_parents where entity_type = $entity and parent_id = $parent
