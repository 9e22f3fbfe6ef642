-- What did each message of the flow $id do on local days from $start to before $before, by $basis? One row per message that
-- the flow has now, and per one that it had and that reached someone. Conversions are of $metric; $machine counts what only
-- machines opened or clicked, too.
with counted as (
    select * exclude (sent_on) from flow_stats($start, $metric) where $basis = 'sent' and sent_on < $before
    union all by name
    select * exclude (without_delivery) from flow_activity($start, $before, $metric) where $basis = 'event'
),
results as (
    select
        message_id,
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
        case when cast($metric as varchar) is not null then cast(sum(converted) as bigint) end as converted,
        case when cast($metric as varchar) is not null then cast(sum(conversions) as bigint) end as conversions,
        case when cast($metric as varchar) is not null then cast(sum(revenue) as double) end as revenue
    from counted
    where flow_id = $id
    group by message_id
),
named as (
    select * from flow_messages where flow_id = $id
),
listed as (
    select message_id from results
    union
    select message_id from named where not deleted
)
select
    listed.message_id as id,
    named.action_id,
    coalesce(named.name, listed.message_id) as name,
    coalesce(named.channel, results.channel) as channel,
    subject,
    coalesce(recipients, 0) as recipients,
    delivered, openable, bounced, failed, opened, clicked, unsubscribed, complained, converted, conversions,
    revenue, machine_opens, bot_clicks,
    delivered / nullif(recipients, 0) as delivery_rate,
    opened / nullif(openable, 0) as open_rate,
    clicked / nullif(delivered, 0) as click_rate,
    clicked / nullif(opened, 0) as click_to_open_rate,
    converted / nullif(delivered, 0) as conversion_rate,
    bounced / nullif(recipients, 0) as bounce_rate,
    unsubscribed / nullif(delivered, 0) as unsubscribe_rate,
    complained / nullif(delivered, 0) as complaint_rate,
    revenue / nullif(recipients, 0) as revenue_per_recipient,
    revenue / nullif(conversions, 0) as average_order_value,
    coalesce(named.deleted, false) as deleted
from listed
left join named on named.message_id = listed.message_id
left join results on results.message_id = listed.message_id
where cast($channel as varchar) is null or coalesce(named.channel, results.channel) = cast($channel as varchar)
