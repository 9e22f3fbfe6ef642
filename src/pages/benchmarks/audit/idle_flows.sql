-- Which live flows sent nothing on the $idle_days days up to $today? One row per live flow that was not made just now.
with sent as (
    select messages.flow_id, max(sent_on) as last_on, sum(recipients) filter (where sent_on > cast($today as date) - cast($idle_days as integer)) as recipients
    from message_stats(cast('1990-01-01' as date), $metric) as stats
    join messages on messages.message_id = stats.message_id
    group by messages.flow_id
)
select
    flows.id,
    name,
    trigger_type,
    cast(coalesce(recipients, 0) as bigint) as recipients,
    last_on,
    case when coalesce(recipients, 0) > 0 then 'Passes' else 'Look' end as verdict,
    case
        when coalesce(recipients, 0) > 0 then '“' || name || '” sends'
        when last_on is null then '“' || name || '” is live and has sent nothing so far'
        else '“' || name || '” is live and last sent on ' || strftime(last_on, '%-d %b %Y')
    end as finding
from flows
left join sent on sent.flow_id = flows.id
where status = 'live' and not coalesce(archived, false) and not deleted
    and (created_at is null or created_at < cast($now as timestamp) - to_days(cast($idle_days as integer)))
