-- The channel that each attributed conversion is credited to: that of its message, or, while the message is not copied,
-- that of the open or click that Klaviyo names.
create or replace view conversion_channels as
with credited as (
    select conversions.*, messages.channel
    from conversions
    left join messages on messages.message_id = conversions.message_id
    where credited_to is not null
)
select metric_id, converted_on, amount, channel
from credited
where channel is not null
union all
select
    credited.metric_id,
    converted_on,
    amount,
    case
        when kind like '%_email' then 'email'
        when kind like '%_sms' then 'sms'
        when kind like '%_push' then 'push'
        when kind like '%_whatsapp' then 'whatsapp'
        else 'unknown'
    end as channel
from credited
left join klaviyo_events as touches on touches.id = credited.attributed_event_id
left join metric_kinds on metric_kinds.metric_id = touches.metric_id
where channel is null
