-- How many events move into the window?
select count(*) from events_moved
