-- Which conversions of local days from $start to before $before are in another currency, or have a value that is no amount? One row
-- for each of the two, if there was any conversion; $rule is null, or the rule that is asked for.
with counted as (
    select sum(events) as events, sum(foreign_values) as foreign_values, sum(unreadable_values) as unreadable_values
    from events_by_day
    where metric_id = $metric and $start <= happened_on and happened_on < $before
),
parts as (
    select 'foreign-values' as rule, 'In another currency' as name, events, foreign_values as left_out from counted
    union all
    select 'unreadable-values', 'No amount', events, unreadable_values from counted
)
select
    rule,
    name,
    cast(events as bigint) as events,
    cast(left_out as bigint) as left_out,
    left_out / events as judged_share,
    case when left_out = 0 then 'Passes' when left_out / events > $left_out_most then 'Act' else 'Look' end as verdict,
    format('{:,} of {:,} conversions ({}) are in no sum', cast(left_out as bigint), cast(events as bigint), percent_text(left_out / events)) as finding
from parts
where events > 0 and (cast($rule as varchar) is null or rule = cast($rule as varchar))
