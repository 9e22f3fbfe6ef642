-- What is known of the campaign $id?
select
    campaigns.*,
    (select string_agg(name, ', ' order by name) from campaign_tags where campaign_id = cast($id as varchar)) as tags
from campaigns
where id = cast($id as varchar)
