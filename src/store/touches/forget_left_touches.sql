-- and nothing came before them.
delete from klaviyo_touches
where conversion_id in (select id from events_leaving where metric_id in (select metric_id from aggregates_basis))
