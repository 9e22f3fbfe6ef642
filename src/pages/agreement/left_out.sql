-- Which metrics does Klaviyo not count, and what does it say?
select metric_id, coalesce(metrics.name, metric_id) as name, problem
from reconciled_metrics
left join metrics on metrics.id = metric_id
where problem is not null
order by name
