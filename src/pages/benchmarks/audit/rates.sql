-- Do bounces, complaints, unsubscribes, failures or clicks ($rule says which) of messages sent on local days from $start to
-- before $before keep within their bounds? One row per kind and channel of all that was sent, which is judged in full, and one
-- per campaign or flow with at least $sender_least recipients, which is worth a look at most.
with results as (
    select
        case when messages.campaign_id is null then 'flow' else 'campaign' end as kind,
        coalesce(messages.channel, stats.channel) as channel,
        coalesce(messages.campaign_id, messages.flow_id, stats.flow_id) as sender,
        sum(recipients) as recipients,
        sum(case cast($rule as varchar)
            when 'bounces' then bounced
            when 'complaints' then complained
            when 'unsubscribes' then unsubscribed
            when 'failed-texts' then failed
            when 'clicks' then case when $machine then clicked_or_machine else clicked end
        end) as part,
        sum(case when cast($rule as varchar) in ('bounces', 'failed-texts') then recipients else delivered end) as whole
    from message_stats($start, $metric) as stats
    left join messages on messages.message_id = stats.message_id
    where sent_on < $before
    group by all
),
judged as (
    select
        'All ' || case kind when 'campaign' then 'campaigns' else 'flows' end as name,
        kind, channel, sum(recipients) as recipients, sum(part) as part, sum(whole) as whole, true as is_all
    from results
    group by kind, channel
    union all
    select coalesce(campaigns.name, flows.name, sender), kind, results.channel, recipients, part, whole, false
    from results
    left join campaigns on kind = 'campaign' and campaigns.id = sender
    left join flows on kind = 'flow' and flows.id = sender
),
bounded as (
    select
        *,
        part / nullif(whole, 0) as judged_rate,
        case cast($rule as varchar)
            when 'bounces' then $bounce_healthy
            when 'complaints' then $spam_healthy
            when 'unsubscribes' then $unsubscribe_healthy
            when 'failed-texts' then $failed_healthy
            else $click_healthy
        end as healthy,
        case cast($rule as varchar)
            when 'bounces' then $bounce_attention
            when 'complaints' then $spam_attention
            when 'unsubscribes' then $unsubscribe_attention
            when 'failed-texts' then $failed_attention
            else $click_attention
        end as attention
    from judged
    where recipients >= $sender_least
        and case cast($rule as varchar)
            when 'failed-texts' then channel = 'sms'
            when 'bounces' then channel in ('email', 'push')
            when 'unsubscribes' then channel in ('email', 'sms')
            else channel = 'email'
        end
)
select
    name,
    kind,
    channel,
    cast(recipients as bigint) as recipients,
    cast(part as bigint) as counted,
    judged_rate,
    healthy,
    attention,
    case
        when cast($rule as varchar) = 'clicks' and judged_rate >= healthy then 'Passes'
        when cast($rule as varchar) <> 'clicks' and judged_rate <= healthy then 'Passes'
        -- One reaction among few is chance.
        when cast($rule as varchar) <> 'clicks' and part <= 1 then 'Passes'
        when is_all and case cast($rule as varchar) when 'clicks' then judged_rate < attention else judged_rate > attention end then 'Act'
        when is_all then 'Look'
        when case cast($rule as varchar) when 'clicks' then judged_rate < attention else judged_rate > attention end then 'Look'
        else 'Passes'
    end as verdict,
    format('{}, {}: {:.3f} % of {:,}', name, channel, 100 * judged_rate, cast(whole as bigint)) as finding
from bounded
where judged_rate is not null
