-- What a window of $start to $end holds now.
create or replace temp table events_after as
select
    id, metric_id, profile_id, timestamp, local_datetime, value, value_text, currency, message_id, flow_id, variation_id,
    is_machine_open, is_bot_click, attributed_flow_id, attributed_flow_message_id, attributed_campaign_id,
    attributed_campaign_message_id
from klaviyo_events
where timestamp >= $start and timestamp < $end
