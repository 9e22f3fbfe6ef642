-- How many are they?
select count(*) from events_leaving
