-- How did the campaigns of $ids, a list with commas, do in all their time? Conversions are of $metric; $machine counts what
-- only machines opened or clicked, too.
with chosen as (
    select campaigns.*, first_on
    from campaigns
    left join campaign_starts on campaign_id = id
    where list_contains(string_split(cast($ids as varchar), ','), id)
),
results as (
    select
        messages.campaign_id,
        cast(sum(recipients) as bigint) as recipients,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(openable) as bigint) as openable,
        cast(sum(bounced) as bigint) as bounced,
        cast(sum(failed) as bigint) as failed,
        cast(sum(case when $machine then opened_or_machine else opened end) as bigint) as opened,
        cast(sum(case when $machine then clicked_or_machine else clicked end) as bigint) as clicked,
        cast(sum(unsubscribed) as bigint) as unsubscribed,
        cast(sum(complained) as bigint) as complained,
        case when cast($metric as varchar) is not null then cast(sum(converted) as bigint) end as converted,
        case when cast($metric as varchar) is not null then cast(sum(conversions) as bigint) end as conversions,
        case when cast($metric as varchar) is not null then cast(sum(revenue) as double) end as revenue
    from message_stats(cast($first_on as date), $metric) as stats
    join messages on messages.message_id = stats.message_id
    where list_contains(string_split(cast($ids as varchar), ','), messages.campaign_id)
    group by messages.campaign_id
)
select
    chosen.id, chosen.name, chosen.channel, chosen.status, chosen.sent_at,
    results.* exclude (campaign_id),
    delivered / nullif(recipients, 0) as delivery_rate,
    opened / nullif(openable, 0) as open_rate,
    clicked / nullif(delivered, 0) as click_rate,
    clicked / nullif(opened, 0) as click_to_open_rate,
    converted / nullif(delivered, 0) as conversion_rate,
    revenue / nullif(recipients, 0) as revenue_per_recipient,
    revenue / nullif(conversions, 0) as average_order_value,
    bounced / nullif(recipients, 0) as bounce_rate,
    unsubscribed / nullif(delivered, 0) as unsubscribe_rate,
    complained / nullif(delivered, 0) as complaint_rate
from chosen
left join results on results.campaign_id = chosen.id
order by list_position(string_split(cast($ids as varchar), ','), chosen.id)
