-- The metric whose events are conversions unless a page names another: at most one row.
-- What Klaviyo itself takes for revenue; else Placed Order, of a shop rather than of an API, of the newest shop.
create or replace view conversion_metric as
with candidates as (
    select metric_id, 1 as choice, updated_at as since
    from klaviyo_mapped_metrics
    where id = 'revenue' and metric_id is not null and deleted_at is null
    union all
    select
        metric_kinds.metric_id,
        case when lower(klaviyo_metrics.integration_category) = 'ecommerce' then 2 else 3 end as choice,
        klaviyo_metrics.created_at as since
    from metric_kinds
    left join klaviyo_metrics on klaviyo_metrics.id = metric_kinds.metric_id
    where metric_kinds.kind = 'placed_order'
)
select metric_id
from candidates
order by choice, since desc nulls last, metric_id
limit 1
