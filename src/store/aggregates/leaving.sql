-- Events that are gone, or not as they were.
create or replace temp table events_leaving as
select * from events_before except all select * from events_after
