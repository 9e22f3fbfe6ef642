-- How did each text and push message do on local days from $start to before $before, by the day of sending or of the event (see
-- `page_messages`)? One row per message of a campaign or flow, e-mails left out. Conversions are of $metric; $machine counts what only machines clicked, too.
with sent as (
    select
        message_id,
        any_value(channel) as channel,
        sum(recipients) as recipients,
        sum(delivered) as delivered,
        sum(openable) as openable,
        sum(opened) as opened,
        sum(case when $machine then clicked_or_machine else clicked end) as clicked,
        sum(unsubscribed) as unsubscribed,
        case when cast($metric as varchar) is not null then sum(converted) end as converted,
        case when cast($metric as varchar) is not null then sum(revenue) end as revenue
    from page_messages
    where day >= cast($start as date) and channel <> 'email'
        and (cast($channel as varchar) is null or channel = cast($channel as varchar))
    group by message_id
)
select
    coalesce(concat_ws(': ', subject, body), name, message_id) as text,
    name,
    sent.channel,
    cast(recipients as bigint) as recipients,
    cast(delivered as bigint) as delivered,
    -- A text message is answered by a click, a push message by a tap, which is told as an open.
    cast(case when sent.channel = 'push' then opened else clicked end as bigint) as answered,
    case when tells(sent.channel, 'unsubscribed') then cast(unsubscribed as bigint) end as unsubscribed,
    case when tells(sent.channel, 'unsubscribed') then cast(delivered as bigint) end as unsubscribable,
    cast(converted as bigint) as converted,
    cast(revenue as double) as revenue,
    answered / nullif(delivered, 0) as answer_rate,
    case when tells(sent.channel, 'unsubscribed') then unsubscribed / nullif(delivered, 0) end as unsubscribe_rate,
    cast(converted as bigint) / nullif(delivered, 0) as conversion_rate,
    cast(revenue as double) / nullif(recipients, 0) as revenue_per_recipient,
    case when campaign_id is not null then 'campaigns' when flow_id is not null then 'flows' end as sender
from sent
left join messages using (message_id)
left join message_texts using (message_id)
