-- What did the form $id do by our count and by Klaviyo's own report, on those local days from $start to before $before that the
-- report was read for?
with days as (
    select distinct cast(day as date) as day
    from generate_series(cast($start as timestamp), cast($before as timestamp) - interval '1' day, interval '1' day) as series(day)
    join report_windows on entity_type = 'form_series_reports' and day between start_on and end_on
),
ours as (
    select
        count(*) filter (where action = 'view') as views,
        count(*) filter (where action = 'submission') as submissions
    from form_events
    where form_id = $id and $start <= happened_on and happened_on < $before and happened_on in (select day from days)
),
theirs as (
    select cast(coalesce(sum(views), 0) as bigint) as views, cast(coalesce(sum(submissions), 0) as bigint) as submissions
    from reported_forms
    where form_id = $id and day in (select day from days)
),
lines as (
    select 1 as line, 'Klytics' as count_of, views, submissions, submissions / nullif(views, 0) as report_rate from ours
    union all
    select 2, 'Klaviyo', views, submissions, submissions / nullif(views, 0) from theirs
    union all
    select
        3, 'Klytics less Klaviyo', ours.views - theirs.views, ours.submissions - theirs.submissions,
        ours.submissions / nullif(ours.views, 0) - theirs.submissions / nullif(theirs.views, 0)
    from ours, theirs
)
select
    lines.*,
    (select min(day) from days) as first_on,
    (select max(day) from days) as last_on,
    (
        select max(fetched_at) from report_windows
        where entity_type = 'form_series_reports' and end_on >= $start and start_on < $before
    ) as fetched_at
from lines
where (select count(*) from days) > 0
