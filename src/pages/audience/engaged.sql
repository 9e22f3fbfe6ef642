-- How many of those who can receive e-mail marketing were engaged in the last days, at $now, and which part of them? Each row
-- also says how many profiles there are, and how many of those are suppressed.
with counts as (
    select * from engagement(cast($now as timestamp))
),
windows as (
    select
        unnest([1, 2, 3, 4, 5]) as step,
        unnest([
            'Engaged within 30 days', 'Engaged within 60 days', 'Engaged within 90 days', 'Engaged within 180 days',
            'Dormant: known for 180 days, not engaged in them'
        ]) as window_name,
        unnest([engaged_30, engaged_60, engaged_90, engaged_180, dormant]) as people,
        emailable, profiles, suppressed
    from counts
)
select *, people / nullif(emailable, 0) as share_of_subscribers, suppressed / nullif(profiles, 0) as suppression_rate
from windows
