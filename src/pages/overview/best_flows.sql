-- Which flows reached anyone on local days from $start to before $before, and what did these messages earn so far?
-- Conversions are of $metric.
with sums as (
    select
        coalesce(messages.flow_id, stats.flow_id) as flow_id,
        cast(sum(recipients) as bigint) as recipients,
        cast(sum(delivered) as bigint) as delivered,
        case when cast($metric as varchar) is not null then cast(sum(converted) as bigint) end as converted,
        case when cast($metric as varchar) is not null then cast(sum(revenue) as double) end as revenue
    from message_stats(cast($start as date), cast($metric as varchar)) as stats
    left join messages on messages.message_id = stats.message_id
    where sent_on < cast($before as date)
    group by coalesce(messages.flow_id, stats.flow_id)
)
select
    flow_id as id,
    coalesce(flows.name, flow_id) as name,
    coalesce(flows.status, 'unknown') as status,
    recipients, delivered, converted, revenue,
    converted / nullif(delivered, 0) as conversion_rate,
    coalesce(flows.deleted, false) as deleted
from sums
left join flows on flows.id = flow_id
where flow_id is not null
order by revenue desc, recipients desc, name
