-- Through each channel: how many can be written to now, how many could at $start_at, and who joined and left from then to
-- before $end_at, both UTC? Unknown where the history of consent begins later.
with began as (
    select min(seen_at) as began_at from consent_changes
),
now as (
    select unnest(['email', 'sms', 'push', 'whatsapp']) as via, unnest([email, sms, push, whatsapp]) as subscribers, profiles
    from subscribers
),
moves as (
    select
        channel,
        sum(change) filter (where changed_at < cast($start_at as timestamp)) as at_start,
        count(*) filter (where change > 0 and changed_at >= cast($start_at as timestamp)) as joined,
        count(*) filter (where change < 0 and changed_at >= cast($start_at as timestamp)) as lost
    from consent_changes
    where changed_at < cast($end_at as timestamp)
    group by channel
)
select
    channel_title(via) as channel,
    subscribers,
    subscribers / nullif(profiles, 0) as subscribed_share,
    case when began_at < cast($start_at as timestamp) then cast(coalesce(at_start, 0) as bigint) end as at_start,
    case when began_at < cast($start_at as timestamp) then coalesce(joined, 0) end as joined,
    case when began_at < cast($start_at as timestamp) then coalesce(lost, 0) end as lost,
    case when began_at < cast($start_at as timestamp) then coalesce(joined, 0) - coalesce(lost, 0) end as net_change,
    case when began_at < cast($start_at as timestamp)
        then (coalesce(joined, 0) - coalesce(lost, 0)) / nullif(cast(at_start as double), 0) end as growth_rate,
    case when began_at < cast($start_at as timestamp)
        then coalesce(lost, 0) / nullif(cast(at_start as double), 0) end as churn_rate
from now
cross join began
left join moves on moves.channel = via
where cast($channel as varchar) is null or via = cast($channel as varchar)
