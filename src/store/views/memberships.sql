-- Who is on which list and in which segment: one row per group and member.
create or replace view memberships as
select 'list' as kind, list_id as group_id, profile_id, joined_at
from klaviyo_list_members
where deleted_at is null
union all
select 'segment' as kind, segment_id as group_id, profile_id, joined_at
from klaviyo_segment_members
where deleted_at is null
