-- The tags of campaigns, by name.
create or replace view campaign_tags as
select tagged.campaign_id, coalesce(klaviyo_tags.name, tagged.tag_id) as name
from (select id as campaign_id, unnest(tag_ids) as tag_id from klaviyo_campaigns) as tagged
left join klaviyo_tags on klaviyo_tags.id = tagged.tag_id
