-- How large were the five largest segments, or the list or segment $id, at the end of each local day from $start to before
-- $before, and how many came and went? A row per group and day that something is known of.
with chosen as (
    select id, kind, name
    from member_groups
    where (cast($id as varchar) is null and kind = 'segment') or id = cast($id as varchar)
    order by members desc nulls last, name, id
    limit 5
)
select
    date,
    chosen.id as group_id,
    name,
    days.members,
    members_before,
    cast(joined as bigint) as joined,
    cast(gone as bigint) as gone,
    is_reported
from group_days($days) as days
join chosen on chosen.kind = days.kind and chosen.id = days.group_id
where $start <= date and date < $before
