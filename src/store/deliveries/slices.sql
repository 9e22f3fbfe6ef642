-- Slices of time that hold about $most deliveries each, in whole hours, newest first.
with hours as (
    select date_trunc('hour', coalesce(sent_at, first_answer_at)) as starts_at, count(*) as deliveries
    from klaviyo_deliveries
    group by starts_at
),
slices as (
    select starts_at, (sum(deliveries) over (order by starts_at desc) - deliveries) // $most as slice
    from hours
)
select min(starts_at) as first_at, max(starts_at) + interval '1' hour as last_at
from slices
group by slice
order by last_at desc
