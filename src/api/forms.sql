-- What did sign-up forms bring on local days from $start to before $before? `conversions` are the profiles that converted,
-- by $metric, within five days after they submitted the form.
with counts as (
    select
        form_id,
        count(*) filter (where action = 'view') as views,
        count(*) filter (where action = 'submission') as submissions
    from form_events
    where form_id is not null and $start <= happened_on and happened_on < $before
    group by form_id
),
converted as (
    select form_id, count(distinct profile_id) as conversions
    from form_conversions(cast($metric as varchar))
    where $start <= submitted_on and submitted_on < $before
    group by form_id
)
select
    counts.form_id as id,
    coalesce(forms.name, counts.form_id) as name,
    forms.status,
    forms.updated_at,
    coalesce(forms.deleted, false) as deleted,
    views,
    submissions,
    cast(submissions as double) / nullif(views, 0) as submission_rate,
    case when cast($metric as varchar) is not null then coalesce(conversions, 0) end as conversions
from counts
left join converted on converted.form_id = counts.form_id
left join forms on forms.id = counts.form_id
order by submissions desc, views desc, name, id
