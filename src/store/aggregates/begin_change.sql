-- The events that are changed one by one.
create or replace temp table events_changing (id varchar)
