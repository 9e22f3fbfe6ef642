-- What was sent on local days from $since to before $before, by campaigns and by flows, day by day and channel by channel?
-- Conversions are of $metric; $machine counts what only machines opened or clicked, too.
select
    case when messages.campaign_id is null then 'flow' else 'campaign' end as kind,
    coalesce(messages.channel, stats.channel, 'unknown') as channel,
    sent_on as date,
    cast(sum(recipients) as bigint) as recipients,
    cast(sum(delivered) as bigint) as delivered,
    cast(sum(openable) as bigint) as openable,
    cast(sum(case when $machine then opened_or_machine else opened end) as bigint) as opened,
    cast(sum(case when $machine then clicked_or_machine else clicked end) as bigint) as clicked,
    -- Without a metric that stands for conversions nothing is known of them.
    case when cast($metric as varchar) is not null then cast(sum(converted) as bigint) end as converted,
    case when cast($metric as varchar) is not null then cast(sum(revenue) as double) end as revenue
from message_stats($since, $metric) as stats
left join messages on messages.message_id = stats.message_id
where sent_on < $before and (messages.campaign_id is not null or coalesce(messages.flow_id, stats.flow_id) is not null)
group by all
order by kind, channel, date
