-- Which part of the revenue of local days from $start to before $before is attributed to messages, and which part of that to
-- flows? One row per share, if there is anything to share; $rule is null, or the rule that is asked for.
with earned as (
    select cast(sum(amount) as double) as revenue
    from events_by_day
    where metric_id = $metric and $start <= happened_on and happened_on < $before
),
attributed as (
    select
        coalesce(cast(sum(revenue) as double), 0) as attributed,
        coalesce(cast(sum(revenue) filter (where messages.campaign_id is null) as double), 0) as by_flows
    from message_activity($start, $before, $metric) as stats
    left join messages on messages.message_id = stats.message_id
),
shares as (
    select
        revenue, attributed, by_flows,
        unnest([
            {'rule': 'attributed-share', 'name': 'Messages of all revenue', 'judged_share': attributed / nullif(revenue, 0),
             'least': $attributed_least, 'most': $attributed_most},
            {'rule': 'flow-share', 'name': 'Flows of what messages earned', 'judged_share': by_flows / nullif(attributed, 0),
             'least': $flow_share_least, 'most': $flow_share_most}
        ], recursive := true)
    from earned, attributed
)
select
    rule, name, revenue, attributed, by_flows, judged_share, least, most,
    case when judged_share between least and most then 'Passes' else 'Look' end as verdict,
    format('{}, where {:.0f} to {:.0f}% is usual', percent_text(judged_share), 100 * least, 100 * most) as finding
from shares
where judged_share is not null and (cast($rule as varchar) is null or rule = cast($rule as varchar))
