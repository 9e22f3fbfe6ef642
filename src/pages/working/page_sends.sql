-- What became of the messages sent on local days from $since to before $before, with what each belongs to now? The columns of
-- `message_stats`; conversions are of $metric.
create or replace temp table page_sends as
select
    stats.* exclude (flow_id, channel),
    messages.campaign_id,
    coalesce(messages.flow_id, stats.flow_id) as flow_id,
    coalesce(messages.channel, stats.channel) as channel
from message_stats(cast($since as date), cast($metric as varchar)) as stats
left join messages on messages.message_id = stats.message_id
where sent_on < cast($before as date)
