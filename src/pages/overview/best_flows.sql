-- Which flows reached anyone on local days from $start to before $before, and what did these messages earn so far?
-- Conversions are of $metric; $machine counts deliveries that only a machine opened or clicked, too.
with asked as (
    select *, flow_id as sender from page_sends where sent_on >= cast($start as date) and flow_id is not null
),
summed as (
    select * from summed_measures('asked', $machine, $metric)
),
results as (
    select * from rated_measures('summed')
)
select
    sender as id,
    coalesce(flows.name, sender) as name,
    coalesce(flows.status, 'unknown') as status,
    results.* exclude (sender),
    coalesce(flows.deleted, false) as deleted
from results
left join flows on flows.id = sender
order by revenue desc, recipients desc, name
