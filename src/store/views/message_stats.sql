-- What became of the messages sent on local days from `since`: one row per message and send day, with all that
-- happened to them so far. Filter by `sent_on`, sum the counts, then divide.
--
-- An answer belongs to the latest delivery of its (profile, message) at or before it. `opened`, `clicked`, … count
-- deliveries with at least one; those named `_or_machine` also where only a machine did it. The sums are kept up with the
-- events (see deliveries.rs); conversions of another metric than they rest on are joined to the deliveries here.
create or replace macro message_stats(since, metric) as table
with
owned as (
    select
        conversions.id,
        deliveries.pair,
        max(sent_at) as sent_at,
        any_value(deliveries.message_id) as message_id,
        arg_max(deliveries.flow_id, sent_at) as flow_id,
        arg_max(channel, sent_at) as channel,
        max(sent_on) as sent_on,
        any_value(amount) as amount
    from other_conversions(metric) as conversions
    join klaviyo_deliveries as deliveries
        on deliveries.pair = hash(conversions.profile_id, conversions.message_id)
        and deliveries.sent_at <= conversions.converted_at
    where credited_to is not null and outcome = 'delivered' and sent_on >= since
        and conversions.converted_on >= since
        and conversions.profile_id is not null and conversions.message_id is not null
    group by conversions.id, deliveries.pair
),
counted as (
    select
        message_id, flow_id, channel, sent_on, delivered, bounced, failed, opens, machine_opens, opened, opened_or_machine,
        clicks, bot_clicks, clicked, clicked_or_machine, complained, unsubscribed,
        case when is_kept then converted else 0 end as converted,
        case when is_kept then conversions else 0 end as conversions,
        case when is_kept then revenue else 0 end as revenue
    from klaviyo_message_stats
    left join (select true as is_kept from aggregates_basis where metric_id = metric) as kept on true
    where sent_on >= since
    union all
    select
        message_id, max(flow_id), channel, sent_on, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        count(distinct (pair, sent_at)), count(*), coalesce(sum(amount), 0)
    from owned
    group by message_id, channel, sent_on
)
select
    message_id,
    max(flow_id) as flow_id,
    channel,
    sent_on,
    cast(sum(delivered + bounced + failed) as bigint) as recipients,
    cast(sum(delivered) as bigint) as delivered,
    -- Deliveries whose opens are told: of a text message none is, but for those with a link of Klaviyo's.
    cast(case when channel = 'sms' then 0 else sum(delivered) end as bigint) as openable,
    cast(sum(bounced) as bigint) as bounced,
    cast(sum(failed) as bigint) as failed,
    cast(sum(opens) as bigint) as opens,
    cast(sum(machine_opens) as bigint) as machine_opens,
    cast(case when channel = 'sms' then 0 else sum(opened) end as bigint) as opened,
    cast(case when channel = 'sms' then 0 else sum(opened_or_machine) end as bigint) as opened_or_machine,
    cast(sum(clicks) as bigint) as clicks,
    cast(sum(bot_clicks) as bigint) as bot_clicks,
    cast(sum(clicked) as bigint) as clicked,
    cast(sum(clicked_or_machine) as bigint) as clicked_or_machine,
    cast(sum(complained) as bigint) as complained,
    cast(sum(unsubscribed) as bigint) as unsubscribed,
    cast(sum(converted) as bigint) as converted,
    cast(sum(conversions) as bigint) as conversions,
    cast(sum(revenue) as decimal(38, 4)) as revenue
from counted
group by message_id, channel, sent_on
