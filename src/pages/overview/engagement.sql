-- How were the messages received that were sent on local days from $start to before $before, channel by channel? Conversions
-- are of $metric; $machine counts deliveries that only a machine opened or clicked, too.
with sums as (
    select
        coalesce(messages.channel, stats.channel) as channel,
        cast(sum(recipients) as bigint) as recipients,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(openable) as bigint) as openable,
        cast(sum(case when $machine then opened_or_machine else opened end) as bigint) as opened,
        cast(sum(case when $machine then clicked_or_machine else clicked end) as bigint) as clicked,
        case when cast($metric as varchar) is not null then cast(sum(converted) as bigint) end as converted,
        case when cast($metric as varchar) is not null then cast(sum(revenue) as double) end as revenue,
        cast(sum(bounced) as bigint) as bounced,
        cast(sum(unsubscribed) as bigint) as unsubscribed,
        cast(sum(complained) as bigint) as complained
    from message_stats(cast($start as date), cast($metric as varchar)) as stats
    left join messages on messages.message_id = stats.message_id
    where sent_on < cast($before as date)
    group by coalesce(messages.channel, stats.channel)
)
select
    channel_title(coalesce(channel, 'unknown')) as name,
    channel,
    recipients, delivered, openable, opened, clicked, converted, revenue, bounced, unsubscribed, complained,
    opened / nullif(openable, 0) as open_rate,
    clicked / nullif(delivered, 0) as click_rate,
    converted / nullif(delivered, 0) as conversion_rate,
    bounced / nullif(recipients, 0) as bounce_rate,
    unsubscribed / nullif(delivered, 0) as unsubscribe_rate,
    complained / nullif(delivered, 0) as complaint_rate,
    revenue / nullif(recipients, 0) as revenue_per_recipient
from sums
order by recipients desc
