-- Which metrics are there, and who sends them?
select id, name, integration_name from klaviyo_metrics
