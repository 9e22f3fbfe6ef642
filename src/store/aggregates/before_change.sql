-- What they are before that.
create or replace temp table events_before as
select * from summed_events where id in (select id from events_changing)
