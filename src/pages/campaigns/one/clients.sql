-- With what did people open and click the campaign $id, as far as the events tell? $machine counts machines, too.
with seen as (
    select
        profile_id,
        reaction,
        coalesce(properties->>'Client Name', properties->>'App Name', 'not told') as client,
        coalesce(properties->>'Client OS Family', properties->>'OS Name', 'not told') as system,
        coalesce(
            properties->>'Client Type', case when channel = 'push' then 'app' when channel = 'sms' then 'phone' end, 'not told'
        ) as device
    from message_reactions(
        string_split(cast($names as varchar), ','), cast($from_at as timestamp), cast($until as timestamp)
    )
    where reaction in ('open', 'click') and ($machine or not by_machine)
)
select
    client,
    system,
    device,
    count(distinct profile_id) filter (where reaction = 'open') as client_openers,
    count(distinct profile_id) filter (where reaction = 'click') as client_clickers,
    count(distinct profile_id) as client_people
from seen
group by client, system, device
order by client_people desc, client, system, device
