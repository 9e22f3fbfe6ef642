-- All that is kept of each person there is.
create or replace view profile_details as
select
    id, email, phone_number, external_id, first_name, last_name, country, timezone,
    can_receive_email, email_consent, email_consent_at, email_consent_method, email_consent_detail, email_double_optin,
    email_suppression, email_suppressed_at,
    can_receive_sms, sms_consent, sms_consent_at, sms_consent_method,
    can_receive_push, push_consent, push_consent_at,
    can_receive_whatsapp, whatsapp_consent, whatsapp_consent_at,
    created_at, updated_at, last_event_at,
    cast(cast(properties as json) as varchar) as properties
from klaviyo_profiles
where deleted_at is null
