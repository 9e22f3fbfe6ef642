-- From when to when are these hours? Nothing where there are none.
select min(time_bucket) as first_at, max(time_bucket) + interval '1' hour as last_at
from hours_touched
having count(*) > 0
