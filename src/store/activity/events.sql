-- All events of theirs.
create or replace temp table activity_events as
select metric_id, profile_id, timestamp, value, currency, is_machine_open, is_bot_click
from klaviyo_events
where profile_id in (select profile_id from activity_again)
