-- What deliveries came to, by what sent them: one row per `sender` of `source`, a table with the counts of `message_stats` or
-- `message_activity` and a column `sender`. Opens and clicks that only machines made count where `machine` says so.
create or replace macro summed_measures(source, machine, metric) as table
select
    sender,
    max(channel) as channel,
    cast(sum(recipients) as bigint) as recipients,
    cast(sum(delivered) as bigint) as delivered,
    cast(sum(openable) as bigint) as openable,
    cast(sum(bounced) as bigint) as bounced,
    cast(sum(failed) as bigint) as failed,
    cast(sum(case when machine then opened_or_machine else opened end) as bigint) as opened,
    cast(sum(case when machine then clicked_or_machine else clicked end) as bigint) as clicked,
    cast(sum(unsubscribed) as bigint) as unsubscribed,
    cast(sum(complained) as bigint) as complained,
    cast(sum(machine_opens) as bigint) as machine_opens,
    cast(sum(bot_clicks) as bigint) as bot_clicks,
    -- Without a metric that stands for conversions nothing is known of them.
    case when cast(metric as varchar) is not null then cast(sum(converted) as bigint) end as converted,
    case when cast(metric as varchar) is not null then cast(sum(conversions) as bigint) end as conversions,
    case when cast(metric as varchar) is not null then cast(sum(revenue) as double) end as revenue
from query_table(source)
group by sender
