-- What happened to campaigns, or to flows, on local days from $start to before $before, whenever their messages were sent? $of
-- says which of the two, and $id which one, if not all. Conversions are of $metric; $machine counts what only machines opened
-- or clicked, too.
with named as (
    select
        case when cast($of as varchar) = 'campaigns' then campaign_id else coalesce(messages.flow_id, stats.flow_id) end as sender,
        stats.*
    from message_activity($start, $before, $metric) as stats
    left join messages on messages.message_id = stats.message_id
),
results as (
    select
        sender,
        cast(sum(recipients) as bigint) as recipients,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(openable) as bigint) as openable,
        cast(sum(case when $machine then opened_or_machine else opened end) as bigint) as opened,
        cast(sum(case when $machine then clicked_or_machine else clicked end) as bigint) as clicked,
        cast(sum(unsubscribed) as bigint) as unsubscribed,
        cast(sum(complained) as bigint) as complained,
        cast(sum(converted) as bigint) as converted,
        cast(sum(conversions) as bigint) as conversions,
        cast(sum(revenue) as double) as revenue
    from named
    where sender is not null and (cast($id as varchar) is null or sender = cast($id as varchar))
    group by sender
)
select
    results.*,
    sender as id,
    coalesce(campaigns.name, flows.name, sender) as name,
    coalesce(campaigns.status, flows.status) as status,
    campaigns.channel,
    campaigns.sent_at,
    flows.trigger_type,
    coalesce(campaigns.updated_at, flows.updated_at) as updated_at,
    coalesce(campaigns.deleted, flows.deleted, false) as deleted
from results
left join campaigns on cast($of as varchar) = 'campaigns' and campaigns.id = sender
left join flows on cast($of as varchar) = 'flows' and flows.id = sender
order by campaigns.sent_at desc nulls last, results.revenue desc, results.recipients desc, name, sender
