-- What the windows, all from $start to before $end, hold now that nothing was there before.
create or replace temp table events_coming as
select *
from summed_events
where timestamp >= $start and timestamp < $end
    and exists (select 1 from windows_replaced where timestamp >= start_at and timestamp < end_at)
