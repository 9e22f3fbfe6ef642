-- What was ordered: one row per line of an order, by the event day. It opens the documents of the events: filter by day.
create or replace view bought_products as
select
    klaviyo_events.id,
    profile_id,
    cast(local_datetime as date) as ordered_on,
    coalesce(properties ->> 'ProductName', properties ->> 'Name', properties ->> 'Title') as product,
    coalesce(try_cast(properties ->> 'Quantity' as double), 1) as quantity,
    case when coalesce(upper(klaviyo_events.currency) <> account.currency, false) then null else value end as amount
from klaviyo_events
join metric_kinds on metric_kinds.metric_id = klaviyo_events.metric_id and kind = 'ordered_product'
left join account on true
