-- The same as message_activity by the local day on which it happened: one row per message and day. `opened`, `clicked`, …
-- count deliveries of which the first such answer fell on the day, so they add up over days and messages.
create or replace macro message_days(since, until, metric) as table
-- All that ever was between these people and messages: it says what was the first.
with owned as (
    select * from owned_conversions(until, metric)
),
counted as (
    select
        message_id, flow_id, channel, happened_on, delivered, bounced, failed, opened, opened_or_machine, machine_opens,
        clicked, clicked_or_machine, bot_clicks, complained, unsubscribed,
        case when is_kept then converted else 0 end as converted,
        case when is_kept then conversions else 0 end as conversions,
        case when is_kept then revenue else 0 end as revenue
    from klaviyo_message_days
    left join (select true as is_kept from aggregates_basis where metric_id = metric) as kept on true
    where since <= happened_on and happened_on < until
    union all
    select
        message_id, max(flow_id), null, converted_on, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, count(*), coalesce(sum(amount), 0)
    from owned
    where converted_on >= since
    group by message_id, converted_on
    union all
    select message_id, null, null, first_on, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0
    from (select any_value(message_id) as message_id, min(converted_on) as first_on from owned group by pair, sent_at)
    where first_on >= since
)
select
    message_id,
    max(flow_id) as flow_id,
    max(channel) as channel,
    happened_on,
    cast(sum(delivered + bounced + failed) as bigint) as recipients,
    cast(sum(delivered) as bigint) as delivered,
    cast(case when max(channel) = 'sms' then 0 else sum(delivered) end as bigint) as openable,
    cast(sum(bounced) as bigint) as bounced,
    cast(sum(failed) as bigint) as failed,
    cast(case when max(channel) = 'sms' then 0 else sum(opened) end as bigint) as opened,
    cast(case when max(channel) = 'sms' then 0 else sum(opened_or_machine) end as bigint) as opened_or_machine,
    cast(sum(machine_opens) as bigint) as machine_opens,
    cast(sum(clicked) as bigint) as clicked,
    cast(sum(clicked_or_machine) as bigint) as clicked_or_machine,
    cast(sum(bot_clicks) as bigint) as bot_clicks,
    cast(sum(complained) as bigint) as complained,
    cast(sum(unsubscribed) as bigint) as unsubscribed,
    cast(sum(converted) as bigint) as converted,
    cast(sum(conversions) as bigint) as conversions,
    cast(sum(revenue) as decimal(38, 4)) as revenue
from counted
group by message_id, happened_on
