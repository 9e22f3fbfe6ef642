-- Who can be written to now: one row with a count per channel; all unknown before profiles are copied.
create or replace view subscribers as
select
    count(*) as profiles,
    case when count(*) > 0 then count(*) filter (where can_receive_email) end as email,
    case when count(*) > 0 then count(*) filter (where can_receive_sms) end as sms,
    case when count(*) > 0 then count(*) filter (where can_receive_push) end as push,
    case when count(*) > 0 then count(*) filter (where can_receive_whatsapp) end as whatsapp
from klaviyo_profiles
where deleted_at is null
