-- How did the campaigns of one channel ($of) do that were sent on local days from $earlier to before $first_on? Sums of all
-- of them, and how many there were. Conversions are of $metric; $machine counts what only machines opened or clicked, too.
select
    count(distinct campaign_id) as campaigns,
    cast(sum(recipients) as bigint) as recipients,
    cast(sum(delivered) as bigint) as delivered,
    cast(sum(openable) as bigint) as openable,
    cast(sum(delivered) filter (where tells(coalesce(messages.channel, stats.channel), 'clicked')) as bigint) as clickable,
    cast(sum(recipients) filter (where tells(coalesce(messages.channel, stats.channel), 'bounced')) as bigint) as bounceable,
    cast(sum(recipients) filter (where tells(coalesce(messages.channel, stats.channel), 'failed')) as bigint) as failable,
    cast(sum(delivered) filter (where tells(coalesce(messages.channel, stats.channel), 'unsubscribed')) as bigint) as unsubscribable,
    cast(sum(delivered) filter (where tells(coalesce(messages.channel, stats.channel), 'complained')) as bigint) as complainable,
    cast(sum(bounced) as bigint) as bounced,
    cast(sum(failed) as bigint) as failed,
    cast(sum(case when $machine then opened_or_machine else opened end) as bigint) as opened,
    cast(sum(opened_or_machine) as bigint) as opened_at_all,
    cast(sum(opened_or_machine - opened) as bigint) as opened_by_machines,
    cast(sum(case when $machine then clicked_or_machine else clicked end) as bigint) as clicked,
    cast(sum(unsubscribed) as bigint) as unsubscribed,
    cast(sum(complained) as bigint) as complained,
    case when cast($metric as varchar) is not null then cast(sum(converted) as bigint) end as converted,
    case when cast($metric as varchar) is not null then cast(sum(conversions) as bigint) end as conversions,
    case when cast($metric as varchar) is not null then cast(sum(revenue) as double) end as revenue
from message_stats(cast($earlier as date), $metric) as stats
join messages on messages.message_id = stats.message_id
where sent_on < cast($first_on as date) and campaign_id is not null
    and campaign_id <> cast($id as varchar)
    and coalesce(messages.channel, stats.channel) = cast($of as varchar)
