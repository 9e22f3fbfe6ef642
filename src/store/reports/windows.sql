-- Which spans of days was the report $entity read for? Newest first.
select start_on, end_on, conversion_metric_id, fetched_at
from report_windows
where entity_type = $entity
order by start_on desc
