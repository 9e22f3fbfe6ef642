-- What they are after it.
create or replace temp table events_after as
select * from summed_events where id in (select id from events_changing)
