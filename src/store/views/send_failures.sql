-- Messages that did not arrive on local days from `since` to before `until`, and why: one row a bounce or failure. What
-- Klaviyo does not say is null.
create or replace macro send_failures(since, until) as table
select
    events.profile_id,
    coalesce(message_aliases.message_id, events.message_id) as message_id,
    case kind when 'failed_sms' then 'sms' when 'bounced_push' then 'push' else 'email' end as channel,
    cast(local_datetime as date) as failed_on,
    -- Hard: the mailbox is not there. Soft: it did not take the message now.
    coalesce(properties->>'Bounce Type', properties->>'Failure Type') as failure,
    properties->>'Failure Source' as source,
    properties->>'Inbox Provider' as provider
from klaviyo_events as events
join metric_kinds on metric_kinds.metric_id = events.metric_id
left join message_aliases on message_aliases.alias = events.message_id
where kind in ('bounced_email', 'bounced_push', 'failed_sms')
    and local_datetime >= since and local_datetime < until
