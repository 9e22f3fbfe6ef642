-- How often were forms, or the form $id, seen and submitted on each local day from $start to before $before, and on the day that
-- stands at the same place in the days compared with, $shift days earlier? Every day is there. What is named week_ is of the
-- seven days up to that one.
with counted as (
    select
        happened_on,
        count(*) filter (where action = 'view') as views,
        count(*) filter (where action = 'submission') as submissions
    from form_events
    where form_id is not null and (cast($id as varchar) is null or form_id = cast($id as varchar))
        and cast($since as date) - 6 <= happened_on and happened_on < $before
    group by happened_on
),
every as (
    select cast(day as date) as date
    from generate_series(
        cast($since as timestamp) - interval '6' day, cast($before as timestamp) - interval '1' day, interval '1' day
    ) as series(day)
),
summed as (
    select
        date,
        coalesce(views, 0) as views,
        coalesce(submissions, 0) as submissions,
        cast(coalesce(sum(views) over week, 0) as bigint) as week_views,
        cast(coalesce(sum(submissions) over week, 0) as bigint) as week_submissions
    from every
    left join counted on happened_on = date
    window week as (order by date rows 6 preceding)
)
select
    now.date,
    now.views,
    now.submissions,
    now.submissions / nullif(now.views, 0) as submit_rate,
    now.week_views,
    now.week_submissions,
    earlier.views as earlier_views,
    earlier.submissions as earlier_submissions,
    earlier.week_views as week_earlier_views,
    earlier.week_submissions as week_earlier_submissions
from summed as now
left join summed as earlier on earlier.date = now.date - cast($shift as integer)
where now.date >= cast($start as date)
order by now.date
