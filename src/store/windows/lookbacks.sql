-- When was $entity last read again as far back as each tier of its lookback goes?
select tier, done_at from sync_lookbacks where entity_type = $entity
