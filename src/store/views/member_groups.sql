-- The lists and segments there are now: one row each, with the members that Klaviyo last counted and, where all of them
-- were read, when that was last and first.
create or replace view member_groups as
with counted as (
    select 'list' as kind, id, name, created_at, updated_at, true as is_active, opt_in_process, members
    from lists
    union all
    select 'segment', id, name, created_at, updated_at, coalesce(is_active, true), null, members
    from segments
)
select counted.*, known_groups.read_at, known_groups.first_read_at
from counted
left join known_groups on known_groups.kind = counted.kind and known_groups.group_id = counted.id
