-- How did each form do on local days from $start to before $before? One row per form that was seen or submitted and per live one
-- that was not, or any if $with_idle. `converted` are the profiles with a conversion of $metric within five days after their
-- submit; `trend` is the submissions a day over the range, in at most 30 steps.
with counted as (
    select
        form_id,
        count(*) filter (where action = 'view') as views,
        count(*) filter (where action = 'submission') as submissions
    from form_events
    where form_id is not null and $start <= happened_on and happened_on < $before
    group by form_id
),
-- By themselves: beside counts of all, the distinct ones cost ten times as much.
submitted as (
    select form_id, count(distinct profile_id) as submitters
    from form_events
    where action = 'submission' and form_id is not null and $start <= happened_on and happened_on < $before
    group by form_id
),
bought as (
    select form_id, count(distinct profile_id) as converted, sum(amount) as revenue
    from (
        select distinct form_id, profile_id, conversion_id, amount
        from form_conversions(cast($metric as varchar))
        where $start <= submitted_on and submitted_on < $before
    )
    group by form_id
),
steps as (
    select
        step,
        -- The days of a step: the last may have fewer.
        least((step + 1) * width, days) - step * width as step_days
    from (
        select cast($before as date) - cast($start as date) as days, (days + 29) // 30 as width, unnest(range((days + width - 1) // width)) as step
    )
),
stepped as (
    select
        form_id,
        (happened_on - cast($start as date)) // ((cast($before as date) - cast($start as date) + 29) // 30) as step,
        count(*) as submissions
    from form_events
    where action = 'submission' and $start <= happened_on and happened_on < $before
    group by all
),
trends as (
    select form_id, string_agg(cast(round(coalesce(stepped.submissions, 0) / step_days, 2) as varchar), ' ' order by steps.step) as trend
    from counted
    cross join steps
    left join stepped using (form_id, step)
    group by form_id
),
kinds as (
    select form_id, string_agg(distinct replace(form_type, '_', ' '), ' + ' order by replace(form_type, '_', ' ')) as form_type, count(*) as versions
    from form_versions
    where not deleted
    group by form_id
),
listed as (
    select form_id as id from counted
    union
    select id from forms where not deleted and ($with_idle or status = 'live')
)
select
    listed.id,
    coalesce(forms.name, listed.id) as name,
    forms.status,
    kinds.form_type,
    kinds.versions,
    coalesce(views, 0) as views,
    coalesce(submissions, 0) as submissions,
    coalesce(submitters, 0) as submitters,
    submissions / nullif(views, 0) as submit_rate,
    case when cast($metric as varchar) is not null then coalesce(converted, 0) end as form_converted,
    case when cast($metric as varchar) is not null then coalesce(converted, 0) / nullif(submitters, 0) end as form_conversion_rate,
    case when cast($metric as varchar) is not null then cast(coalesce(revenue, 0) as double) end as form_revenue,
    trend,
    coalesce(forms.deleted, false) as deleted
from listed
left join forms on forms.id = listed.id
left join counted on counted.form_id = listed.id
left join submitted on submitted.form_id = listed.id
left join bought on bought.form_id = listed.id
left join trends on trends.form_id = listed.id
left join kinds on kinds.form_id = listed.id
