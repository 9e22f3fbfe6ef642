-- Which flow messages are clicked far less than the flow's other messages of the same channel, sent on local days from $start
-- to before $before? One row per message of at least $message_least deliveries that has such siblings.
with results as (
    select
        messages.flow_id,
        coalesce(messages.channel, any_value(stats.channel)) as channel,
        coalesce(any_value(messages.name), stats.message_id) as name,
        sum(delivered) as delivered,
        sum(case when $machine then clicked_or_machine else clicked end) as clicked
    from message_stats($start, $metric) as stats
    join messages on messages.message_id = stats.message_id
    where sent_on < $before and messages.flow_id is not null
    group by messages.flow_id, messages.channel, stats.message_id
    having sum(delivered) >= $message_least
),
beside as (
    select
        *,
        sum(clicked) over siblings - clicked as sibling_clicked,
        sum(delivered) over siblings - delivered as sibling_delivered
    from results
    window siblings as (partition by flow_id, channel)
)
select
    beside.flow_id as id,
    beside.name,
    flows.name as flow,
    channel,
    cast(delivered as bigint) as delivered,
    cast(clicked as bigint) as clicked,
    clicked / delivered as click_rate,
    sibling_clicked / sibling_delivered as sibling_rate,
    case when clicked / delivered < $sibling_share * sibling_clicked / sibling_delivered then 'Look' else 'Passes' end as verdict,
    format('“{}” of “{}” is clicked by {}, its siblings by {}', beside.name, coalesce(flows.name, beside.flow_id),
        percent_text(clicked / delivered), percent_text(sibling_clicked / sibling_delivered)) as finding
from beside
left join flows on flows.id = beside.flow_id
where sibling_delivered > 0
