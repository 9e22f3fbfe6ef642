-- How many came to segments, or to the list or segment $id, and how many went, on each local day from $since to before $before?
select
    date as day,
    cast(sum(joined) as double) as joined,
    cast(sum(gone) as double) as gone,
    cast(sum(members) as double) as members,
    cast(sum(members_before) as double) as members_before
from group_days($days)
where (cast($id as varchar) is null and kind = 'segment') or group_id = cast($id as varchar)
group by date
