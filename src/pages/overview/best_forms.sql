-- Which forms were viewed and submitted on local days from $start to before $before?
with results as (
    select
        form_id,
        count(*) filter (where action = 'view') as views,
        count(*) filter (where action = 'submission') as submissions
    from form_events
    where form_id is not null and cast($start as date) <= happened_on and happened_on < cast($before as date)
    group by form_id
)
select
    form_id as id,
    coalesce(forms.name, form_id) as name,
    views,
    submissions,
    cast(submissions as double) / nullif(views, 0) as submission_rate
from results
left join forms on forms.id = form_id
order by submissions desc, views desc, name
