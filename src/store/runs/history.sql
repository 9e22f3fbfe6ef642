-- The last $limit runs that ended, newest first.
select id, trigger, forced, status, started_at, ended_at
from sync_runs
where ended_at is not null
order by id desc
limit $limit
