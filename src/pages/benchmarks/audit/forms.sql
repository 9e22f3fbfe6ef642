-- How many of those who saw a form submitted it, on local days from $start to before $before? One row per live form, of which it is
-- judged whether it was seen, and one per form with at least $form_least views, of which the rate is; $rule is null, or the rule that
-- is asked for.
with results as (
    select form_id, count(*) filter (where action = 'view') as views, count(*) filter (where action = 'submission') as submissions
    from form_events
    where $start <= happened_on and happened_on < $before
    group by form_id
),
seen as (
    select forms.id, forms.name, status, coalesce(views, 0) as views, coalesce(submissions, 0) as submissions
    from forms
    left join results on results.form_id = forms.id
    where not deleted
),
judged as (
    select
        'unseen-forms' as rule, *,
        case when views = 0 then 'Look' else 'Passes' end as verdict,
        format('“{}” is live and was seen {:,} times', name, views) as finding
    from seen
    where status = 'live'
    union all
    select
        'form-rates', *,
        case when submissions / views < $form_attention then 'Look' else 'Passes' end,
        format('“{}”: {} of {:,} views', name, percent_text(submissions / views), views)
    from seen
    where views >= $form_least
)
select
    rule, id, name, status, views, submissions, submissions / nullif(views, 0) as submission_rate, verdict, finding
from judged
where cast($rule as varchar) is null or rule = cast($rule as varchar)
