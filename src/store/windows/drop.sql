-- Spans of $entity that touch $start to $end; a wider one takes their place.
delete from sync_windows where entity_type = $entity and start_at <= $end and end_at >= $start
