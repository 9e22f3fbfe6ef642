-- Which spans of time of $entity are complete? Newest first.
select start_at, end_at from sync_windows where entity_type = $entity order by end_at desc
