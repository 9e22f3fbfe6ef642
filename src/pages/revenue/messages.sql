-- Which messages is the revenue of local days from $start to before $before credited to, by Klaviyo and by the last touch
-- within $windows? `orders` and `revenue` are those of $model. Conversions are of $metric; each side counts by its own
-- day (see `page_credits`), and $channel is the one that is asked for, if not all.
with whole as (
    select cast(sum(amount) as double) as whole_revenue
    from (select amount, case when $model = 'last-touch' then touch_day else their_day end as day from page_credits)
    where cast($start as date) <= day and day < cast($before as date)
),
sides as (
    select 'klaviyo' as model, message_id, channel, flow_id, coalesce(amount, 0) as amount
    from page_credits
    where credited_to is not null and cast($start as date) <= their_day and their_day < cast($before as date)
    union all
    select 'last-touch', touched_message_id, touched_channel, touched_flow_id, coalesce(amount, 0)
    from page_credits
    where touched_message_id is not null and cast($start as date) <= touch_day and touch_day < cast($before as date)
),
sums as (
    select
        message_id,
        max(channel) as channel,
        max(flow_id) as flow_id,
        count(*) filter (where model = 'klaviyo') as their_orders,
        coalesce(sum(amount) filter (where model = 'klaviyo'), 0) as their_revenue,
        count(*) filter (where model = 'last-touch') as touch_orders,
        coalesce(sum(amount) filter (where model = 'last-touch'), 0) as touch_revenue
    from sides
    group by message_id
)
select
    coalesce('flows/' || coalesce(messages.flow_id, sums.flow_id), 'campaigns/' || messages.campaign_id) as id,
    coalesce(messages.name, sums.message_id, 'A message that is not copied') as name,
    coalesce(flows.name, campaigns.name) as sender_name,
    case
        when coalesce(messages.flow_id, sums.flow_id) is not null then 'flow'
        when messages.campaign_id is not null then 'campaign'
    end as sender,
    coalesce(messages.channel, sums.channel) as channel,
    case when $model = 'last-touch' then touch_orders else their_orders end as orders,
    cast(case when $model = 'last-touch' then touch_revenue else their_revenue end as double) as revenue,
    revenue / nullif(whole_revenue, 0) as share_of_revenue,
    revenue / nullif(orders, 0) as average_order_value,
    their_orders,
    cast(their_revenue as double) as their_revenue,
    touch_orders,
    cast(touch_revenue as double) as touch_revenue,
    cast(touch_revenue - their_revenue as double) as difference,
    sums.message_id
from sums
cross join whole
left join messages on messages.message_id = sums.message_id
left join flows on flows.id = coalesce(messages.flow_id, sums.flow_id)
left join campaigns on campaigns.id = messages.campaign_id
where cast($channel as varchar) is null or coalesce(messages.channel, sums.channel) = cast($channel as varchar)
order by revenue desc, name
