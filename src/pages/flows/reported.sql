-- What did the flow $id do by our count and by Klaviyo's own report, on those local days from $start to before $before that the
-- report was read for? By the day of sending, with conversions of $metric; $machine counts what only machines opened or clicked,
-- too.
with days as (
    select distinct sent_on
    from (
        select unnest(generate_series(cast($start as timestamp), cast($before as timestamp) - interval 1 day, interval 1 day)) as sent_on
    )
    join report_windows on entity_type = 'flow_series_reports' and sent_on between start_on and end_on
),
ours as (
    select
        cast(coalesce(sum(recipients), 0) as bigint) as recipients,
        cast(coalesce(sum(delivered), 0) as bigint) as delivered,
        cast(coalesce(sum(case when $machine then opened_or_machine else opened end), 0) as bigint) as opened,
        cast(coalesce(sum(case when $machine then clicked_or_machine else clicked end), 0) as bigint) as clicked,
        cast(coalesce(sum(unsubscribed), 0) as bigint) as unsubscribed,
        cast(coalesce(sum(converted), 0) as bigint) as converted,
        cast(coalesce(sum(conversions), 0) as bigint) as conversions,
        cast(coalesce(sum(revenue), 0) as double) as revenue
    from page_sends
    where flow_id = $id and sent_on in (select cast(sent_on as date) from days)
),
theirs as (
    select
        cast(coalesce(sum(recipients), 0) as bigint) as recipients,
        cast(coalesce(sum(delivered), 0) as bigint) as delivered,
        cast(coalesce(sum(opened), 0) as bigint) as opened,
        cast(coalesce(sum(clicked), 0) as bigint) as clicked,
        cast(coalesce(sum(unsubscribed), 0) as bigint) as unsubscribed,
        cast(coalesce(sum(converted), 0) as bigint) as converted,
        cast(coalesce(sum(conversions), 0) as bigint) as conversions,
        cast(coalesce(sum(revenue), 0) as double) as revenue
    from reported_flows
    where flow_id = $id and sent_on in (select cast(sent_on as date) from days)
),
lines as (
    select 1 as line, 'Klytics' as count_of, * from ours
    union all
    select 2, 'Klaviyo', * from theirs
    union all
    select
        3, 'Klytics less Klaviyo',
        ours.recipients - theirs.recipients, ours.delivered - theirs.delivered, ours.opened - theirs.opened,
        ours.clicked - theirs.clicked, ours.unsubscribed - theirs.unsubscribed, ours.converted - theirs.converted,
        ours.conversions - theirs.conversions, ours.revenue - theirs.revenue
    from ours, theirs
)
select
    lines.*,
    (select cast(min(sent_on) as date) from days) as first_on,
    (select cast(max(sent_on) as date) from days) as last_on,
    (select count(*) from days) as day_count,
    (
        select max(fetched_at) from report_windows
        where entity_type = 'flow_series_reports' and end_on >= $start and start_on < $before
    ) as fetched_at,
    (
        select bool_and(conversion_metric_id is not distinct from $metric) from report_windows
        where entity_type = 'flow_series_reports' and end_on >= $start and start_on < $before
    ) as is_same_metric
from lines
where (select count(*) from days) > 0
