-- What happened to messages of flows, or of the flow $id, on local days from $start to before $before, and on those compared
-- with? Conversions are of $metric; $machine counts what only machines opened or clicked, too.
with counted as (
    select false as is_compared, * from flow_activity($start, $before, $metric)
    union all
    select true, * from flow_activity(cast($compared_start as date), cast($compared_before as date), $metric)
)
select
    cast(null as date) as day,
    is_compared,
    cast(sum(recipients) as double) as recipients,
    cast(sum(delivered) as double) as delivered,
    cast(sum(delivered) filter (where tells(channel, 'clicked')) as double) as clickable,
    cast(sum(case when $machine then clicked_or_machine else clicked end) as double) as clicked,
    cast(sum(converted) as double) as converted,
    cast(sum(revenue) as double) as revenue
from counted
where (cast($id as varchar) is null or flow_id = cast($id as varchar))
    and (cast($channel as varchar) is null or channel = cast($channel as varchar))
group by is_compared
