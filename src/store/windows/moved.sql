-- How many events are staged in another window than they lie in?
select count(*) from events_moved
