-- Which metrics may conversions be of? What a shop sells by, and $metric if it is another; one of them is the choice.
-- Where a name stands for several metrics, its integration tells them apart.
with known as (
    select metrics.*, coalesce($metric, (select metric_id from conversion_metric)) as wanted
    from metrics
)
select id, name || coalesce(' (' || integration_name || ')', '') as label, id = wanted as chosen
from known
where kind in ('placed_order', 'ordered_product', 'started_checkout', 'added_to_cart', 'fulfilled_order', 'active_on_site')
    or id = wanted
order by id = (select metric_id from conversion_metric) desc, kind, label, id
