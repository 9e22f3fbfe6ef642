-- How those who can be written to now gave their consent, as far as Klaviyo says: one row per channel, method and detail.
create or replace view subscription_sources as
select channel, method, detail, count(*) as profiles
from (
    select 'email' as channel, email_consent_method as method, email_consent_detail as detail
    from klaviyo_profiles
    where deleted_at is null and can_receive_email
    union all
    select 'sms', sms_consent_method, null
    from klaviyo_profiles
    where deleted_at is null and can_receive_sms
    union all
    select 'push', null, null
    from klaviyo_profiles
    where deleted_at is null and can_receive_push
    union all
    select 'whatsapp', null, null
    from klaviyo_profiles
    where deleted_at is null and can_receive_whatsapp
)
group by channel, method, detail
