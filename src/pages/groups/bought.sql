-- What did those buy who are now in the list or segment $id, by conversions of $metric on local days from $start to before
-- $before, and on those compared with?
with spans(is_compared, first_on, until_on) as (
    values
        (false, cast($start as date), cast($before as date)),
        (true, cast($compared_start as date), cast($compared_before as date))
)
select
    is_compared,
    count(distinct profile_id) as converted,
    count(*) as conversions,
    cast(coalesce(sum(amount), 0) as double) as revenue
from bought(cast($metric as varchar)) as conversions
join spans on first_on <= converted_on and converted_on < until_on
where $since <= converted_on and converted_on < $before
    and profile_id in (select profile_id from memberships where group_id = $id)
group by is_compared
