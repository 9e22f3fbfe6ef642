-- A person says that the metric $metric is of the $kind.
insert into metric_kinds (metric_id, kind, set_by) values ($metric, $kind, 'person')
