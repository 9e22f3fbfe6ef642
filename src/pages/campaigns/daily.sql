-- What did each campaign do with what it sent on each local day from $from to before $before? Conversions are of $metric;
-- $machine counts what only machines opened or clicked, too.
select
    sent_on as day,
    stats.campaign_id as id,
    coalesce(any_value(campaigns.name), stats.campaign_id) as name,
    max(stats.channel) as channel,
    cast(sum(recipients) as bigint) as recipients,
    cast(sum(delivered) as bigint) as delivered,
    cast(sum(openable) as bigint) as openable,
    cast(sum(delivered) filter (where tells(stats.channel, 'clicked')) as bigint) as clickable,
    cast(sum(recipients) filter (where tells(stats.channel, 'bounced')) as bigint) as bounceable,
    cast(sum(recipients) filter (where tells(stats.channel, 'failed')) as bigint) as failable,
    cast(sum(delivered) filter (where tells(stats.channel, 'unsubscribed')) as bigint) as unsubscribable,
    cast(sum(delivered) filter (where tells(stats.channel, 'complained')) as bigint) as complainable,
    cast(sum(bounced) filter (where tells(stats.channel, 'bounced')) as bigint) as bounced,
    cast(sum(failed) filter (where tells(stats.channel, 'failed')) as bigint) as failed,
    cast(sum(case when $machine then opened_or_machine else opened end) filter (where tells(stats.channel, 'opened')) as bigint) as opened,
    cast(sum(opened_or_machine) as bigint) as opened_at_all,
    cast(sum(opened_or_machine - opened) as bigint) as opened_by_machines,
    cast(sum(case when $machine then clicked_or_machine else clicked end) filter (where tells(stats.channel, 'clicked')) as bigint) as clicked,
    cast(sum(unsubscribed) filter (where tells(stats.channel, 'unsubscribed')) as bigint) as unsubscribed,
    cast(sum(complained) filter (where tells(stats.channel, 'complained')) as bigint) as complained,
    case when cast($metric as varchar) is not null then cast(sum(converted) as bigint) end as converted,
    case when cast($metric as varchar) is not null then cast(sum(conversions) as bigint) end as conversions,
    case when cast($metric as varchar) is not null then cast(sum(revenue) as double) end as revenue
from (
    select stats.* exclude (channel), campaign_id, coalesce(messages.channel, stats.channel) as channel
    from message_stats($from, $metric) as stats
    join messages on messages.message_id = stats.message_id
    where sent_on < $before and campaign_id is not null
) as stats
left join campaigns on campaigns.id = stats.campaign_id
where cast($channel as varchar) is null or stats.channel = cast($channel as varchar)
group by sent_on, stats.campaign_id
order by sent_on, name, stats.campaign_id
