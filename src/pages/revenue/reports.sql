-- What do Klaviyo's own reports say of the campaigns and flows that were sent in the months of the days from $start to before
-- $before, and what do the stored events say of the same sends? Conversions are of $metric,
-- and $channel is the one that is asked for, if not all.
with reported as (
    select
        case when flow_id is not null then 'flow' else 'campaign' end as sender,
        coalesce(flow_id, campaign_id) as sender_id,
        start_on,
        end_on,
        sum(recipients) as recipients,
        sum(conversions) as conversions,
        sum(conversion_value) as revenue,
        min(fetched_at) as fetched_at
    from reported_messages
    where start_on < cast($before as date) and end_on >= cast($start as date)
        and conversion_metric_id = cast($metric as varchar)
        and (cast($channel as varchar) is null or channel = cast($channel as varchar))
    group by all
),
months as (select distinct start_on, end_on from reported),
counted as (
    select
        case when coalesce(messages.flow_id, stats.flow_id) is not null then 'flow' else 'campaign' end as sender,
        coalesce(messages.flow_id, stats.flow_id, messages.campaign_id) as sender_id,
        start_on,
        sum(stats.recipients) as recipients,
        sum(stats.conversions) as conversions,
        sum(stats.revenue) as revenue
    from message_stats(cast(date_trunc('month', cast($start as date)) as date), cast($metric as varchar)) as stats
    join months on stats.sent_on between months.start_on and months.end_on
    left join messages on messages.message_id = stats.message_id
    where cast($channel as varchar) is null or coalesce(messages.channel, stats.channel) = cast($channel as varchar)
    group by all
)
select
    reported.sender || 's/' || reported.sender_id as id,
    coalesce(campaigns.name, flows.name, reported.sender_id) as name,
    reported.sender,
    strftime(reported.start_on, '%b %Y') as sent_in,
    strftime(reported.start_on, '%Y-%m') as month,
    cast(reported.recipients as bigint) as reported_recipients,
    cast(coalesce(counted.recipients, 0) as bigint) as recipients,
    cast(reported.conversions as bigint) as reported_conversions,
    cast(coalesce(counted.conversions, 0) as bigint) as conversions,
    cast(reported.revenue as double) as reported_revenue,
    cast(coalesce(counted.revenue, 0) as double) as revenue,
    cast(coalesce(counted.revenue, 0) - coalesce(reported.revenue, 0) as double) as difference,
    reported.fetched_at
from reported
left join counted
    on counted.sender = reported.sender and counted.sender_id = reported.sender_id and counted.start_on = reported.start_on
left join campaigns on reported.sender = 'campaign' and campaigns.id = reported.sender_id
left join flows on reported.sender = 'flow' and flows.id = reported.sender_id
order by reported.revenue desc, name
