-- They are there as they were, by other names.
create or replace temp table events_coming as select * from events_leaving
