-- What people did with a message: one row per open, click, complaint or unsubscribe.
-- `by_machine` marks opens by a mail client on nobody's behalf and clicks by a scanner.
create or replace view reactions as
select
    klaviyo_events.id,
    profile_id,
    coalesce(message_aliases.message_id, klaviyo_events.message_id) as message_id,
    flow_id,
    timestamp as reacted_at,
    cast(local_datetime as date) as reacted_on,
    -- on the account's wall clock
    local_datetime as reacted_locally_at,
    case
        when kind in ('opened_sms', 'clicked_sms', 'unsubscribed_sms') then 'sms'
        when kind = 'opened_push' then 'push'
        when kind in ('opened_whatsapp', 'clicked_whatsapp') then 'whatsapp'
        else 'email'
    end as channel,
    case
        when kind in ('opened_email', 'opened_sms', 'opened_push', 'opened_whatsapp') then 'open'
        when kind in ('clicked_email', 'clicked_sms', 'clicked_whatsapp') then 'click'
        when kind = 'marked_spam' then 'complaint'
        else 'unsubscribe'
    end as reaction,
    case
        when kind in ('opened_email', 'opened_sms', 'opened_push', 'opened_whatsapp') then coalesce(is_machine_open, false)
        when kind in ('clicked_email', 'clicked_sms', 'clicked_whatsapp') then coalesce(is_bot_click, false)
        else false
    end as by_machine
from klaviyo_events
join metric_kinds on metric_kinds.metric_id = klaviyo_events.metric_id
left join message_aliases on message_aliases.alias = klaviyo_events.message_id
where kind in (
    'opened_email', 'opened_sms', 'opened_push', 'opened_whatsapp', 'clicked_email', 'clicked_sms', 'clicked_whatsapp',
    'marked_spam', 'unsubscribed_email', 'unsubscribed_sms'
)
