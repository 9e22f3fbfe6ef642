-- The events from $first to $last of those whose deliveries are counted again.
create or replace temp table events_again as
select
    metric_id, profile_id, timestamp, local_datetime, value, currency, message_id, flow_id, variation_id,
    is_machine_open, is_bot_click, attributed_flow_id, attributed_flow_message_id, attributed_campaign_id,
    attributed_campaign_message_id
from klaviyo_events
where timestamp >= $first and timestamp <= $last and profile_id in (select profile_id from deliveries_again)
