-- When the $tier of $entity was last done is about to be written anew.
delete from sync_lookbacks where entity_type = $entity and tier = $tier
