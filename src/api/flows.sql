-- How did the flows do with what they sent on local days from $start to before $before? Conversions are of
-- $metric; $machine counts what only machines opened or clicked, too.
with results as (
    select
        coalesce(messages.flow_id, stats.flow_id) as flow_id,
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
    from message_stats($start, $metric) as stats
    left join messages on messages.message_id = stats.message_id
    where sent_on < $before and coalesce(messages.flow_id, stats.flow_id) is not null
    group by coalesce(messages.flow_id, stats.flow_id)
)
select
    results.*,
    flow_id as id,
    coalesce(flows.name, flow_id) as name,
    flows.status,
    coalesce(flows.deleted, false) as deleted,
    flows.trigger_type
from results
left join flows on flows.id = flow_id
order by results.revenue desc, results.recipients desc, name, id
