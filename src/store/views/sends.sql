-- Whom a message was sent to: one row per Received, Bounced or Failed event. Its send day is the account's local day.
-- Dropped is not sent, and an automated text answer is not marketing.
create or replace view sends as
select
    klaviyo_events.id,
    profile_id,
    coalesce(message_aliases.message_id, klaviyo_events.message_id) as message_id,
    flow_id,
    timestamp as sent_at,
    cast(local_datetime as date) as sent_on,
    case
        when kind in ('received_email', 'bounced_email') then 'email'
        when kind in ('received_sms', 'failed_sms') then 'sms'
        when kind in ('received_push', 'bounced_push') then 'push'
        else 'whatsapp'
    end as channel,
    case
        when kind in ('bounced_email', 'bounced_push') then 'bounced'
        when kind = 'failed_sms' then 'failed'
        else 'delivered'
    end as outcome
from klaviyo_events
join metric_kinds on metric_kinds.metric_id = klaviyo_events.metric_id
left join message_aliases on message_aliases.alias = klaviyo_events.message_id
where kind in (
    'received_email', 'received_sms', 'received_push', 'received_whatsapp', 'bounced_email', 'bounced_push', 'failed_sms'
)
