-- How did messages through the channel $of fare on the local days from $compared_start to before $compared_before, by the
-- $basis? All unknown without a comparison. $machine counts what only machines opened or clicked, too.
select
    cast(sum(recipients) as bigint) as recipients,
    cast(sum(delivered) as bigint) as delivered,
    cast(sum(openable) as bigint) as openable,
    cast(sum(bounced) as bigint) as bounced,
    cast(sum(failed) as bigint) as failed,
    cast(sum(case when $machine then opened_or_machine else opened end) as bigint) as opened,
    cast(sum(case when $machine then clicked_or_machine else clicked end) as bigint) as clicked,
    cast(sum(complained) as bigint) as complained,
    cast(sum(unsubscribed) as bigint) as unsubscribed
from daily_messages(cast($basis as varchar), cast($compared_start as date), cast($compared_before as date))
where channel = cast($of as varchar)
