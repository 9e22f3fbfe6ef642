-- What happened to campaigns, or to flows, on local days from $start to before $before, whenever their messages were sent? $of
-- says which of the two, and $id which one, if not all. Conversions are of $metric; $machine counts what only machines opened
-- or clicked, too.
with counted as (
    select * from message_activity($start, $before, $metric)
)
-- Of two opens of one delivery, by a machine and a person, each may fall on another day: what is a machine's alone is told by
-- the day of sending only.
select * replace (
    cast(null as bigint) as opened_at_all,
    cast(null as bigint) as opened_by_machines,
    cast(null as double) as machine_open_share
)
from sender_results(
    'counted', cast($of as varchar), cast($id as varchar), cast($channel as varchar), $machine, cast($metric as varchar)
)
order by sent_at desc nulls last, revenue desc, recipients desc, name, id
