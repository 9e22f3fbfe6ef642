-- Who had a conversion of `metric` after signing up: one row per submission and conversion within five days after it. Count
-- distinct profiles, and each conversion once.
create or replace macro form_conversions(metric) as table
select
    form_events.form_id,
    form_events.profile_id,
    happened_on as submitted_on,
    bought.id as conversion_id,
    bought.amount
from form_events
join bought(metric) as bought
    on bought.profile_id = form_events.profile_id
    and bought.converted_at > form_events.happened_at
    and bought.converted_at <= form_events.happened_at + interval '5' day
where action = 'submission'
