-- The people there are now: how they are called and reached, whether they can be written to, and what they received and did.
create or replace view audience as
select
    profiles.id,
    email,
    phone_number,
    external_id,
    nullif(trim(concat_ws(' ', first_name, last_name)), '') as name,
    coalesce(can_receive_email, false) as can_receive_email,
    coalesce(can_receive_sms, false) as can_receive_sms,
    coalesce(can_receive_push, false) as can_receive_push,
    coalesce(can_receive_whatsapp, false) as can_receive_whatsapp,
    email_suppression as suppression,
    created_at,
    coalesce(received, 0) as received,
    coalesce(emails_received, 0) as emails_received,
    coalesce(opens, 0) as opens,
    coalesce(clicks, 0) as clicks,
    coalesce(orders, 0) as orders,
    coalesce(revenue, 0) as revenue,
    first_emailed_at,
    last_emailed_at,
    last_received_at,
    engaged_at
from klaviyo_profiles as profiles
left join profile_activity on profile_activity.profile_id = profiles.id
where deleted_at is null
