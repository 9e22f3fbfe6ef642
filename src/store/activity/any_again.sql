-- How many are they?
select count(*) from activity_again
