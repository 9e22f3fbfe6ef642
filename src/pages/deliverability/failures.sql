-- Why did messages not arrive on local days from $start to before $before? One row per channel and what Klaviyo says of it;
-- `kind` is what it says in its own words.
select
    channel_title(channel) as channel,
    failure as kind,
    case
        when channel <> 'email' then coalesce(failure, 'Not told')
        when lower(failure) = 'hard' then 'Hard bounce: there is no such mailbox'
        when lower(failure) = 'soft' then 'Soft bounce: the mailbox did not take it now'
        else coalesce(failure, 'Bounce, kind not told')
    end as failure,
    source,
    count(*) as failures,
    count(distinct profile_id) as people
from send_failures(cast($start as date), cast($before as date))
where cast($channel as varchar) is null or channel = cast($channel as varchar)
group by all
