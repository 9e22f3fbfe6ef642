-- What happened on local days from `since` to before `until`, whenever its message was sent: one row per message.
--
-- `opened`, `clicked`, … count deliveries of which the first such answer fell into these days, so that they add up
-- over spans of days. An answer without a delivery, because history is cut off, counts here and in `without_delivery`.
-- The sums are kept up with the events (see deliveries.rs); conversions of another metric than they rest on are joined
-- to the deliveries here.
create or replace macro message_activity(since, until, metric) as table
-- All that ever was between these people and messages: it says what was the first.
with owned as (
    select * from owned_conversions(until, metric)
),
counted as (
    select
        message_id, flow_id, channel, delivered, bounced, failed, opens, machine_opens, opened, opened_or_machine,
        clicks, bot_clicks, clicked, clicked_or_machine, complained, unsubscribed,
        case when is_kept then converted else 0 end as converted,
        case when is_kept then conversions else 0 end as conversions,
        case when is_kept then revenue else 0 end as revenue,
        unowned_answers + case when is_kept then unowned_conversions else 0 end as without_delivery
    from klaviyo_message_days
    left join (select true as is_kept from aggregates_basis where metric_id = metric) as kept on true
    where since <= happened_on and happened_on < until
        and (is_kept or events > converted + conversions + unowned_conversions)
    union all
    select
        message_id, max(flow_id), null, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, count(*), coalesce(sum(amount), 0), count(*) filter (where sent_at is null)
    from owned
    where converted_on >= since
    group by message_id
    union all
    select message_id, null, null, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0
    from (select any_value(message_id) as message_id, min(converted_on) as first_on from owned group by pair, sent_at)
    where first_on >= since
)
select
    message_id,
    max(flow_id) as flow_id,
    max(channel) as channel,
    cast(sum(delivered + bounced + failed) as bigint) as recipients,
    cast(sum(delivered) as bigint) as delivered,
    -- Deliveries whose opens are told: of a text message none is, but for those with a link of Klaviyo's.
    cast(case when max(channel) = 'sms' then 0 else sum(delivered) end as bigint) as openable,
    cast(sum(bounced) as bigint) as bounced,
    cast(sum(failed) as bigint) as failed,
    cast(sum(opens) as bigint) as opens,
    cast(sum(machine_opens) as bigint) as machine_opens,
    cast(case when max(channel) = 'sms' then 0 else sum(opened) end as bigint) as opened,
    cast(case when max(channel) = 'sms' then 0 else sum(opened_or_machine) end as bigint) as opened_or_machine,
    cast(sum(clicks) as bigint) as clicks,
    cast(sum(bot_clicks) as bigint) as bot_clicks,
    cast(sum(clicked) as bigint) as clicked,
    cast(sum(clicked_or_machine) as bigint) as clicked_or_machine,
    cast(sum(complained) as bigint) as complained,
    cast(sum(unsubscribed) as bigint) as unsubscribed,
    cast(sum(converted) as bigint) as converted,
    cast(sum(conversions) as bigint) as conversions,
    cast(sum(revenue) as decimal(38, 4)) as revenue,
    cast(sum(without_delivery) as bigint) as without_delivery
from counted
group by message_id
