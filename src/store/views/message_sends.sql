-- Deliveries to people: one row per delivery, or several of the same second in one.
create or replace view message_sends as
select
    profile_id,
    klaviyo_deliveries.message_id,
    coalesce(messages.channel, klaviyo_deliveries.channel) as channel,
    case when messages.campaign_id is null then 'flow' else 'campaign' end as kind,
    sent_on,
    sent_at,
    sends,
    unsubscribed_on is not null as unsubscribed
from klaviyo_deliveries
left join messages on messages.message_id = klaviyo_deliveries.message_id
where outcome = 'delivered'
