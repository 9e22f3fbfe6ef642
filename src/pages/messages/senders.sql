-- How did the campaigns, or the flows, do with what they sent on local days from $start to before $before? $of says which of
-- the two, and $id which one, if not all. Conversions are of $metric; $machine counts what only machines opened or clicked, too.
with counted as (
    select * from message_stats($start, $metric) where sent_on < $before
)
select *
from sender_results(
    'counted', cast($of as varchar), cast($id as varchar), cast($channel as varchar), $machine, cast($metric as varchar)
)
order by sent_at desc nulls last, revenue desc, recipients desc, name, id
