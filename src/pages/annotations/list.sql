-- What happened on local days from $start to before $before: what people wrote, campaigns that were sent, and flows that
-- were changed (by the day in UTC).
select day as happened_on, 'note' as kind, words, id
from annotations
where $start <= day and day < $before
union all
select first_on, 'campaign', name, campaign_id
from campaign_starts
join campaigns on campaigns.id = campaign_id
where $start <= first_on and first_on < $before
union all
select cast(updated_at as date), 'flow', name || ' was changed', id
from flows
where $start <= cast(updated_at as date) and cast(updated_at as date) < $before
order by happened_on, kind, words
