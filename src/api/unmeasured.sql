-- Which campaigns, flows or forms are there, while nothing is known of what they did? $of says which of the three; campaigns
-- are those sent between $since and $before, both UTC.
select id, name, status, channel, sent_at, null as trigger_type, updated_at, deleted
from campaigns
where cast($of as varchar) = 'campaigns' and sent_at >= $since and sent_at < $before
union all
select id, name, status, null, null, trigger_type, updated_at, deleted
from flows
where cast($of as varchar) = 'flows'
union all
select id, name, status, null, null, null, updated_at, deleted
from forms
where cast($of as varchar) = 'forms'
order by sent_at desc nulls last, name, id
