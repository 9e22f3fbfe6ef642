-- Is there a metric $metric? A row or two, or none. Some are only known by what they mean.
select id from metrics where id = $metric
union all
select metric_id from metric_kinds where metric_id = $metric
