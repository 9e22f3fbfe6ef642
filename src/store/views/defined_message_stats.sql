-- What became of the messages sent on local days from `since`: one row per message and send day, with all that
-- happened to them so far. Filter by `sent_on`, sum the counts, then divide.
--
-- A response belongs to the latest delivery of its (profile, message) at or before it. `opened`, `clicked`, … count
-- deliveries with at least one; those named `_or_machine` also where only a machine did it. No delivery before `since`
-- can change a later day, which is why everything before it may be left out.
create or replace macro defined_message_stats(since, metric) as table
with
owned as (
    select
        responses.id,
        responses.profile_id,
        responses.message_id,
        reaction,
        by_machine,
        amount,
        max(sent_at) as sent_at,
        max(sent_on) as sent_on,
        max(sends.channel) as channel,
        max(sends.flow_id) as flow_id
    from responses(since, metric) as responses
    join sends
        on sends.profile_id = responses.profile_id
        and sends.message_id = responses.message_id
        and sends.sent_at <= responses.reacted_at
    where outcome = 'delivered' and sent_on >= since
    group by responses.id, responses.profile_id, responses.message_id, reaction, by_machine, amount
),
answered as (
    select
        message_id,
        flow_id,
        channel,
        sent_on,
        count(*) filter (where reaction = 'open' and not by_machine) as opens,
        count(*) filter (where reaction = 'open' and by_machine) as machine_opens,
        count(*) filter (where reaction = 'click' and not by_machine) as clicks,
        count(*) filter (where reaction = 'click' and by_machine) as bot_clicks,
        count(*) filter (where reaction = 'complaint') as complaints,
        count(*) filter (where reaction = 'unsubscribe') as unsubscribes,
        count(*) filter (where reaction = 'conversion') as conversions,
        sum(amount) as revenue
    from owned
    group by profile_id, sent_at, message_id, flow_id, channel, sent_on
),
counted as (
    select
        message_id,
        flow_id,
        channel,
        sent_on,
        count(*) filter (where outcome = 'delivered') as delivered,
        count(*) filter (where outcome = 'bounced') as bounced,
        count(*) filter (where outcome = 'failed') as failed,
        0 as opens, 0 as machine_opens, 0 as opened, 0 as opened_or_machine,
        0 as clicks, 0 as bot_clicks, 0 as clicked, 0 as clicked_or_machine,
        0 as complained, 0 as unsubscribed, 0 as converted, 0 as conversions,
        cast(0 as decimal(38, 4)) as revenue
    from sends
    where sent_on >= since
    group by message_id, flow_id, channel, sent_on
    union all
    select
        message_id,
        flow_id,
        channel,
        sent_on,
        0, 0, 0,
        sum(opens), sum(machine_opens), count(*) filter (where opens > 0), count(*) filter (where opens + machine_opens > 0),
        sum(clicks), sum(bot_clicks), count(*) filter (where clicks > 0), count(*) filter (where clicks + bot_clicks > 0),
        count(*) filter (where complaints > 0), count(*) filter (where unsubscribes > 0),
        count(*) filter (where conversions > 0), sum(conversions),
        coalesce(sum(revenue), 0)
    from answered
    group by message_id, flow_id, channel, sent_on
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
    sum(revenue) as revenue
from counted
group by message_id, channel, sent_on
