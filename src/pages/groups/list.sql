-- How large is each list and segment, how did it change on local days from $start to before $before, and what did its members
-- buy then? `trend` is what it gained or lost since the first day. What members bought is null where they are not copied.
with days as (
    select *, first_value(members_before) over (partition by kind, group_id order by date) as first_members
    from group_days($days)
    where $start <= date and date < $before
),
changed as (
    select
        kind,
        group_id,
        -- A part of them would look like all.
        case when count(joined) = count(*) then sum(joined) end as joined,
        case when count(gone) = count(*) then sum(gone) end as gone,
        any_value(first_members) as first_members,
        string_agg(cast(members - first_members as varchar), ' ' order by date) filter (
            -- At most 30 of the days, the last among them.
            where (cast($before as date) - 1 - date) % ((cast($before as date) - cast($start as date) + 29) // 30) = 0
        ) as trend
    from days
    group by kind, group_id
),
results as (
    select * from member_results($start, $before, $metric)
)
select
    groups.id,
    groups.name,
    groups.kind,
    coalesce(groups.members, results.members) as members,
    case when groups.is_active then 'active' else 'inactive' end as status,
    trend,
    joined,
    gone,
    joined - gone as net_members,
    (joined - gone) / nullif(first_members, 0) as group_growth,
    -- Of those who are known: shares of members need both to be of one moment.
    results.members as known_members,
    converted,
    converted / nullif(results.members, 0) as member_conversion_rate,
    conversions,
    cast(revenue as double) as member_revenue,
    cast(revenue as double) / nullif(results.members, 0) as revenue_per_member,
    groups.created_at
from member_groups as groups
left join changed on changed.kind = groups.kind and changed.group_id = groups.id
left join results on results.kind = groups.kind and results.group_id = groups.id
