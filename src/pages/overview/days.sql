-- What was earned on each local day from $start to before $before, by conversions of $metric, split by what Klaviyo credits
-- with it, and how many forms were submitted?
with days as (
    select cast(day as date) as day
    from generate_series(cast($start as timestamp), cast($before as timestamp) - interval '1' day, interval '1' day) as series(day)
),
earned as (
    select
        converted_on,
        count(*) as orders,
        coalesce(sum(amount), 0) as revenue,
        coalesce(sum(amount) filter (where credited_to = 'campaign'), 0) as campaigns,
        coalesce(sum(amount) filter (where credited_to = 'flow'), 0) as flows
    from bought(cast($metric as varchar))
    where cast($start as date) <= converted_on and converted_on < cast($before as date)
    group by converted_on
),
submitted as (
    select happened_on, count(*) as submissions
    from form_events
    where action = 'submission' and cast($start as date) <= happened_on and happened_on < cast($before as date)
    group by happened_on
)
select
    day as date,
    coalesce(orders, 0) as orders,
    cast(coalesce(revenue, 0) as double) as revenue,
    cast(coalesce(campaigns, 0) as double) as campaigns,
    cast(coalesce(flows, 0) as double) as flows,
    cast(coalesce(revenue - campaigns - flows, 0) as double) as other,
    coalesce(submissions, 0) as form_submissions
from days
left join earned on converted_on = day
left join submitted on happened_on = day
order by day
