-- How many of those who can receive e-mail marketing were engaged lately, as of `moment`, an instant in UTC: one row.
-- Somebody is dormant who is known for 180 days and was not engaged in them; unknown where events do not reach so far back.
create or replace macro engagement(moment) as table
select
    count(*) as profiles,
    count(*) filter (where can_receive_email) as emailable,
    count(*) filter (where suppression is not null) as suppressed,
    count(*) filter (where can_receive_email and engaged_at >= moment - interval '30' day) as engaged_30,
    count(*) filter (where can_receive_email and engaged_at >= moment - interval '60' day) as engaged_60,
    count(*) filter (where can_receive_email and engaged_at >= moment - interval '90' day) as engaged_90,
    count(*) filter (where can_receive_email and engaged_at >= moment - interval '180' day) as engaged_180,
    case when (select first_on from event_span) <= cast(moment as date) - 180 then count(*) filter (
        where can_receive_email
            and coalesce(engaged_at < moment - interval '180' day, true)
            and coalesce(created_at < moment - interval '180' day, true)
    ) end as dormant
from audience
