-- Who came to lists and segments whose members are known, and who was seen to have left: one row per change, at an instant
-- in UTC. That somebody left shows when the group is next listed as a whole, and is dated then; of who left before the
-- first reading nothing is known.
create or replace view membership_changes as
with members as (
    select 'list' as kind, list_id as group_id, profile_id, joined_at, deleted_at
    from klaviyo_list_members
    union all
    select 'segment' as kind, segment_id as group_id, profile_id, joined_at, deleted_at
    from klaviyo_segment_members
),
changes as (
    select kind, group_id, profile_id, joined_at as changed_at, 1 as change
    from members
    union all
    select kind, group_id, profile_id, deleted_at, -1
    from members
    where deleted_at is not null
)
select changes.*
from changes
join known_groups on known_groups.kind = changes.kind and known_groups.group_id = changes.group_id
