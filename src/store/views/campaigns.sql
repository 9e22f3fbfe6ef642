-- Campaigns with the channel of their messages. What Klaviyo deleted stays, marked, because what it sent remains.
create or replace view campaigns as
select
    klaviyo_campaigns.id,
    coalesce(klaviyo_campaigns.name, klaviyo_campaigns.id) as name,
    status,
    archived,
    sent_at,
    scheduled_at,
    klaviyo_campaigns.created_at,
    klaviyo_campaigns.updated_at,
    klaviyo_campaigns.deleted_at is not null as deleted,
    channels.channel
from klaviyo_campaigns
left join (
    select campaign_id, min(channel) as channel from messages where campaign_id is not null group by campaign_id
) as channels on channels.campaign_id = klaviyo_campaigns.id
