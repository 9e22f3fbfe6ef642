-- What came of what flows, or the flow $id, sent on each local day from $since to before $before? Conversions are of $metric;
-- $machine counts what only machines opened or clicked, too.
select
    sent_on as day,
    false as is_compared,
    cast(sum(recipients) as double) as recipients,
    cast(sum(delivered) as double) as delivered,
    cast(sum(delivered) filter (where tells(channel, 'clicked')) as double) as clickable,
    cast(sum(case when $machine then clicked_or_machine else clicked end) as double) as clicked,
    cast(sum(converted) as double) as converted,
    cast(sum(revenue) as double) as revenue
from page_sends
where flow_id is not null
    and (cast($id as varchar) is null or flow_id = cast($id as varchar))
    and (cast($channel as varchar) is null or channel = cast($channel as varchar))
group by sent_on
