-- Nothing has left.
create or replace temp table events_leaving as select * from events_coming limit 0
