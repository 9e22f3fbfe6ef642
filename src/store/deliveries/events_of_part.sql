-- All events of one in $parts of the people, the $part-th.
create or replace temp table events_coming as
select
    metric_id, profile_id, timestamp, local_datetime, value, currency, message_id, flow_id, variation_id,
    is_machine_open, is_bot_click, attributed_flow_id, attributed_flow_message_id, attributed_campaign_id,
    attributed_campaign_message_id
from klaviyo_events
where hash(profile_id) % $parts = $part
