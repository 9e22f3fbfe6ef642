-- When does the history of consent begin, in UTC?
select min(seen_at) as began_at from consent_changes
