-- What did each campaign and flow earn on local days from $start to before $before, and on the days compared with, from
-- $compared_start to before $compared_before; how many did it reach on these days, and how many orders is it credited with?
-- By the day of the event, so that the changes add up to the change of attributed revenue. Conversions are of $metric.
with sides as (
    select 'now' as side, *
    from message_activity(cast($start as date), cast($before as date), cast($metric as varchar))
    union all
    select 'before' as side, *
    from message_activity(cast($compared_start as date), cast($compared_before as date), cast($metric as varchar))
),
sums as (
    select
        case when coalesce(messages.flow_id, sides.flow_id) is not null then 'flow' else 'campaign' end as sender,
        coalesce(messages.flow_id, sides.flow_id, campaign_id) as sender_id,
        cast(coalesce(sum(recipients) filter (where side = 'now'), 0) as bigint) as recipients,
        cast(coalesce(sum(recipients) filter (where side = 'before'), 0) as bigint) as recipients_before,
        cast(coalesce(sum(conversions) filter (where side = 'now'), 0) as bigint) as orders,
        cast(coalesce(sum(conversions) filter (where side = 'before'), 0) as bigint) as orders_before,
        cast(coalesce(sum(revenue) filter (where side = 'now'), 0) as double) as revenue,
        cast(coalesce(sum(revenue) filter (where side = 'before'), 0) as double) as revenue_before
    from sides
    left join messages on messages.message_id = sides.message_id
    group by all
)
select
    sender || 's/' || sender_id as id,
    coalesce(campaigns.name, flows.name, sender_id) as name,
    sender,
    revenue,
    revenue_before,
    revenue - revenue_before as difference,
    recipients,
    recipients_before,
    orders,
    orders_before,
    -- By how much, whichever way.
    abs(revenue - revenue_before) as moved
from sums
left join campaigns on sender = 'campaign' and campaigns.id = sender_id
left join flows on sender = 'flow' and flows.id = sender_id
where sender_id is not null and revenue <> revenue_before
order by moved desc, name
