-- From which to which local day was anything compared, when last, and when all of it? How many metrics can be?
select
    min(from_on) as first_on,
    max(until_on) as last_on,
    max(checked_at) as checked_at,
    min(whole_at) as whole_at,
    (
        select count(*)
        from metrics
        where id not in (select metric_id from reconciled_metrics where problem is not null)
    ) as countable
from reconciled_metrics
where problem is null
