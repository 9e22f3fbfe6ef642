-- What does each channel do: one row per channel, of local days from $start to before $before by the day of sending or of the
-- event (see `page_messages`). Conversions are of $metric; $machine counts what only machines opened or clicked, too. Segments and cost are as the events of texts tell; a sum of floats is cut where it stops meaning anything.
with sent as (
    select
        channel,
        sum(recipients) as recipients,
        sum(delivered) as delivered,
        sum(openable) as openable,
        sum(bounced + failed) as undelivered,
        sum(case when $machine then opened_or_machine else opened end) as opened,
        sum(case when $machine then clicked_or_machine else clicked end) as clicked,
        sum(unsubscribed) as unsubscribed,
        case when cast($metric as varchar) is not null then sum(converted) end as converted,
        case when cast($metric as varchar) is not null then sum(revenue) end as revenue
    from page_messages
    where day >= cast($start as date) and channel is not null
        and (cast($channel as varchar) is null or channel = cast($channel as varchar))
    group by channel
),
texts as (
    select 'sms' as channel, sum(segments) as text_segments, round(sum(cost), 6) as text_cost
    from text_segments
    where $start <= sent_on and sent_on < $before
)
select
    sent.channel,
    cast(recipients as bigint) as recipients,
    cast(delivered as bigint) as delivered,
    cast(openable as bigint) as openable,
    cast(undelivered as bigint) as undelivered,
    case when tells(sent.channel, 'opened') then cast(opened as bigint) end as opened,
    case when tells(sent.channel, 'clicked') then cast(clicked as bigint) end as clicked,
    case when tells(sent.channel, 'clicked') then cast(delivered as bigint) end as clickable,
    case when tells(sent.channel, 'unsubscribed') then cast(unsubscribed as bigint) end as unsubscribed,
    case when tells(sent.channel, 'unsubscribed') then cast(delivered as bigint) end as unsubscribable,
    cast(converted as bigint) as converted,
    cast(revenue as double) as revenue,
    cast(text_segments as bigint) as text_segments,
    text_cost,
    undelivered / nullif(recipients, 0) as undelivered_rate,
    opened / nullif(openable, 0) as open_rate,
    case when tells(sent.channel, 'clicked') then clicked / nullif(delivered, 0) end as click_rate,
    case when tells(sent.channel, 'unsubscribed') then unsubscribed / nullif(delivered, 0) end as unsubscribe_rate,
    converted / nullif(delivered, 0) as conversion_rate,
    cast(revenue as double) / nullif(recipients, 0) as revenue_per_recipient
from sent
left join texts on texts.channel = sent.channel
