-- From which local day to which do the events go, and how many are there?
select
    date_trunc('day', min(local_datetime)) as first_at,
    date_trunc('day', max(local_datetime)) + interval '1' day as last_at,
    count(*) as events
from klaviyo_events
