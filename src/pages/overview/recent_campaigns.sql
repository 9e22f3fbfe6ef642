-- Which campaigns were sent on local days from $start to before $before, how were they received, and what did they earn so
-- far? Conversions are of $metric; $machine counts deliveries that only a machine opened or clicked, too.
with sums as (
    select
        campaign_id,
        max(coalesce(messages.channel, stats.channel)) as channel,
        max(sent_on) as last_on,
        cast(sum(recipients) as bigint) as recipients,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(openable) as bigint) as openable,
        cast(sum(case when $machine then opened_or_machine else opened end) as bigint) as opened,
        cast(sum(case when $machine then clicked_or_machine else clicked end) as bigint) as clicked,
        case when cast($metric as varchar) is not null then cast(sum(converted) as bigint) end as converted,
        case when cast($metric as varchar) is not null then cast(sum(revenue) as double) end as revenue
    from message_stats(cast($start as date), cast($metric as varchar)) as stats
    join messages on messages.message_id = stats.message_id
    where sent_on < cast($before as date) and campaign_id is not null
    group by campaign_id
)
select
    campaign_id as id,
    coalesce(campaigns.name, campaign_id) as name,
    coalesce(campaigns.channel, sums.channel) as channel,
    campaigns.sent_at,
    last_on,
    recipients, delivered, openable, opened, clicked, converted, revenue,
    opened / nullif(openable, 0) as open_rate,
    clicked / nullif(delivered, 0) as click_rate,
    converted / nullif(delivered, 0) as conversion_rate,
    revenue / nullif(recipients, 0) as revenue_per_recipient,
    coalesce(campaigns.deleted, false) as deleted
from sums
left join campaigns on campaigns.id = campaign_id
order by last_on desc
