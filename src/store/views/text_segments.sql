-- What text messages were made of and cost, as their events tell: one row per text message sent. Segments are what carriers
-- count by; `cost` is what Klaviyo says of usage, in the unit that it bills by. Either is absent where no event tells.
create or replace view text_segments as
select
    klaviyo_events.id,
    coalesce(message_aliases.message_id, klaviyo_events.message_id) as message_id,
    cast(local_datetime as date) as sent_on,
    try_cast(properties ->> '$."Segment Count"' as bigint) as segments,
    try_cast(properties ->> '$."$usage_amount"' as double) as cost
from klaviyo_events
join metric_kinds on metric_kinds.metric_id = klaviyo_events.metric_id
left join message_aliases on message_aliases.alias = klaviyo_events.message_id
where kind in ('received_sms', 'failed_sms')
