-- Forgets what metrics add up to.
delete from klaviyo_aggregated_metrics
