-- Does Klaviyo's own count and sum of $metric agree with the stored events on local days from $start to before $before?
-- Days that differ come first.
select
    day,
    case
        when state = 'differs' then 'differs'
        when repaired_at is not null then 'read again, agrees'
        else 'agrees'
    end as state,
    state = 'differs' as is_differing,
    their_count,
    our_count,
    cast(their_sum as double) as their_sum,
    cast(our_sum as double) as our_sum,
    cast(our_sum - their_sum as double) as difference
from reconciliation
where metric_id = cast($metric as varchar) and cast($start as date) <= day and day < cast($before as date)
order by state = 'differs' desc, day desc
