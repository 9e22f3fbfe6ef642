-- Did more people start or stop being reachable, channel by channel, from $start_at to before $before_at
-- (UTC)? One row per channel with a change, if the history of consent goes back so far.
with changes as (
    select
        channel_title(channel) as name,
        sum(change) filter (where change > 0) as gained,
        -sum(change) filter (where change < 0) as lost
    from consent_changes
    where channel in ('email', 'sms', 'push', 'whatsapp')
        and changed_at >= cast($start_at as timestamp) and changed_at < cast($before_at as timestamp)
    group by channel
)
select
    name,
    cast(coalesce(gained, 0) as bigint) as gained,
    cast(coalesce(lost, 0) as bigint) as lost,
    cast(coalesce(gained, 0) - coalesce(lost, 0) as bigint) as net,
    case when coalesce(gained, 0) < coalesce(lost, 0) then 'Act' else 'Passes' end as verdict,
    format('{}: {:,} gained, {:,} lost', name, cast(coalesce(gained, 0) as bigint), cast(coalesce(lost, 0) as bigint)) as finding
from changes
where (gained > 0 or lost > 0) and (select min(seen_at) from consent_changes) <= cast($start_at as timestamp)
