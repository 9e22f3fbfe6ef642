-- Which segments have the most members, and by how many did they grow on local days from $start to before $before? Unknown
-- where Klaviyo's reports were not read from the first day on: a part of the days would look like all.
with growth as (
    select
        segment_id,
        case when min(day) = cast($start as date) then sum(added) end as added,
        case when min(day) = cast($start as date) then sum(removed) end as removed
    from reported_segments
    where cast($start as date) <= day and day < cast($before as date)
    group by segment_id
)
select
    id,
    name,
    members,
    cast(added as bigint) as added,
    cast(removed as bigint) as removed
from segments
left join growth on growth.segment_id = segments.id
order by members desc nulls last, name
