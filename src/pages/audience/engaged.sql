-- How many of those who can receive e-mail marketing were engaged in the last days, at $now, and which part of them?
with counts as (
    select * from engagement(cast($now as timestamp))
)
select step, window_name, people, people / nullif(emailable, 0) as share_of_subscribers, emailable
from (
    select 1 as step, 'Engaged within 30 days' as window_name, engaged_30 as people, emailable from counts
    union all
    select 2, 'Engaged within 60 days', engaged_60, emailable from counts
    union all
    select 3, 'Engaged within 90 days', engaged_90, emailable from counts
    union all
    select 4, 'Engaged within 180 days', engaged_180, emailable from counts
    union all
    select 5, 'Dormant: known for 180 days, not engaged in them', dormant, emailable from counts
)
