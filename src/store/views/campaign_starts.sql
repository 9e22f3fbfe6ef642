-- From which local day to which each campaign reached recipients: one row per campaign that was sent.
create or replace view campaign_starts as
select campaign_id, min(sent_on) as first_on, max(sent_on) as last_on
from klaviyo_message_stats
join messages on messages.message_id = klaviyo_message_stats.message_id
where campaign_id is not null
group by campaign_id
