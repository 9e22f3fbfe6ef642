-- What was earned on each local day from $start to before $before, by conversions of $metric, and what on the day that
-- is $shift days earlier? Without a $shift nothing is compared.
with days as (
    select cast(day as date) as day
    from generate_series(cast($start as timestamp), cast($before as timestamp) - interval '1' day, interval '1' day) as series(day)
),
earned as (
    select
        converted_on,
        coalesce(sum(amount) filter (where credited_to = 'campaign'), 0) as campaigns,
        coalesce(sum(amount) filter (where credited_to = 'flow'), 0) as flows,
        coalesce(sum(amount) filter (where credited_to is null), 0) as other
    from bought(cast($metric as varchar))
    where cast($start as date) - coalesce(cast($shift as integer), 0) <= converted_on
        and converted_on < $before
    group by converted_on
)
select
    days.day,
    cast(coalesce(today.campaigns, 0) as double) as campaigns,
    cast(coalesce(today.flows, 0) as double) as flows,
    cast(coalesce(today.other, 0) as double) as other,
    cast(coalesce(today.campaigns + today.flows, 0) as double) as attributed,
    cast(coalesce(today.campaigns + today.flows + today.other, 0) as double) as total,
    case
        when cast($shift as integer) is not null
            then cast(coalesce(earlier.campaigns + earlier.flows + earlier.other, 0) as double)
    end as previous
from days
left join earned as today on today.converted_on = days.day
left join earned as earlier on earlier.converted_on = days.day - cast($shift as integer)
order by days.day
