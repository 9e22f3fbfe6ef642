-- What happened on local days from $start to before $before: what people wrote, campaigns that were sent, and flows that
-- were changed, at an instant in UTC from $start_at to before $end_at: SQL knows no zones.
select day as happened_on, cast(null as timestamp) as happened_at, 'note' as kind, words, id
from annotations
where $start <= day and day < $before
union all
select first_on, null, 'campaign', name, campaign_id
from campaign_starts
join campaigns on campaigns.id = campaign_id
where $start <= first_on and first_on < $before
union all
select null, updated_at, 'flow', name || ' was changed', id
from flows
where $start_at <= updated_at and updated_at < $end_at
