-- Which segments have the most members, and by how many did they grow on local days from $start to before $before, as far as
-- Klaviyo's reports of these days were read?
with growth as (
    select segment_id, sum(added) as added, sum(removed) as removed
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
