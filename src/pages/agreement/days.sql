-- Of the local days from $start to $end, on which do metrics differ, or did until they were read again?
-- $metric is null, or the one that is asked for.
select
    day,
    count(*) filter (where state = 'differs') as differing,
    count(*) filter (where state = 'agrees' and repaired_at is not null) as repaired
from reconciliation
where day between $start and $end and ($metric is null or metric_id = $metric)
group by day
order by day
