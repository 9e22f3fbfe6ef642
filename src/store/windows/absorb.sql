-- Which span does $start to $end of $entity make together with those that it touches?
select least(min(start_at), $start) as start_at, greatest(max(end_at), $end) as end_at
from sync_windows
where entity_type = $entity and start_at <= $end and end_at >= $start
