-- What that changes of the sums by message and send day.
create or replace temp table message_stats_change as
select
    message_id,
    flow_id,
    variation_id,
    channel,
    sent_on,
    sum(case when outcome = 'delivered' then sign * sends else 0 end) as delivered,
    sum(case when outcome = 'bounced' then sign * sends else 0 end) as bounced,
    sum(case when outcome = 'failed' then sign * sends else 0 end) as failed,
    sum(sign * opens) as opens,
    sum(sign * machine_opens) as machine_opens,
    sum(sign * cast(opens > 0 as integer)) as opened,
    sum(sign * cast(opens + machine_opens > 0 as integer)) as opened_or_machine,
    sum(sign * clicks) as clicks,
    sum(sign * bot_clicks) as bot_clicks,
    sum(sign * cast(clicks > 0 as integer)) as clicked,
    sum(sign * cast(clicks + bot_clicks > 0 as integer)) as clicked_or_machine,
    sum(sign * cast(complaints > 0 as integer)) as complained,
    sum(sign * cast(unsubscribes > 0 as integer)) as unsubscribed,
    sum(sign * cast(conversions > 0 as integer)) as converted,
    sum(sign * conversions) as conversions,
    sum(sign * revenue) as revenue
from (
    select 1 as sign, * from deliveries_after
    union all
    select -1 as sign, * exclude (place) from deliveries_before
)
where outcome <> 'unknown'
group by message_id, flow_id, variation_id, channel, sent_on
