-- What became of the messages of flows that were sent on local days from `since`: one row per message and send day, as
-- `message_stats` counts it, with its flow. Filter by `sent_on`, sum the counts, then divide.
create or replace macro flow_stats(since, metric) as table
select
    stats.* exclude (flow_id, channel),
    coalesce(messages.flow_id, stats.flow_id) as flow_id,
    coalesce(messages.channel, stats.channel) as channel
from message_stats(since, metric) as stats
left join messages on messages.message_id = stats.message_id
where coalesce(messages.flow_id, stats.flow_id) is not null
