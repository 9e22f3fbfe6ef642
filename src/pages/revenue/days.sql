-- What was earned on each local day from $start to before $before by conversions of $metric, and what of it is credited to
-- messages of $channel, if not any, by $model, 'klaviyo' or 'last-touch' with its $windows; and what on the day that stands at
-- the same place of the days compared with, from $compared_start? Where $basis is `sent` only what is credited counts.
with days as (
    select cast(day as date) as day
    from generate_series(cast($start as timestamp), cast($before as timestamp) - interval '1' day, interval '1' day) as series(day)
),
modelled as (
    select
        case when $model = 'last-touch' then touch_day else their_day end as day,
        amount,
        case when $model = 'last-touch' then touched_credited_to else credited_to end as credited_to,
        case when $model = 'last-touch' then touched_channel else channel end as channel
    from page_credits
),
credited as (
    select
        day,
        coalesce(amount, 0) as amount,
        amount is not null as has_amount,
        case when cast($channel as varchar) is null or channel = cast($channel as varchar) then credited_to end as credited_to
    from modelled
),
sums as (
    select
        day,
        count(*) as orders,
        count(*) filter (where has_amount) as priced_orders,
        sum(amount) as revenue,
        coalesce(sum(amount) filter (where credited_to = 'campaign'), 0) as campaigns,
        coalesce(sum(amount) filter (where credited_to = 'flow'), 0) as flows,
        coalesce(sum(amount) filter (where credited_to = 'unknown'), 0) as unknown,
        coalesce(sum(amount) filter (where credited_to is not null), 0) as attributed,
        count(*) filter (where credited_to is not null) as attributed_orders
    from credited
    -- Only what is credited has a day of sending.
    where $basis = 'event' or credited_to is not null
    group by day
)
select
    days.day as date,
    coalesce(now.orders, 0) as orders,
    coalesce(now.priced_orders, 0) as priced_orders,
    cast(coalesce(now.revenue, 0) as double) as revenue,
    cast(coalesce(now.campaigns, 0) as double) as campaigns,
    cast(coalesce(now.flows, 0) as double) as flows,
    cast(coalesce(now.unknown, 0) as double) as unknown,
    cast(coalesce(now.revenue - now.attributed, 0) as double) as other,
    cast(coalesce(now.attributed, 0) as double) as attributed_revenue,
    coalesce(now.attributed_orders, 0) as attributed_orders,
    case when cast($compared_start as date) is not null then cast(coalesce(earlier.revenue, 0) as double) end as revenue_before,
    case when cast($compared_start as date) is not null then cast(coalesce(earlier.attributed, 0) as double) end as attributed_before,
    case when cast($compared_start as date) is not null then coalesce(earlier.priced_orders, 0) end as priced_orders_before
from days
left join sums as now on now.day = days.day
left join sums as earlier on earlier.day = days.day - cast(cast($start as date) - cast($compared_start as date) as integer)
order by days.day
