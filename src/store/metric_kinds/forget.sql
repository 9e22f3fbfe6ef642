-- Forgets another kind than $kind that the metric $metric had by its name; what a person set stays.
delete from metric_kinds where metric_id = $metric and set_by = 'name' and kind <> $kind
