-- Conversions that left are none any more,
delete from klaviyo_conversions
where id in (select id from events_leaving where metric_id in (select metric_id from aggregates_basis))
