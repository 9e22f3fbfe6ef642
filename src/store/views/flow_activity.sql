-- What happened to the messages of flows on local days from `since` to before `until`: one row per message, as
-- `message_activity` counts it, with its flow.
create or replace macro flow_activity(since, until, metric) as table
select
    stats.* exclude (flow_id, channel),
    coalesce(messages.flow_id, stats.flow_id) as flow_id,
    coalesce(messages.channel, stats.channel) as channel
from message_activity(since, until, metric) as stats
left join messages on messages.message_id = stats.message_id
where coalesce(messages.flow_id, stats.flow_id) is not null
