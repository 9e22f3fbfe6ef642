-- By its name, the metric $metric is a $kind; unless a person said otherwise.
insert into metric_kinds (metric_id, kind, set_by)
select $metric, $kind, 'name'
where not exists (select 1 from metric_kinds where metric_id = $metric)
