-- What do we count of the campaign $id, what does Klaviyo's own report say, and how far apart are they? Nothing where no
-- report was read. It was sent on local days from $first_on to before $after; conversions are of $metric, and $machine counts
-- what only machines opened or clicked, too.
with ours as (
    select
        cast(sum(sends) as bigint) as recipients,
        cast(coalesce(sum(sends) filter (where outcome = 'delivered'), 0) as bigint) as delivered,
        cast(count(*) filter (where channel <> 'sms' and (opens > 0 or ($machine and machine_opens > 0))) as bigint) as opened,
        cast(count(*) filter (where clicks > 0 or ($machine and bot_clicks > 0)) as bigint) as clicked,
        cast(count(*) filter (where unsubscribes > 0) as bigint) as unsubscribed,
        case when cast($metric as varchar) is not null then cast(count(*) filter (where conversions > 0) as bigint) end as converted,
        case when cast($metric as varchar) is not null then cast(sum(conversions) as bigint) end as conversions,
        case when cast($metric as varchar) is not null then cast(sum(revenue) as double) end as revenue
    from message_results(
        string_split(cast($names as varchar), ','), cast($first_on as date), cast($after as date), $metric
    )
),
theirs as (
    select
        cast(sum(recipients) as bigint) as recipients,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(opens_unique) as bigint) as opened,
        cast(sum(clicks_unique) as bigint) as clicked,
        cast(sum(unsubscribe_uniques) as bigint) as unsubscribed,
        cast(sum(conversion_uniques) as bigint) as converted,
        cast(sum(conversions) as bigint) as conversions,
        cast(sum(conversion_value) as double) as revenue
    from reported_messages
    where campaign_id = cast($id as varchar)
    having count(*) > 0
)
select 1 as line, 'Klytics' as source, ours.* from ours where exists (from theirs)
union all
select 2, 'Klaviyo', theirs.* from theirs
union all
select
    3,
    'Klytics less Klaviyo',
    ours.recipients - theirs.recipients,
    ours.delivered - theirs.delivered,
    ours.opened - theirs.opened,
    ours.clicked - theirs.clicked,
    ours.unsubscribed - theirs.unsubscribed,
    ours.converted - theirs.converted,
    ours.conversions - theirs.conversions,
    ours.revenue - theirs.revenue
from theirs
cross join ours
order by line
