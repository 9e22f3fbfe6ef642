-- How many of those who saw a form submitted it, on local days from $start to before $before? One row per form; $rule says whether
-- live forms without views or the rates of forms with at least $form_least views are judged.
with results as (
    select form_id, count(*) filter (where action = 'view') as views, count(*) filter (where action = 'submission') as submissions
    from form_events
    where $start <= happened_on and happened_on < $before
    group by form_id
)
select
    forms.id,
    forms.name,
    status,
    coalesce(views, 0) as views,
    coalesce(submissions, 0) as submissions,
    submissions / nullif(views, 0) as submission_rate,
    case
        when cast($rule as varchar) = 'unseen-forms' and coalesce(views, 0) = 0 then 'Look'
        when cast($rule as varchar) = 'unseen-forms' then 'Passes'
        when submissions / views < $form_attention then 'Look'
        else 'Passes'
    end as verdict,
    case
        when cast($rule as varchar) = 'unseen-forms' then format('“{}” is live and was seen {:,} times', forms.name, coalesce(views, 0))
        else format('“{}”: {:.1f} % of {:,} views', forms.name, 100 * submissions / views, views)
    end as finding
from forms
left join results on results.form_id = forms.id
where not deleted
    and case when cast($rule as varchar) = 'unseen-forms' then status = 'live' else coalesce(views, 0) >= $form_least end
