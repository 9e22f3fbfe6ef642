-- When did the last of it happen? Nothing where nothing did.
select max(last_at) as last_at from delivery_pairs having count(*) > 0
