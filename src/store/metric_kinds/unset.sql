-- Forgets what kind the metric $metric is of, whoever said it.
delete from metric_kinds where metric_id = $metric
