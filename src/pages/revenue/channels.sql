-- Which channels is the revenue of local days from $start to before $before credited to, by Klaviyo and by the last touch
-- within $windows? `orders` and `revenue` are those of $model. Conversions are of $metric; each side counts by its own day
-- (see `page_credits`), and $channel is the one that is asked for, if not all.
with sides as (
    select channel, 'klaviyo' as model, coalesce(amount, 0) as amount
    from page_credits
    where cast($start as date) <= their_day and their_day < cast($before as date)
    union all
    select touched_channel, 'last-touch', coalesce(amount, 0)
    from page_credits
    where cast($start as date) <= touch_day and touch_day < cast($before as date)
),
sums as (
    select
        channel,
        count(*) filter (where model = 'klaviyo') as their_orders,
        coalesce(sum(amount) filter (where model = 'klaviyo'), 0) as their_revenue,
        count(*) filter (where model = 'last-touch') as touch_orders,
        coalesce(sum(amount) filter (where model = 'last-touch'), 0) as touch_revenue
    from sides
    group by channel
)
select
    coalesce(channel_title(channel), 'Not attributed') as name,
    channel,
    case when $model = 'last-touch' then touch_orders else their_orders end as orders,
    cast(case when $model = 'last-touch' then touch_revenue else their_revenue end as double) as revenue,
    revenue / nullif(sum(revenue) over (), 0) as share_of_revenue,
    their_orders,
    cast(their_revenue as double) as their_revenue,
    touch_orders,
    cast(touch_revenue as double) as touch_revenue,
    cast(touch_revenue - their_revenue as double) as difference
from sums
qualify cast($channel as varchar) is null or channel = cast($channel as varchar)
order by channel is null, revenue desc, channel
