-- In which hours from $first to before $last, on the account's wall clock, is there anything?
create or replace temp table hours_touched as
select distinct metric_id, date_trunc('hour', local_datetime) as time_bucket
from klaviyo_events
where local_datetime >= $first and local_datetime < $last
