-- Why did people join and leave from $start_at to before $end_at, both UTC, through $channel or any? As far as the history
-- of consent reaches back.
with began as (
    select min(seen_at) as began_at from consent_changes
)
select
    case when change > 0 then 'Joined' else 'Left' end as direction,
    channel_title(channel) as channel,
    case
        when change > 0 and first_reason is null then 'Subscribed'
        when change > 0 then 'Can be written to again'
        when reason = 'HARD_BOUNCE' then 'Suppressed: hard bounce'
        when reason = 'INVALID_EMAIL' then 'Suppressed: invalid address'
        when reason = 'SPAM_COMPLAINT' then 'Suppressed: marked as spam'
        when reason = 'USER_SUPPRESSED' then 'Suppressed by hand'
        when reason = 'UNSUBSCRIBE' or consent = 'UNSUBSCRIBED' then 'Unsubscribed'
        when reason = 'DELETED' then 'Profile deleted'
        else coalesce(reason, 'Not told')
    end as reason,
    count(*) as people
from (
    select *, lag(reason) over (partition by profile_id, channel order by seen_at) as first_reason
    from consent_changes
    where channel in ('email', 'sms', 'push', 'whatsapp')
        and (cast($channel as varchar) is null or channel = cast($channel as varchar))
        and profile_id in (
            select profile_id from consent_changes
            where changed_at >= cast($start_at as timestamp) and changed_at < cast($end_at as timestamp)
        )
), began
where change <> 0
    -- Those who were there when it began did not come then.
    and changed_at >= cast($start_at as timestamp) and changed_at > began_at
    and changed_at < cast($end_at as timestamp)
group by all
