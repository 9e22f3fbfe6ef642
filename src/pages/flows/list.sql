-- How did each flow do on local days from $start to before $before, by $basis? One row per flow that reached someone and per
-- live one that did not. Conversions are of $metric; $machine counts what only machines opened or clicked, too. `trend` is
-- its revenue a day over the range, in at most 30 steps; `health` is of what it sent before $settled, against 90 days.
with sent as materialized (
    select * from flow_stats($start, $metric) where $basis = 'sent' and sent_on < $before
),
counted as (
    select * exclude (sent_on) from sent
    union all by name
    select * exclude (without_delivery) from flow_activity($start, $before, $metric) where $basis = 'event'
),
results as (
    select
        flow_id,
        string_agg(distinct channel, ' + ' order by channel) as channel,
        cast(sum(recipients) as bigint) as recipients,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(openable) as bigint) as openable,
        cast(sum(bounced) as bigint) as bounced,
        cast(sum(failed) as bigint) as failed,
        cast(sum(case when $machine then opened_or_machine else opened end) as bigint) as opened,
        cast(sum(case when $machine then clicked_or_machine else clicked end) as bigint) as clicked,
        cast(sum(unsubscribed) as bigint) as unsubscribed,
        cast(sum(complained) as bigint) as complained,
        cast(sum(machine_opens) as bigint) as machine_opens,
        cast(sum(bot_clicks) as bigint) as bot_clicks,
        -- Without a metric that stands for conversions nothing is known of them.
        case when cast($metric as varchar) is not null then cast(sum(converted) as bigint) end as converted,
        case when cast($metric as varchar) is not null then cast(sum(conversions) as bigint) end as conversions,
        case when cast($metric as varchar) is not null then cast(sum(revenue) as double) end as revenue
    from counted
    where cast($channel as varchar) is null or channel = cast($channel as varchar)
    group by flow_id
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
    select flow_id as id from results
    union
    select id
    from flows
    where status = 'live' and not coalesce(archived, false) and not deleted
        and (cast($channel as varchar) is null or id in (select flow_id from messages where channel = cast($channel as varchar)))
),
-- Of a live flow that reached nobody every count is zero, and what is divided by them is unknown.
counts as (
    select
        listed.id as flow_id,
        results.channel,
        coalesce(recipients, 0) as recipients,
        coalesce(delivered, 0) as delivered,
        coalesce(openable, 0) as openable,
        coalesce(bounced, 0) as bounced,
        coalesce(failed, 0) as failed,
        coalesce(opened, 0) as opened,
        coalesce(clicked, 0) as clicked,
        coalesce(unsubscribed, 0) as unsubscribed,
        coalesce(complained, 0) as complained,
        coalesce(machine_opens, 0) as machine_opens,
        coalesce(bot_clicks, 0) as bot_clicks,
        case when cast($metric as varchar) is not null then coalesce(converted, 0) end as converted,
        case when cast($metric as varchar) is not null then coalesce(conversions, 0) end as conversions,
        case when cast($metric as varchar) is not null then coalesce(revenue, 0) end as revenue
    from listed
    left join results on results.flow_id = listed.id
)
select
    listed.id,
    coalesce(flows.name, listed.id) as name,
    flows.status,
    flows.trigger_type,
    results.channel,
    recipients, delivered, openable, bounced, failed, opened, clicked, unsubscribed, complained, converted, conversions,
    results.revenue, machine_opens, bot_clicks,
    delivered / nullif(recipients, 0) as delivery_rate,
    opened / nullif(openable, 0) as open_rate,
    clicked / nullif(delivered, 0) as click_rate,
    clicked / nullif(opened, 0) as click_to_open_rate,
    converted / nullif(delivered, 0) as conversion_rate,
    bounced / nullif(recipients, 0) as bounce_rate,
    unsubscribed / nullif(delivered, 0) as unsubscribe_rate,
    complained / nullif(delivered, 0) as complaint_rate,
    results.revenue / nullif(recipients, 0) as revenue_per_recipient,
    results.revenue / nullif(conversions, 0) as average_order_value,
    trend,
    healths.* exclude (flow_id),
    flows.updated_at,
    coalesce(flows.deleted, false) as deleted
from listed
left join counts as results on results.flow_id = listed.id
left join flows on flows.id = listed.id
left join trends on trends.id = listed.id
left join healths on healths.flow_id = listed.id
