-- On which lists and in which segments is the person $id, as far as members are copied?
select
    memberships.kind, memberships.group_id, coalesce(lists.name, segments.name, memberships.group_id) as name, joined_at
from memberships
left join lists on memberships.kind = 'list' and lists.id = memberships.group_id
left join segments on memberships.kind = 'segment' and segments.id = memberships.group_id
where profile_id = cast($id as varchar)
order by memberships.kind, joined_at
