-- By how many did those change who can receive e-mail marketing, since $since, in UTC? By quarter of an hour: in every
-- zone days begin with one.
select time_bucket(interval '15 minutes', changed_at) as quarter, cast(sum(change) as double) as change
from consent_changes
where channel = 'email' and changed_at >= cast($since as timestamp)
group by quarter
order by quarter
