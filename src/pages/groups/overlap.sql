-- With which other lists and segments does $id share members? One row per group that it shares one with; only of groups whose
-- members are copied anything is known.
with own as (
    select profile_id from memberships where group_id = $id
),
sizes as (
    select kind, group_id, count(*) as members, count(own.profile_id) as shared
    from memberships
    left join own on own.profile_id = memberships.profile_id
    where group_id <> $id
    group by kind, group_id
)
select
    groups.id,
    groups.name,
    groups.kind,
    sizes.members,
    shared,
    shared / nullif((select count(*) from own), 0) as share_of_this,
    shared / nullif(sizes.members, 0) as share_of_other
from sizes
join known_groups on known_groups.kind = sizes.kind and known_groups.group_id = sizes.group_id
join member_groups as groups on groups.kind = sizes.kind and groups.id = sizes.group_id
where shared > 0
