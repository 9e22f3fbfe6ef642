-- What of people's activity has come, and what has left for good.
create or replace temp table activity_changes as
select profile_id, what, happened_at, sum(sign) as events, sum(sign * amount) as amount
from (
    select 1 as sign, * from activity_facts('events_coming')
    union all
    select -1 as sign, * from activity_facts('events_leaving')
)
group by profile_id, what, happened_at
having sum(sign) <> 0 or sum(sign * amount) <> 0
