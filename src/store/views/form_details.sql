-- Which version of a form people saw and on what device: one row per view or submission, as far as its event tells.
-- It opens the documents of the events: filter by form or day.
create or replace view form_details as
select
    klaviyo_events.id,
    form_id,
    cast(local_datetime as date) as happened_on,
    case when kind = 'viewed_form' then 'view' else 'submission' end as action,
    nullif(properties ->> 'form_version_id', '') as version_id,
    nullif(properties ->> 'device_type', '') as device
from klaviyo_events
join metric_kinds on metric_kinds.metric_id = klaviyo_events.metric_id
where kind in ('viewed_form', 'submitted_form')
