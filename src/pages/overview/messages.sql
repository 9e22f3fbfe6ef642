-- How were the messages received that were sent on local days from $since to before $before? One row per send day and
-- channel, and, of what was sent from $start on, one per campaign and one per flow: one pass over the deliveries answers all three.
-- Conversions are of $metric; $machine counts deliveries that only a machine opened or clicked, too.
with results as (
    select
        sent_on,
        sent_on as day,
        case when sent_on >= $start then campaign_id end as campaign_id,
        case when sent_on >= $start then flow_id end as flow_id,
        channel,
        recipients,
        delivered,
        openable,
        case when tells(channel, 'clicked') then delivered end as clickable,
        case when $machine then opened_or_machine else opened end as opened,
        case when $machine then clicked_or_machine else clicked end as clicked,
        converted,
        bounced,
        unsubscribed,
        complained,
        machine_opens,
        bot_clicks,
        revenue
    from page_sends
),
sums as (
    select
        day,
        channel as via,
        campaign_id,
        flow_id,
        max(sent_on) as last_on,
        cast(sum(recipients) as bigint) as recipients,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(openable) as bigint) as openable,
        cast(coalesce(sum(clickable), 0) as bigint) as clickable,
        cast(sum(opened) as bigint) as opened,
        cast(sum(clicked) as bigint) as clicked,
        cast(sum(converted) as bigint) as converted,
        cast(sum(bounced) as bigint) as bounced,
        cast(sum(unsubscribed) as bigint) as unsubscribed,
        cast(sum(complained) as bigint) as complained,
        cast(sum(machine_opens) as bigint) as machine_opens,
        cast(sum(bot_clicks) as bigint) as bot_clicks,
        cast(sum(revenue) as double) as revenue
    from results
    group by grouping sets ((day, channel), (campaign_id), (flow_id))
)
select
    sums.*,
    coalesce(campaigns.name, flows.name, campaign_id, flow_id) as name,
    flows.status,
    campaigns.channel,
    campaigns.sent_at
from sums
left join campaigns on campaigns.id = campaign_id
left join flows on flows.id = flow_id
where coalesce(cast(day as varchar), campaign_id, flow_id) is not null
