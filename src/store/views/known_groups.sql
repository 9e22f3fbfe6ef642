-- Lists and segments whose members were all read at least once, last at `read_at`; of others nothing is known that takes
-- members to know.
create or replace view known_groups as
select
    case entity_type when 'list_members' then 'list' else 'segment' end as kind,
    parent_id as group_id,
    whole_at as read_at,
    coalesce(first_whole_at, whole_at) as first_read_at
from sync_parents
where entity_type in ('list_members', 'segment_members') and whole_at is not null
