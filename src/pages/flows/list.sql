-- How did each flow do on local days from $start to before $before, by $basis? One row per flow that reached someone and per
-- live one that did not, or any if $with_idle. Conversions are of $metric; $machine counts what only machines opened or clicked, too. `trend` is
-- its revenue a day over the range, in at most 30 steps; `health` is of what it sent before $settled, against 90 days.
with sent as (
    select * exclude (campaign_id) from page_sends where sent_on >= cast($start as date) and flow_id is not null and $basis = 'sent'
),
counted as (
    select * exclude (sent_on) from sent
    union all by name
    select * exclude (without_delivery) from flow_activity($start, $before, $metric) where $basis = 'event'
),
asked as (
    select flow_id as sender, *
    from counted
    where cast($channel as varchar) is null or channel = cast($channel as varchar)
),
summed as (
    select * from summed_measures('asked', $machine, $metric)
),
through as (
    select sender, string_agg(distinct channel, ' + ' order by channel) as channel from asked group by sender
),
earned as (
    select flow_id, channel, sent_on as day, revenue from sent
    union all
    select flow_id, channel, happened_on, revenue from flow_earnings($start, $before, $metric) where $basis = 'event'
),
steps as (
    select
        step,
        -- The days of a step: the last may have fewer.
        least((step + 1) * width, days) - step * width as step_days
    from (
        select cast($before as date) - cast($start as date) as days, (days + 29) // 30 as width, unnest(range((days + width - 1) // width)) as step
    )
),
stepped as (
    select flow_id, (day - cast($start as date)) // ((cast($before as date) - cast($start as date) + 29) // 30) as step, sum(revenue) as revenue
    from earned
    where cast($channel as varchar) is null or channel = cast($channel as varchar)
    group by all
),
trends as (
    select id, string_agg(cast(round(coalesce(stepped.revenue, 0) / step_days, 2) as varchar), ' ' order by steps.step) as trend
    from (select distinct flow_id as id from stepped)
    cross join steps
    left join stepped on stepped.flow_id = id and stepped.step = steps.step
    group by id
),
healths as (
    select
        flow_id,
        health,
        conversion_rate as settled_conversion_rate,
        usual_conversion_rate,
        revenue_per_recipient as settled_revenue_per_recipient,
        usual_revenue_per_recipient
    from flow_health($start, least(cast($before as date), cast($settled as date)), $metric, cast($channel as varchar))
),
listed as (
    select sender as id from summed
    union
    select id
    from flows
    where not deleted and ($with_idle or status = 'live' and not coalesce(archived, false))
        and (cast($channel as varchar) is null or id in (select flow_id from messages where channel = cast($channel as varchar)))
),
-- Of a live flow that reached nobody every count is zero; what answered them and what is divided by them is unknown.
counts as (
    select
        listed.id as sender,
        through.channel,
        coalesce(recipients, 0) as recipients,
        coalesce(delivered, 0) as delivered,
        coalesce(openable, 0) as openable,
        clickable,
        bounceable,
        failable,
        unsubscribable,
        complainable,
        bounced,
        failed,
        opened,
        -- By the day of the event the opens of one delivery may fall on several days.
        case when $basis = 'sent' then opened_at_all end as opened_at_all,
        case when $basis = 'sent' then opened_by_machines end as opened_by_machines,
        clicked,
        unsubscribed,
        complained,
        coalesce(machine_opens, 0) as machine_opens,
        coalesce(bot_clicks, 0) as bot_clicks,
        case when cast($metric as varchar) is not null then coalesce(converted, 0) end as converted,
        case when cast($metric as varchar) is not null then coalesce(conversions, 0) end as conversions,
        case when cast($metric as varchar) is not null then coalesce(revenue, 0) end as revenue
    from listed
    left join summed on summed.sender = listed.id
    left join through on through.sender = listed.id
),
results as (
    select * from rated_measures('counts')
)
select
    listed.id,
    coalesce(flows.name, listed.id) as name,
    flows.status,
    flows.trigger_type,
    results.* exclude (sender),
    trend,
    healths.* exclude (flow_id),
    flows.updated_at,
    coalesce(flows.deleted, false) as deleted
from listed
left join results on results.sender = listed.id
left join flows on flows.id = listed.id
left join trends on trends.id = listed.id
left join healths on healths.flow_id = listed.id
