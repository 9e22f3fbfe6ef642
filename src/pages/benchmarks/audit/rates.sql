-- Do bounces, complaints, unsubscribes, failures and clicks of messages sent on local days from $start to before $before keep within
-- their bounds? One row per rule, kind and channel of all that was sent, which is judged in full, and one per campaign or flow with
-- at least $sender_least recipients, which is worth a look at most; $rule is null, or the rule that is asked for.
with results as (
    select
        case when messages.campaign_id is null then 'flow' else 'campaign' end as kind,
        coalesce(messages.channel, stats.channel) as channel,
        coalesce(messages.campaign_id, messages.flow_id, stats.flow_id) as sender,
        sum(recipients) as recipients,
        sum(delivered) as delivered,
        sum(bounced) as bounced,
        sum(failed) as failed,
        sum(complained) as complained,
        sum(unsubscribed) as unsubscribed,
        sum(case when $machine then clicked_or_machine else clicked end) as clicked
    from message_stats($start, $metric) as stats
    left join messages on messages.message_id = stats.message_id
    where sent_on < $before
    group by all
),
judged as (
    select
        'All ' || case kind when 'campaign' then 'campaigns' else 'flows' end as name,
        kind, channel, sum(recipients) as recipients, sum(delivered) as delivered, sum(bounced) as bounced, sum(failed) as failed,
        sum(complained) as complained, sum(unsubscribed) as unsubscribed, sum(clicked) as clicked, true as is_all
    from results
    group by kind, channel
    union all
    select
        coalesce(campaigns.name, flows.name, sender), kind, results.channel, recipients, delivered, bounced, failed,
        complained, unsubscribed, clicked, false
    from results
    left join campaigns on kind = 'campaign' and campaigns.id = sender
    left join flows on kind = 'flow' and flows.id = sender
),
measured as (
    select
        name, kind, channel, recipients, is_all,
        unnest([
            {'rule': 'bounces', 'via': ['email', 'push'], 'part': bounced, 'whole': recipients,
             'healthy': $bounce_healthy, 'attention': $bounce_attention},
            {'rule': 'complaints', 'via': ['email'], 'part': complained, 'whole': delivered,
             'healthy': $spam_healthy, 'attention': $spam_attention},
            {'rule': 'unsubscribes', 'via': ['email', 'sms'], 'part': unsubscribed, 'whole': delivered,
             'healthy': $unsubscribe_healthy, 'attention': $unsubscribe_attention},
            {'rule': 'failed-texts', 'via': ['sms'], 'part': failed, 'whole': recipients,
             'healthy': $failed_healthy, 'attention': $failed_attention},
            {'rule': 'clicks', 'via': ['email'], 'part': clicked, 'whole': delivered,
             'healthy': $click_healthy, 'attention': $click_attention}
        ], recursive := true)
    from judged
    where recipients >= $sender_least
),
rated as (
    select *, part / nullif(whole, 0) as judged_rate, rule = 'clicks' as is_welcome
    from measured
    where list_contains(via, channel) and (cast($rule as varchar) is null or rule = cast($rule as varchar))
)
select
    rule,
    name,
    kind,
    channel,
    cast(recipients as bigint) as recipients,
    cast(part as bigint) as counted,
    cast(whole as bigint) as whole,
    judged_rate,
    healthy,
    attention,
    case
        when case when is_welcome then judged_rate >= healthy else judged_rate <= healthy end then 'Passes'
        -- One reaction among few is chance.
        when not is_welcome and part <= 1 then 'Passes'
        when is_all and case when is_welcome then judged_rate < attention else judged_rate > attention end then 'Act'
        when is_all then 'Look'
        when case when is_welcome then judged_rate < attention else judged_rate > attention end then 'Look'
        else 'Passes'
    end as verdict,
    format('{}, {}: {} of {:,}', name, channel, percent_text(judged_rate), cast(whole as bigint))
        || case when not is_welcome and part = 1 and judged_rate > healthy then ', which is one alone and may be chance' else '' end
        as finding
from rated
where judged_rate is not null
