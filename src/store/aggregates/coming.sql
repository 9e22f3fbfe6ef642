-- Events that are new, or not as they were.
create or replace temp table events_coming as
select * from events_after except all select * from events_before
