-- Forgets what the metric $metric was by its name, where that is not $kind any more or a person said otherwise.
delete from metric_kinds
where metric_id = $metric and set_by = 'name'
    and (kind <> $kind or exists (select 1 from metric_kinds as said where said.metric_id = $metric and said.set_by = 'person'))
