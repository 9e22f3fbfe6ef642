-- How did the campaigns, or the flows, do with what they sent on local days from $start to before $before? $of says which of
-- the two, and $id which one, if not all. Conversions are of $metric; $machine counts what only machines opened or clicked, too.
with named as (
    select
        case when cast($of as varchar) = 'campaigns' then campaign_id else coalesce(messages.flow_id, stats.flow_id) end as sender,
        stats.* exclude (channel),
        coalesce(messages.channel, stats.channel) as channel
    from message_stats($start, $metric) as stats
    left join messages on messages.message_id = stats.message_id
    where sent_on < $before
),
results as (
    select
        sender,
        max(channel) as channel,
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
    from named
    where sender is not null and (cast($id as varchar) is null or sender = cast($id as varchar))
        and (cast($channel as varchar) is null or channel = cast($channel as varchar))
    group by sender
)
select
    sender as id,
    coalesce(campaigns.name, flows.name, sender) as name,
    coalesce(campaigns.status, flows.status) as status,
    coalesce(campaigns.channel, results.channel) as channel,
    campaigns.sent_at,
    flows.trigger_type,
    coalesce(campaigns.updated_at, flows.updated_at) as updated_at,
    coalesce(campaigns.deleted, flows.deleted, false) as deleted,
    recipients, delivered, openable, bounced, failed, opened, clicked, unsubscribed, complained,
    converted, conversions, revenue, machine_opens, bot_clicks,
    delivered / nullif(recipients, 0) as delivery_rate,
    opened / nullif(openable, 0) as open_rate,
    clicked / nullif(delivered, 0) as click_rate,
    clicked / nullif(opened, 0) as click_to_open_rate,
    converted / nullif(delivered, 0) as conversion_rate,
    bounced / nullif(recipients, 0) as bounce_rate,
    unsubscribed / nullif(delivered, 0) as unsubscribe_rate,
    complained / nullif(delivered, 0) as complaint_rate,
    revenue / nullif(recipients, 0) as revenue_per_recipient,
    revenue / nullif(conversions, 0) as average_order_value
from results
left join campaigns on cast($of as varchar) = 'campaigns' and campaigns.id = sender
left join flows on cast($of as varchar) = 'flows' and flows.id = sender
order by campaigns.sent_at desc nulls last, results.revenue desc, results.recipients desc, name, sender
