-- From when to when do the events go?
select min(timestamp) as first_at, max(timestamp) as last_at from klaviyo_events
