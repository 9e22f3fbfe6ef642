-- Who is there? $count rows after the first $skip, of those whose e-mail address or name contains $search, if any, in the
-- order of $sort, which is a field with a minus before it for the other way. With $since and $before, both UTC, those
-- that were updated in between. `total` counts all of them.
with found as (
    select *, trim(concat(first_name, ' ', last_name)) as name
    from profiles
    where (cast($since as timestamp) is null or updated_at >= cast($since as timestamp))
        and (cast($before as timestamp) is null or updated_at < cast($before as timestamp))
        and (
            cast($search as varchar) is null
            or contains(lower(concat_ws(' ', email, first_name, last_name)), lower(cast($search as varchar)))
        )
)
select *, count(*) over () as total
from found
order by
    case when $sort = 'email' then email end asc nulls last,
    case when $sort = '-email' then email end desc nulls last,
    case when $sort = 'name' then name end asc nulls last,
    case when $sort = '-name' then name end desc nulls last,
    case when $sort = 'createdAt' then created_at end asc nulls last,
    case when $sort = '-createdAt' then created_at end desc nulls last,
    case when $sort = 'updatedAt' then updated_at end asc nulls last,
    case when $sort = '-updatedAt' then updated_at end desc nulls last,
    id
limit $count offset $skip
