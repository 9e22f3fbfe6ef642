-- The metrics there are, with what each means to us; a metric of no kind is counted by no page but Explore.
create or replace view metrics as
select
    klaviyo_metrics.id,
    coalesce(name, klaviyo_metrics.id) as name,
    integration_name,
    integration_category,
    created_at,
    updated_at,
    metric_kinds.kind,
    metric_kinds.set_by
from klaviyo_metrics
left join metric_kinds on metric_kinds.metric_id = klaviyo_metrics.id
where klaviyo_metrics.deleted_at is null
