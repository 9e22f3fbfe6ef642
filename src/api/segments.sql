-- Which segments are there, and what did their members buy on local days from $from to before $until, of the conversions
-- $metric? With $start and $before, both UTC, those segments that were updated in between.
select
    id,
    name,
    segments.members,
    is_active,
    created_at,
    updated_at,
    results.members as known_members,
    results.converted,
    cast(results.revenue as double) as revenue
from segments
left join member_results($from, $until, $metric) as results on results.kind = 'segment' and results.group_id = id
where cast($start as timestamp) is null or (updated_at >= cast($start as timestamp) and updated_at < cast($before as timestamp))
order by segments.members desc nulls last, name, id
