-- The people there are now, and whether they can be written to.
create or replace view profiles as
select
    id,
    email,
    phone_number,
    external_id,
    first_name,
    last_name,
    country,
    can_receive_email,
    can_receive_sms,
    can_receive_push,
    created_at,
    updated_at,
    last_event_at
from klaviyo_profiles
where deleted_at is null
