-- By how many did those change who can receive e-mail marketing, since $since, in UTC: how many more can, how many can no
-- more? By quarter of an hour: in every zone days begin with one.
select
    time_bucket(interval '15 minutes', changed_at) as quarter,
    cast(sum(change) as double) as change,
    cast(coalesce(sum(change) filter (where change > 0), 0) as double) as joined,
    cast(coalesce(-sum(change) filter (where change < 0), 0) as double) as gone
from consent_changes
where channel = 'email' and changed_at >= cast($since as timestamp)
group by quarter
order by quarter
