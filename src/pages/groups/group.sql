-- Which list or segment is $id, and who is known to be in it?
select
    id,
    name,
    kind,
    is_active,
    opt_in_process,
    created_at,
    updated_at,
    read_at,
    first_read_at,
    members,
    case when read_at is not null then (select count(*) from memberships where memberships.kind = member_groups.kind and group_id = $id) end as known_members
from member_groups
where id = $id
