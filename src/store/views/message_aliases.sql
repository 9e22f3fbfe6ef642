-- Names that events call a message by and that are not its own; one row per name. Older campaigns' events name the campaign:
-- it stands for its message where it has exactly one. Where it has several, nothing says which of them an event means, so
-- that such a campaign is one message of its own, and stands for those that Klaviyo credits conversions to.
create or replace view message_aliases as
select campaign_id as alias, min(id) as message_id
from klaviyo_campaign_messages
where campaign_id is not null
group by campaign_id
having count(*) = 1 and min(id) <> campaign_id
union all
select id as alias, campaign_id as message_id
from klaviyo_campaign_messages
where campaign_id in (select message_id from klaviyo_message_stats)
    and campaign_id in (
        select campaign_id from klaviyo_campaign_messages where campaign_id is not null group by campaign_id having count(*) > 1
    )
    and id <> campaign_id
