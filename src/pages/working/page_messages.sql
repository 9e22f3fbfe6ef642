-- What became of messages on local days from $drawn_since to before $before, with what each belongs to now? One row per message and
-- `day`: where $basis is `sent` that of sending, with all that happened since (see `message_stats`), and where it is `event`
-- that on which it happened (see `message_days`). Conversions are of $metric.
create or replace temp table page_messages as
with counted as (
    select
        message_id, flow_id, channel, sent_on as day, recipients, delivered, openable, bounced, failed, opened,
        opened_or_machine, clicked, clicked_or_machine, unsubscribed, complained, converted, conversions, revenue
    from message_stats(cast($drawn_since as date), cast($metric as varchar))
    where $basis = 'sent' and sent_on < cast($before as date)
    union all
    select
        message_id, flow_id, channel, happened_on, recipients, delivered, openable, bounced, failed, opened,
        opened_or_machine, clicked, clicked_or_machine, unsubscribed, complained, converted, conversions, revenue
    from message_days(cast($drawn_since as date), cast($before as date), cast($metric as varchar))
    where $basis = 'event'
)
select
    counted.* exclude (flow_id, channel),
    messages.campaign_id,
    coalesce(messages.flow_id, counted.flow_id) as flow_id,
    coalesce(messages.channel, counted.channel) as channel
from counted
left join messages on messages.message_id = counted.message_id
