-- Older campaigns: their events name the campaign instead of its message. One row per campaign of exactly one message.
create or replace view message_aliases as
select campaign_id as alias, min(id) as message_id
from klaviyo_campaign_messages
where campaign_id is not null
group by campaign_id
having count(*) = 1 and min(id) <> campaign_id
