-- On which local days was each of the metrics that there are now compared?
select from_on, until_on
from reconciled_metrics
join metrics on metrics.id = reconciled_metrics.metric_id
where problem is null and from_on is not null and until_on is not null
