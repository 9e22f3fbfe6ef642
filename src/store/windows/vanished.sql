-- Of the rows from $start to before $end, how many have an id that is not staged? They vanished at Klaviyo.
select count(*)
from klaviyo_events
where timestamp >= $start and timestamp < $end and id not in (select id from stage_events)
