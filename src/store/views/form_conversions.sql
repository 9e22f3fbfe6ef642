-- Who bought after signing up: one row per submission and conversion within five days after it. Count distinct profiles,
-- and each conversion once.
create or replace view form_conversions as
select
    form_events.form_id,
    form_events.profile_id,
    happened_on as submitted_on,
    conversions.metric_id,
    conversions.id as conversion_id,
    conversions.amount
from form_events
join conversions
    on conversions.profile_id = form_events.profile_id
    and conversions.converted_at > form_events.happened_at
    and conversions.converted_at <= form_events.happened_at + interval '5' day
where action = 'submission'
