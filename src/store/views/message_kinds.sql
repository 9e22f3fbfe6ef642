-- What the events of a metric are to the message they name, and through which channel: sends and answers; and, of no
-- message, visits and subscriptions, which are signs of life.
-- Dropped is not sent, and an automated text answer is not marketing.
create or replace view message_kinds as
select
    metric_id,
    kind,
    case
        when kind in ('active_on_site', 'subscribed_list') then 'none'
        when ends_with(kind, '_sms') then 'sms'
        when ends_with(kind, '_push') then 'push'
        when ends_with(kind, '_whatsapp') then 'whatsapp'
        else 'email'
    end as channel,
    case
        when kind = 'active_on_site' then 'visit'
        when starts_with(kind, 'subscribed_') then 'subscription'
        when starts_with(kind, 'received_') then 'delivered'
        when starts_with(kind, 'bounced_') then 'bounced'
        when starts_with(kind, 'failed_') then 'failed'
        when starts_with(kind, 'opened_') then 'open'
        when starts_with(kind, 'clicked_') then 'click'
        when kind = 'marked_spam' then 'complaint'
        else 'unsubscribe'
    end as what
from metric_kinds
where kind in (
    'received_email', 'received_sms', 'received_push', 'received_whatsapp', 'bounced_email', 'bounced_push', 'failed_sms',
    'opened_email', 'opened_sms', 'opened_push', 'opened_whatsapp', 'clicked_email', 'clicked_sms', 'clicked_whatsapp',
    'marked_spam', 'unsubscribed_email', 'unsubscribed_sms', 'active_on_site', 'subscribed_email', 'subscribed_sms', 'subscribed_list'
)
