-- How did messages fare through each channel on local days from $start to before $before, by the $basis? What a channel
-- does not tell is null. $machine counts what only machines opened or clicked, too.
with sums as (
    select
        coalesce(channel, 'unknown') as via,
        cast(sum(recipients) as bigint) as recipients,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(openable) as bigint) as openable,
        cast(sum(bounced) as bigint) as bounced,
        cast(sum(failed) as bigint) as failed,
        cast(sum(case when $machine then opened_or_machine else opened end) as bigint) as opened,
        cast(sum(case when $machine then clicked_or_machine else clicked end) as bigint) as clicked,
        cast(sum(complained) as bigint) as complained,
        cast(sum(unsubscribed) as bigint) as unsubscribed
    from daily_messages(cast($basis as varchar), cast($start as date), cast($before as date))
    where cast($channel as varchar) is null or channel = cast($channel as varchar)
    group by via
)
select
    channel_title(via) as channel,
    recipients,
    delivered,
    openable,
    case when tells(via, 'bounced') then bounced end as bounced,
    case when tells(via, 'failed') then failed end as failed,
    case when tells(via, 'opened') then opened end as opened,
    case when tells(via, 'clicked') then clicked end as clicked,
    case when tells(via, 'complained') then complained end as complained,
    case when tells(via, 'unsubscribed') then unsubscribed end as unsubscribed,
    delivered / nullif(recipients, 0) as delivery_rate,
    case when tells(via, 'bounced') then bounced / nullif(recipients, 0) end as bounce_rate,
    case when tells(via, 'failed') then failed / nullif(recipients, 0) end as failure_rate,
    case when tells(via, 'complained') then complained / nullif(delivered, 0) end as complaint_rate,
    case when tells(via, 'unsubscribed') then unsubscribed / nullif(delivered, 0) end as unsubscribe_rate,
    opened / nullif(openable, 0) as open_rate,
    case when tells(via, 'clicked') then clicked / nullif(delivered, 0) end as click_rate
from sums
where recipients + opened + clicked + complained + unsubscribed > 0
