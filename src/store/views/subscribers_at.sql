-- Who could be written to just before `moment`, an instant in UTC: one row with a count per channel. Unknown before the
-- history of consent begins: whoever had left by then was never seen.
create or replace macro subscribers_at(moment) as table
with counts as (
    select
        min(seen_at) as began_at,
        coalesce(sum(change) filter (where channel = 'email' and changed_at < moment), 0) as email,
        coalesce(sum(change) filter (where channel = 'sms' and changed_at < moment), 0) as sms,
        coalesce(sum(change) filter (where channel = 'push' and changed_at < moment), 0) as push,
        coalesce(sum(change) filter (where channel = 'whatsapp' and changed_at < moment), 0) as whatsapp
    from consent_changes
)
select
    case when began_at < moment then email end as email,
    case when began_at < moment then sms end as sms,
    case when began_at < moment then push end as push,
    case when began_at < moment then whatsapp end as whatsapp
from counts
