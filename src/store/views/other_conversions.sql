-- The conversions of a `metric` that the sums do not rest on, which are looked up among the events. Of the one that they rest
-- on there is none, and no event is read.
create or replace macro other_conversions(metric) as table
select *
from (
    select *
    from conversions
    where (select count(*) from aggregates_basis where aggregates_basis.metric_id is not distinct from metric) = 0
) as conversions
where metric_id = metric
