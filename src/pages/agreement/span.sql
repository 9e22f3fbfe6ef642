-- From which to which local day was anything compared, when last, and when all of it?
select
    min(from_on) as first_on,
    max(until_on) as last_on,
    max(checked_at) as checked_at,
    min(whole_at) as whole_at,
    count(*) as metrics
from reconciled_metrics
where problem is null
