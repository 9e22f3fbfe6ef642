-- What is there before the windows, all from $start to before $end, are replaced, and may leave: what they hold, and what
-- moves into them.
create or replace temp table events_before as
select *
from summed_events
where timestamp >= $start and timestamp < $end
    and exists (select 1 from windows_replaced where timestamp >= start_at and timestamp < end_at)
union all
select * from events_moved
