-- What did flows earn on each local day from $start to before $before, by $basis and by conversions of $metric? One row per
-- day and flow, or, of the flow $id, per day and message. Days without anything are not there.
with earned as (
    select message_id, flow_id, channel, sent_on as day, conversions, revenue
    from page_sends
    where sent_on >= cast($start as date) and flow_id is not null and $basis = 'sent'
    union all
    select message_id, flow_id, channel, happened_on, conversions, revenue
    from flow_earnings($start, $before, $metric)
    where $basis = 'event'
)
select
    day as date,
    case when cast($id as varchar) is null then earned.flow_id else earned.message_id end as sender,
    coalesce(any_value(case when cast($id as varchar) is null then flows.name else messages.name end), sender) as name,
    cast(sum(conversions) as bigint) as conversions,
    cast(sum(revenue) as double) as revenue
from earned
left join flows on flows.id = earned.flow_id
left join messages on messages.message_id = earned.message_id
where (cast($id as varchar) is null or earned.flow_id = cast($id as varchar))
    and (cast($channel as varchar) is null or earned.channel = cast($channel as varchar))
group by day, sender
having sum(revenue) <> 0 or sum(conversions) <> 0
