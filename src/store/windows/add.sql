-- From $start to before $end, $entity is complete as of $now.
insert into sync_windows (entity_type, start_at, end_at, done_at) values ($entity, $start, $end, $now)
