-- How large was each list and segment at the end of local days, and how many came and went? `days` are the days, each with the
-- instant in UTC at which it begins and a day more at the end: "2026-11-20@2026-11-20T05:00:00 …". One row per group and day.
--
-- Of segments it is Klaviyo's report, on the days that it was read for. Of lists, and of segments without any report, it is
-- counted back from who is known to be a member now: who left before the first reading is missing, so that the past may look
-- too small, and who came and went is unknown on days that began before it. `members_before` is the size before the day.
create or replace macro group_days(days) as table
with bounds as (
    select cast(split_part(bound, '@', 1) as date) as date, cast(split_part(bound, '@', 2) as timestamp) as begins_at
    from (select unnest(string_split(days, ' ')) as bound)
),
-- In every zone days begin with a quarter of an hour: summed by them, millions of changes are few.
quarters as (
    select kind, group_id, time_bucket(interval '15 minutes', changed_at) as quarter, count(*) filter (where change > 0) as joined, count(*) filter (where change < 0) as gone
    from membership_changes
    where changed_at >= (select min(begins_at) from bounds)
    group by kind, group_id, quarter
),
changes as (
    select kind, group_id, date, sum(joined) as joined, sum(gone) as gone
    from quarters
    asof join bounds on quarters.quarter >= bounds.begins_at
    group by kind, group_id, date
),
known as (
    select known_groups.kind, known_groups.group_id, first_read_at, count(memberships.profile_id) as members
    from known_groups
    left join memberships on memberships.kind = known_groups.kind and memberships.group_id = known_groups.group_id
    group by known_groups.kind, known_groups.group_id, first_read_at
),
counted as (
    select
        known.kind,
        known.group_id,
        bounds.date,
        known.members - coalesce(
            sum(coalesce(joined, 0) - coalesce(gone, 0)) over (
                partition by known.kind, known.group_id order by bounds.date rows between 1 following and unbounded following
            ),
            0
        ) as members,
        coalesce(joined, 0) as joined,
        coalesce(gone, 0) as gone,
        first_read_at <= bounds.begins_at as is_known
    from known
    cross join bounds
    left join changes on changes.kind = known.kind and changes.group_id = known.group_id and changes.date = bounds.date
    where known.kind = 'list' or known.group_id not in (select segment_id from reported_segments)
)
select
    kind,
    group_id,
    date,
    cast(members as bigint) as members,
    cast(members - joined + gone as bigint) as members_before,
    case when is_known then cast(joined as bigint) end as joined,
    case when is_known then cast(gone as bigint) end as gone,
    false as is_reported
from counted
where date < (select max(bounds.date) from bounds)
union all
select 'segment', segment_id, day, members, members - added + removed, added, removed, true
from reported_segments
where day >= (select min(bounds.date) from bounds) and day < (select max(bounds.date) from bounds)
