-- When do people click: one row per local weekday (1 is Monday) and hour of the click, of clicks on local days from $start to
-- before $before, whenever their message was sent. $senders is `campaigns`, `flows` or `all`.
select
    isodow(reacted_locally_at) as weekday,
    hour(reacted_locally_at) as hour,
    count(*) as clicks,
    count(*) / sum(count(*)) over () as click_share
from reactions
where reaction = 'click' and $start <= reacted_on and reacted_on < $before and ($machine or not by_machine)
    and (cast($channel as varchar) is null or channel = cast($channel as varchar))
    and case cast($senders as varchar) when 'campaigns' then flow_id is null when 'flows' then flow_id is not null else true end
group by all
