-- Who is suppressed from e-mail, and why: one row per profile that cannot be written to, with Klaviyo's first reason.
create or replace view suppressions as
select id as profile_id, email_suppression as reason, email_suppressed_at as suppressed_at
from klaviyo_profiles
where deleted_at is null and email_suppression is not null
