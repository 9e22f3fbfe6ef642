-- Which hours of which metrics did something come to or leave?
create or replace temp table hours_touched as
select distinct metric_id, date_trunc('hour', local_datetime) as time_bucket
from (select * from events_coming union all select * from events_leaving)
where local_datetime is not null
