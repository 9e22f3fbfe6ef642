-- From when to when are their touches? Nothing where there are no conversions.
select min(converted_at) - interval '90' day as first_at, max(converted_at) as last_at
from conversions_again
having count(*) > 0
