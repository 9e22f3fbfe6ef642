-- The events that arrived outside of any window.
create or replace temp table events_coming as
select *
from summed_events
where timestamp >= (select min(timestamp) from events_arrived)
    and timestamp <= (select max(timestamp) from events_arrived)
    and id in (select id from events_arrived)
