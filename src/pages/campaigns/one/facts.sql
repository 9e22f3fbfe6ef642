-- What is known of the campaign $id, and on which local days did it reach people?
select
    campaigns.*,
    (select string_agg(name, ', ' order by name) from campaign_tags where campaign_id = cast($id as varchar)) as tags,
    first_on,
    last_on
from campaigns
left join campaign_starts on campaign_id = campaigns.id
where campaigns.id = cast($id as varchar)
