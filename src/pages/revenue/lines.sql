-- What stands beside the revenue of local days from $start to before $before: conversions of $metric that are not summed,
-- and what was refunded or cancelled on these days?
with asked as (
    select *
    from bought(cast($metric as varchar))
    where cast($start as date) <= converted_on and converted_on < cast($before as date)
),
taken_back as (
    select kind, sum(events) as orders, sum(amount) as amount, sum(not_summed) as not_summed
    from refunds
    where cast($start as date) <= happened_on and happened_on < cast($before as date)
    group by kind
)
select 1 as position, 'Gross revenue' as name, count(*) filter (where amount is not null) as orders, cast(sum(amount) as double) as amount
from asked
union all
select 2, 'Refunded', coalesce(sum(orders), 0), cast(sum(amount) as double) from taken_back where kind = 'refunded_order'
union all
select 3, 'Cancelled', coalesce(sum(orders), 0), cast(sum(amount) as double) from taken_back where kind = 'cancelled_order'
union all
select 4, 'In another currency, not summed', count(*), null from asked where is_foreign
union all
select 5, 'With a value that is no amount', count(*), null from asked where is_unreadable
union all
select 6, 'Without any value', count(*), null from asked where amount is null and not is_foreign and not is_unreadable
order by position
