-- How many events do the windows hold? All of them lie from $start to before $end.
select count(*)
from summed_events
where timestamp >= $start and timestamp < $end
    and exists (select 1 from windows_replaced where timestamp >= start_at and timestamp < end_at)
