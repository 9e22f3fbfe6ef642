-- What deliveries came to, by what sent them: one row per `sender` of `source`, a table with the counts of `message_stats` or
-- `message_activity` and a column `sender`. Opens and clicks that only machines made count where `machine` says so. What no
-- channel of the sender tells is null; `clickable` and its like are deliveries or recipients of the channels that do tell.
create or replace macro summed_measures(source, machine, metric) as table
select
    sender,
    max(channel) as channel,
    cast(sum(recipients) as bigint) as recipients,
    cast(sum(delivered) as bigint) as delivered,
    cast(sum(openable) as bigint) as openable,
    cast(sum(delivered) filter (where tells(channel, 'clicked')) as bigint) as clickable,
    cast(sum(recipients) filter (where tells(channel, 'bounced')) as bigint) as bounceable,
    cast(sum(recipients) filter (where tells(channel, 'failed')) as bigint) as failable,
    cast(sum(delivered) filter (where tells(channel, 'unsubscribed')) as bigint) as unsubscribable,
    cast(sum(delivered) filter (where tells(channel, 'complained')) as bigint) as complainable,
    cast(sum(bounced) filter (where tells(channel, 'bounced')) as bigint) as bounced,
    cast(sum(failed) filter (where tells(channel, 'failed')) as bigint) as failed,
    cast(sum(case when machine then opened_or_machine else opened end) filter (where tells(channel, 'opened')) as bigint) as opened,
    cast(sum(opened_or_machine) filter (where tells(channel, 'opened')) as bigint) as opened_at_all,
    cast(sum(opened_or_machine - opened) filter (where tells(channel, 'opened')) as bigint) as opened_by_machines,
    cast(sum(case when machine then clicked_or_machine else clicked end) filter (where tells(channel, 'clicked')) as bigint) as clicked,
    cast(sum(unsubscribed) filter (where tells(channel, 'unsubscribed')) as bigint) as unsubscribed,
    cast(sum(complained) filter (where tells(channel, 'complained')) as bigint) as complained,
    cast(sum(machine_opens) as bigint) as machine_opens,
    cast(sum(bot_clicks) as bigint) as bot_clicks,
    -- Without a metric that stands for conversions nothing is known of them.
    case when cast(metric as varchar) is not null then cast(sum(converted) as bigint) end as converted,
    case when cast(metric as varchar) is not null then cast(sum(conversions) as bigint) end as conversions,
    case when cast(metric as varchar) is not null then cast(sum(revenue) as double) end as revenue
from query_table(source)
group by sender
