-- How did messages through the channel $of fare on each local day from $start to before $before, by the $basis? $machine
-- counts what only machines opened or clicked, too.
with days as (
    select cast(day as date) as day
    from generate_series(cast($start as timestamp), cast($before as timestamp) - interval '1' day, interval '1' day) as series(day)
),
results as (
    select
        day,
        sum(recipients) as recipients,
        sum(delivered) as delivered,
        sum(openable) as openable,
        sum(bounced) as bounced,
        sum(failed) as failed,
        sum(case when $machine then opened_or_machine else opened end) as opened,
        sum(case when $machine then clicked_or_machine else clicked end) as clicked,
        sum(complained) as complained,
        sum(unsubscribed) as unsubscribed,
        sum(machine_opens) as machine_opens,
        sum(bot_clicks) as bot_clicks
    from daily_messages(cast($basis as varchar), cast($start as date), cast($before as date))
    where channel = cast($of as varchar)
    group by day
)
select
    days.day as date,
    cast(coalesce(recipients, 0) as bigint) as recipients,
    cast(coalesce(delivered, 0) as bigint) as delivered,
    cast(coalesce(openable, 0) as bigint) as openable,
    case when tells(cast($of as varchar), 'bounced') then cast(coalesce(bounced, 0) as bigint) end as bounced,
    case when tells(cast($of as varchar), 'failed') then cast(coalesce(failed, 0) as bigint) end as failed,
    case when tells(cast($of as varchar), 'opened') then cast(coalesce(opened, 0) as bigint) end as opened,
    case when tells(cast($of as varchar), 'clicked') then cast(coalesce(clicked, 0) as bigint) end as clicked,
    case when tells(cast($of as varchar), 'complained') then cast(coalesce(complained, 0) as bigint) end as complained,
    case when tells(cast($of as varchar), 'unsubscribed') then cast(coalesce(unsubscribed, 0) as bigint) end as unsubscribed,
    cast(coalesce(machine_opens, 0) as bigint) as machine_opens,
    cast(coalesce(bot_clicks, 0) as bigint) as bot_clicks,
    case when tells(cast($of as varchar), 'bounced') then bounced / nullif(recipients, 0) end as bounce_rate,
    case when tells(cast($of as varchar), 'failed') then failed / nullif(recipients, 0) end as failure_rate,
    case when tells(cast($of as varchar), 'complained') then complained / nullif(delivered, 0) end as complaint_rate,
    case when tells(cast($of as varchar), 'unsubscribed') then unsubscribed / nullif(delivered, 0) end as unsubscribe_rate,
    opened / nullif(openable, 0) as open_rate,
    case when tells(cast($of as varchar), 'clicked') then clicked / nullif(delivered, 0) end as click_rate
from days
left join results on results.day = days.day
order by date
