-- What of an event the sums rest on, and what tells whether it changed.
create or replace view summed_events as
select
    id, metric_id, profile_id, timestamp, local_datetime, value, value_text, currency, message_id, flow_id, variation_id,
    is_machine_open, is_bot_click, attributed_flow_id, attributed_flow_message_id, attributed_campaign_id,
    attributed_campaign_message_id, attributed_event_id
from klaviyo_events
