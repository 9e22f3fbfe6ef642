-- Which conversions of local days from $start to before $before are in another currency, or have a value that is no amount? $rule says
-- which of the two is judged. One row, if there was any conversion.
with counted as (
    select sum(events) as events, sum(foreign_values) as foreign_values, sum(unreadable_values) as unreadable_values
    from events_by_day
    where metric_id = $metric and $start <= happened_on and happened_on < $before
)
select
    'Conversions' as name,
    cast(events as bigint) as events,
    cast(case when cast($rule as varchar) = 'foreign-values' then foreign_values else unreadable_values end as bigint) as left_out,
    left_out / events as judged_share,
    case when left_out = 0 then 'Passes' when left_out / events > $left_out_most then 'Act' else 'Look' end as verdict,
    format('{:,} of {:,} conversions ({:.2f} %) are not in any sum', left_out, cast(events as bigint), 100 * left_out / events) as finding
from counted
where events > 0
