-- By which metric are conversions counted, and what is it called?
select conversion_metric.metric_id, coalesce(klaviyo_metrics.name, conversion_metric.metric_id) as name
from conversion_metric
left join klaviyo_metrics on klaviyo_metrics.id = conversion_metric.metric_id
