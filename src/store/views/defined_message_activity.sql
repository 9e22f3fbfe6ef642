-- What happened on local days from `since` to before `until`, whenever its message was sent: one row per message.
--
-- `opened`, `clicked`, … count deliveries of which the first such response fell into these days, so that they add up
-- over spans of days. A response without a delivery, because history is cut off, counts here and in `without_delivery`.
create or replace macro defined_message_activity(since, until, metric) as table
with
touched as (
    select distinct profile_id, message_id
    from responses(since, metric)
    where reacted_on < until
),
-- All that ever happened between these people and messages: it says what was the first.
owned as (
    select
        responses.id,
        responses.profile_id,
        responses.message_id,
        responses.channel,
        reaction,
        by_machine,
        amount,
        reacted_on,
        max(responses.flow_id) as flow_id,
        max(sent_at) as sent_at
    from responses(cast('0001-01-01' as date), metric) as responses
    join touched on touched.profile_id = responses.profile_id and touched.message_id = responses.message_id
    left join sends
        on sends.profile_id = responses.profile_id
        and sends.message_id = responses.message_id
        and sends.sent_at <= responses.reacted_at
        and outcome = 'delivered'
    where reacted_on < until
    group by
        responses.id, responses.profile_id, responses.message_id, responses.channel, reaction, by_machine, amount, reacted_on
),
firsts as (
    select
        message_id,
        min(reacted_on) filter (where reaction = 'open' and not by_machine) as opened_on,
        min(reacted_on) filter (where reaction = 'open') as opened_or_machine_on,
        min(reacted_on) filter (where reaction = 'click' and not by_machine) as clicked_on,
        min(reacted_on) filter (where reaction = 'click') as clicked_or_machine_on,
        min(reacted_on) filter (where reaction = 'complaint') as complained_on,
        min(reacted_on) filter (where reaction = 'unsubscribe') as unsubscribed_on,
        min(reacted_on) filter (where reaction = 'conversion') as converted_on
    from owned
    group by message_id, profile_id, sent_at
),
counted as (
    select
        message_id,
        max(flow_id) as flow_id,
        max(channel) as channel,
        count(*) filter (where outcome = 'delivered') as delivered,
        count(*) filter (where outcome = 'bounced') as bounced,
        count(*) filter (where outcome = 'failed') as failed,
        0 as opens, 0 as machine_opens, 0 as opened, 0 as opened_or_machine,
        0 as clicks, 0 as bot_clicks, 0 as clicked, 0 as clicked_or_machine,
        0 as complained, 0 as unsubscribed, 0 as converted, 0 as conversions,
        cast(0 as decimal(38, 4)) as revenue,
        0 as without_delivery
    from sends
    where since <= sent_on and sent_on < until
    group by message_id
    union all
    select
        message_id, max(flow_id), max(channel), 0, 0, 0,
        count(*) filter (where reaction = 'open' and not by_machine), count(*) filter (where reaction = 'open' and by_machine),
        0, 0,
        count(*) filter (where reaction = 'click' and not by_machine), count(*) filter (where reaction = 'click' and by_machine),
        0, 0, 0, 0, 0,
        count(*) filter (where reaction = 'conversion'), coalesce(sum(amount), 0),
        count(*) filter (where sent_at is null)
    from owned
    where reacted_on >= since
    group by message_id
    union all
    select
        message_id, null, null, 0, 0, 0,
        0, 0, count(*) filter (where opened_on >= since), count(*) filter (where opened_or_machine_on >= since),
        0, 0, count(*) filter (where clicked_on >= since), count(*) filter (where clicked_or_machine_on >= since),
        count(*) filter (where complained_on >= since), count(*) filter (where unsubscribed_on >= since),
        count(*) filter (where converted_on >= since), 0, 0, 0
    from firsts
    group by message_id
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
    sum(revenue) as revenue,
    cast(sum(without_delivery) as bigint) as without_delivery
from counted
group by message_id
