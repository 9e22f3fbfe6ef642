-- How did each version of the forms, or of the form $id, do on local days from $start to before $before, as far as events tell?
with counted as (
    select
        form_id,
        version_id,
        count(*) filter (where action = 'view') as views,
        count(*) filter (where action = 'submission') as submissions
    from form_details
    where form_id is not null and (cast($id as varchar) is null or form_id = cast($id as varchar))
        and $start <= happened_on and happened_on < $before
    group by form_id, version_id
)
select
    coalesce(forms.name, counted.form_id) as form,
    coalesce(form_versions.name, version_id, 'Not told') as version,
    replace(form_versions.form_type, '_', ' ') as form_type,
    form_versions.status,
    views,
    submissions,
    submissions / nullif(views, 0) as submit_rate
from counted
left join forms on forms.id = counted.form_id
left join form_versions on form_versions.id = version_id
