-- Which campaigns are to go out after $now (UTC)? Drafts have no time, and what was cancelled keeps one.
select id, name, channel, sent_at
from campaigns
where status in ('Scheduled', 'Preparing to schedule', 'Adding Recipients', 'Queued without Recipients')
    and not deleted and sent_at > $now and (cast($channel as varchar) is null or channel = cast($channel as varchar))
order by sent_at, name, id
