-- At $now $entity had been read again as far back as $tier goes.
insert into sync_lookbacks (entity_type, tier, done_at) values ($entity, $tier, $now)
