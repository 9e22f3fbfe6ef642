-- Who could be written to just before `moment`, an instant in UTC: one row with a count per channel. Unknown before the
-- history of consent begins: whoever had left by then was never seen.
create or replace macro subscribers_at(moment) as table
with counts as (
    select channel, sum(change) filter (where changed_at < moment) as profiles, min(seen_at) < moment as is_known
    from consent_changes
    group by channel
),
known as (select coalesce(bool_or(is_known), false) as is_known from counts)
select
    case when is_known then coalesce((select profiles from counts where channel = 'email'), 0) end as email,
    case when is_known then coalesce((select profiles from counts where channel = 'sms'), 0) end as sms,
    case when is_known then coalesce((select profiles from counts where channel = 'push'), 0) end as push,
    case when is_known then coalesce((select profiles from counts where channel = 'whatsapp'), 0) end as whatsapp
from known
