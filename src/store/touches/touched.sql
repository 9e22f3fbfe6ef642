-- The people of whom a touch or a conversion comes or leaves, and when.
create or replace temp table people_touched as
select profile_id, min(timestamp) as first_at, max(timestamp) as last_at
from (
    select profile_id, timestamp, metric_id from events_coming
    union all
    select profile_id, timestamp, metric_id from events_leaving
)
where profile_id is not null and timestamp is not null and (
    metric_id in (select metric_id from touch_kinds) or metric_id in (select metric_id from aggregates_basis)
)
group by profile_id
