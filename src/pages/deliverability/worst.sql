-- Which messages of local days from $start to before $before fared worst, by the $basis? Of at least $least recipients, or
-- a hundred. `times_limit` is the largest of their bounce, spam and unsubscribe rates over the bound from which on Klaviyo
-- says that it needs attention, which it says of e-mail only. $machine counts what only machines opened or clicked, too.
with sums as (
    select
        message_id,
        max(campaign_id) as campaign_id,
        max(flow_id) as flow_id,
        max(channel) as via,
        cast(sum(recipients) as bigint) as recipients,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(openable) as bigint) as openable,
        cast(sum(delivered) filter (where tells(channel, 'clicked')) as bigint) as clickable,
        cast(sum(recipients) filter (where tells(channel, 'bounced')) as bigint) as bounceable,
        cast(sum(recipients) filter (where tells(channel, 'failed')) as bigint) as failable,
        cast(sum(delivered) filter (where tells(channel, 'unsubscribed')) as bigint) as unsubscribable,
        cast(sum(delivered) filter (where tells(channel, 'complained')) as bigint) as complainable,
        cast(sum(bounced) filter (where tells(channel, 'bounced')) as bigint) as bounced,
        cast(sum(failed) filter (where tells(channel, 'failed')) as bigint) as failed,
        cast(sum(case when $machine then opened_or_machine else opened end) filter (where tells(channel, 'opened')) as bigint) as opened,
        cast(sum(case when $machine then clicked_or_machine else clicked end) filter (where tells(channel, 'clicked')) as bigint) as clicked,
        cast(sum(complained) filter (where tells(channel, 'complained')) as bigint) as complained,
        cast(sum(unsubscribed) filter (where tells(channel, 'unsubscribed')) as bigint) as unsubscribed
    from daily_messages(cast($basis as varchar), cast($start as date), cast($before as date))
    where message_id is not null and (cast($channel as varchar) is null or channel = cast($channel as varchar))
    group by message_id
    having sum(recipients) >= case when $least > 0 then $least else 100 end
),
rates as (
    select
        *,
        bounced / nullif(bounceable, 0) as bounce_rate,
        failed / nullif(failable, 0) as failure_rate,
        complained / nullif(complainable, 0) as complaint_rate,
        unsubscribed / nullif(unsubscribable, 0) as unsubscribe_rate,
        opened / nullif(openable, 0) as open_rate,
        clicked / nullif(clickable, 0) as click_rate
    from sums
)
select
    coalesce('campaigns/' || rates.campaign_id, 'flows/' || rates.flow_id) as id,
    coalesce(messages.name, flows.name, rates.message_id) as name,
    channel_title(via) as channel,
    rates.* exclude (message_id, campaign_id, flow_id, via),
    case when via = 'email' then greatest(
        coalesce(bounce_rate, 0) / $bounce_limit,
        coalesce(complaint_rate, 0) / $complaint_limit,
        coalesce(unsubscribe_rate, 0) / $unsubscribe_limit
    ) end as times_limit
from rates
left join messages on messages.message_id = rates.message_id
left join flows on flows.id = rates.flow_id
