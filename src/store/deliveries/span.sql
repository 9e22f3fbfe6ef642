-- From when to when are the events that are counted again? Nothing where none are.
select min(first_at) as first_at, max(last_at) as last_at from deliveries_again having count(*) > 0
