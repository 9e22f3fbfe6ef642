-- How often were forms, or the form $id, seen and submitted on each local day from $start to before $before, and on the day that
-- stands at the same place in the days compared with, $shift days earlier? Every day is there.
with counted as (
    select
        happened_on,
        count(*) filter (where action = 'view') as views,
        count(*) filter (where action = 'submission') as submissions
    from form_events
    where form_id is not null and (cast($id as varchar) is null or form_id = cast($id as varchar))
        and $since <= happened_on and happened_on < $before
    group by happened_on
),
days as (
    select cast(day as date) as date
    from generate_series(cast($start as timestamp), cast($before as timestamp) - interval '1' day, interval '1' day) as series(day)
)
select
    date,
    coalesce(now.views, 0) as views,
    coalesce(now.submissions, 0) as submissions,
    now.submissions / nullif(now.views, 0) as submit_rate,
    case when cast($shift as integer) is not null then coalesce(earlier.views, 0) end as earlier_views,
    case when cast($shift as integer) is not null then coalesce(earlier.submissions, 0) end as earlier_submissions
from days
left join counted as now on now.happened_on = date
left join counted as earlier on earlier.happened_on = date - cast($shift as integer)
order by date
