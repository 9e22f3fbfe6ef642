-- What people did with sign-up forms: one row per view or submission.
create or replace view form_events as
select
    klaviyo_events.id,
    form_id,
    profile_id,
    timestamp as happened_at,
    cast(local_datetime as date) as happened_on,
    case when kind = 'viewed_form' then 'view' else 'submission' end as action
from klaviyo_events
join metric_kinds on metric_kinds.metric_id = klaviyo_events.metric_id
where kind in ('viewed_form', 'submitted_form')
