-- How many of those who can receive e-mail marketing were engaged lately, as of `moment`, an instant in UTC: one row.
-- Somebody is dormant who is known for 180 days and was not engaged in them; unknown where events do not reach so far back.
create or replace macro engagement(moment) as table
with known as (
    select
        count(*) as profiles,
        count(*) filter (where can_receive_email) as emailable,
        count(*) filter (where email_suppression is not null) as suppressed,
        count(*) filter (where can_receive_email and coalesce(created_at < moment - interval '180' day, true)) as old
    from klaviyo_profiles
    where deleted_at is null
),
-- Only who was engaged is looked up: they are the fewer.
engaged as (
    select
        count(*) filter (where engaged_at >= moment - interval '30' day) as engaged_30,
        count(*) filter (where engaged_at >= moment - interval '60' day) as engaged_60,
        count(*) filter (where engaged_at >= moment - interval '90' day) as engaged_90,
        count(*) as engaged_180,
        count(*) filter (where coalesce(created_at < moment - interval '180' day, true)) as old
    from profile_activity
    join klaviyo_profiles as profiles on profiles.id = profile_activity.profile_id
    where engaged_at >= moment - interval '180' day and can_receive_email and deleted_at is null
)
select
    known.* exclude (old),
    engaged.* exclude (old),
    case when (select first_on from event_span) <= cast(moment as date) - 180 then known.old - engaged.old end as dormant
from known, engaged
