-- What became of messages on local days from $drawn_since to before $before, by campaigns and by flows, day by day and channel by
-- channel, by the day of sending or of the event (see `page_messages`)? Conversions are of $metric; $machine counts what only
-- machines opened or clicked, too.
select
    case when campaign_id is null then 'flow' else 'campaign' end as kind,
    coalesce(channel, 'unknown') as channel,
    day as date,
    cast(sum(recipients) as bigint) as recipients,
    cast(sum(delivered) as bigint) as delivered,
    cast(sum(openable) as bigint) as openable,
    cast(coalesce(sum(delivered) filter (where tells(channel, 'clicked')), 0) as bigint) as clickable,
    cast(sum(case when $machine then opened_or_machine else opened end) as bigint) as opened,
    cast(sum(case when $machine then clicked_or_machine else clicked end) as bigint) as clicked,
    -- Without a metric that stands for conversions nothing is known of them.
    case when cast($metric as varchar) is not null then cast(sum(converted) as bigint) end as converted,
    case when cast($metric as varchar) is not null then cast(sum(revenue) as double) end as revenue
from page_messages
where campaign_id is not null or flow_id is not null
group by all
