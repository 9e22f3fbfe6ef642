-- The report $entity was read for the days from $start to $end at $now, with conversions by $metric.
insert into report_windows (entity_type, start_on, end_on, conversion_metric_id, fetched_at)
values ($entity, $start, $end, $metric, $now)
