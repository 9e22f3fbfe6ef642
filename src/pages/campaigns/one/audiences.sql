-- Which lists and segments was the campaign $id to reach, and which to spare?
select group_id, name, kind, is_excluded
from campaign_audiences
where campaign_id = cast($id as varchar)
order by is_excluded, name, group_id
