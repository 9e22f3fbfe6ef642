-- Which part of the revenue of local days from $start to before $before is attributed to messages, and which part of that to
-- flows? One row, if anything was earned; $rule says which of the two is judged.
with earned as (
    select cast(sum(amount) as double) as revenue
    from events_by_day
    where metric_id = $metric and $start <= happened_on and happened_on < $before
),
attributed as (
    select
        cast(sum(revenue) as double) as attributed,
        cast(sum(revenue) filter (where messages.campaign_id is null) as double) as by_flows
    from message_activity($start, $before, $metric) as stats
    left join messages on messages.message_id = stats.message_id
),
shares as (
    select
        revenue,
        coalesce(attributed, 0) as attributed,
        coalesce(by_flows, 0) as by_flows,
        case when cast($rule as varchar) = 'flow-share' then 'Flows of what messages earned' else 'Messages of all revenue' end as name,
        case
            when cast($rule as varchar) = 'flow-share' then coalesce(by_flows, 0) / nullif(attributed, 0)
            else coalesce(attributed, 0) / revenue
        end as judged_share,
        case when cast($rule as varchar) = 'flow-share' then $flow_share_least else $attributed_least end as least,
        case when cast($rule as varchar) = 'flow-share' then $flow_share_most else $attributed_most end as most
    from earned, attributed
    where revenue > 0
)
select
    name, revenue, attributed, by_flows, judged_share, least, most,
    case when judged_share between least and most then 'Passes' else 'Look' end as verdict,
    format('{:.1f} %, where {:.0f} to {:.0f} % is usual', 100 * judged_share, 100 * least, 100 * most) as finding
from shares
where judged_share is not null
