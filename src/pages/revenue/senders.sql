-- Which campaigns and flows is the revenue of local days from $start to before $before credited to, by Klaviyo and by the
-- last touch within $windows? `orders` and `revenue` are those of $model. Conversions are of $metric; each
-- side counts by its own day (see `page_credits`), and $channel is the one that is asked for, if not all.
with sides as (
    select 'klaviyo' as model, credited_to, campaign_id, flow_id, coalesce(amount, 0) as amount
    from page_credits
    where credited_to is not null and cast($start as date) <= their_day and their_day < cast($before as date)
        and (cast($channel as varchar) is null or channel = cast($channel as varchar))
    union all
    select 'last-touch', touched_credited_to, touched_campaign_id, touched_flow_id, coalesce(amount, 0)
    from page_credits
    where touched_message_id is not null and cast($start as date) <= touch_day and touch_day < cast($before as date)
        and (cast($channel as varchar) is null or touched_channel = cast($channel as varchar))
),
sums as (
    select
        -- What a flow is known to have sent is the flow's, whatever else names it.
        case when flow_id is not null then 'flow' when campaign_id is not null then 'campaign' else credited_to end as sender,
        coalesce(flow_id, campaign_id) as sender_id,
        count(*) filter (where model = 'klaviyo') as their_orders,
        coalesce(sum(amount) filter (where model = 'klaviyo'), 0) as their_revenue,
        count(*) filter (where model = 'last-touch') as touch_orders,
        coalesce(sum(amount) filter (where model = 'last-touch'), 0) as touch_revenue
    from sides
    group by all
)
select
    case when sender_id is not null then sender || 's/' || sender_id end as id,
    coalesce(campaigns.name, flows.name, sender_id, 'Messages that are not copied') as name,
    sender,
    case when $model = 'last-touch' then touch_orders else their_orders end as orders,
    cast(case when $model = 'last-touch' then touch_revenue else their_revenue end as double) as revenue,
    revenue / nullif(orders, 0) as average_order_value,
    their_orders,
    cast(their_revenue as double) as their_revenue,
    touch_orders,
    cast(touch_revenue as double) as touch_revenue,
    cast(touch_revenue - their_revenue as double) as difference
from sums
left join campaigns on sender = 'campaign' and campaigns.id = sender_id
left join flows on sender = 'flow' and flows.id = sender_id
order by revenue desc, name
