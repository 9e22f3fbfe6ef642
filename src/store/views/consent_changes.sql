-- Every change of who can be written to: one row per profile, channel and change. The sum of `change` up to a time is the
-- number of profiles that could be written to then.
create or replace view consent_changes as
select
    profile_id,
    channel,
    consent,
    reason,
    changed_at,
    seen_at,
    cast(can_receive as integer) - cast(coalesce(previous_can_receive, false) as integer) as change
from klaviyo_consent_history
