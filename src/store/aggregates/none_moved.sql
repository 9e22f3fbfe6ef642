-- Nothing moves into the windows.
create or replace temp table events_moved as select * from summed_events limit 0
