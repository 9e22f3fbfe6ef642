-- How did messages through the channel $of fare on each local day from $start to before $before, by the $basis? $machine
-- counts what only machines opened or clicked, too. What is named week_ is of the seven days up to that one.
with days as (
    select cast(day as date) as day
    from generate_series(
        cast($start as timestamp) - interval '6' day, cast($before as timestamp) - interval '1' day, interval '1' day
    ) as series(day)
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
    from daily_messages(cast($basis as varchar), cast($start as date) - 6, cast($before as date))
    where channel = cast($of as varchar)
    group by day
),
counted as (
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
        cast(coalesce(bot_clicks, 0) as bigint) as bot_clicks
    from days
    left join results on results.day = days.day
),
weeks as (
    select
        *,
        cast(sum(recipients) over week as bigint) as week_recipients,
        cast(sum(delivered) over week as bigint) as week_delivered,
        cast(sum(openable) over week as bigint) as week_openable,
        cast(sum(bounced) over week as bigint) as week_bounced,
        cast(sum(failed) over week as bigint) as week_failed,
        cast(sum(opened) over week as bigint) as week_opened,
        cast(sum(clicked) over week as bigint) as week_clicked,
        cast(sum(complained) over week as bigint) as week_complained,
        cast(sum(unsubscribed) over week as bigint) as week_unsubscribed
    from counted
    window week as (order by date rows 6 preceding)
)
select
    *,
    bounced / nullif(recipients, 0) as bounce_rate,
    failed / nullif(recipients, 0) as failure_rate,
    complained / nullif(delivered, 0) as complaint_rate,
    unsubscribed / nullif(delivered, 0) as unsubscribe_rate,
    opened / nullif(openable, 0) as open_rate,
    clicked / nullif(delivered, 0) as click_rate
from weeks
where date >= cast($start as date)
order by date
