-- What was earned on the local days from $start to before $before, by conversions of $metric?
select
    cast(coalesce(sum(amount), 0) as double) as revenue,
    cast(coalesce(sum(amount) filter (where credited_to is not null), 0) as double) as attributed,
    count(*) filter (where is_foreign) as foreign_orders,
    count(*) filter (where is_unreadable) as unreadable_values
from bought(cast($metric as varchar))
where $start <= converted_on and converted_on < $before
