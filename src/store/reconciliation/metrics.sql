-- Which metrics are there, from which local day on do we have events of them, and when were they compared?
select
    klaviyo_metrics.id as metric_id,
    coalesce(klaviyo_metrics.name, klaviyo_metrics.id) as name,
    firsts.first_on,
    whole_at
from klaviyo_metrics
left join reconciled_metrics on reconciled_metrics.metric_id = klaviyo_metrics.id
left join (
    select metric_id, cast(min(local_datetime) as date) as first_on from klaviyo_events group by metric_id
) as firsts on firsts.metric_id = klaviyo_metrics.id
where klaviyo_metrics.deleted_at is null
order by klaviyo_metrics.id
