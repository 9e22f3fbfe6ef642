-- Which links of the campaign $id were clicked, by how many people and how often? It was sent on local days from $first_on
-- to before $after; $machine counts clicks by bots, too.
with clicks as (
    select properties->>'URL' as url, profile_id
    from message_reactions(
        string_split(cast($names as varchar), ','), cast($from_at as timestamp), cast($until as timestamp)
    )
    where reaction = 'click' and ($machine or not by_machine)
),
delivered as (
    select sum(sends) as recipients
    from message_deliveries(
        string_split(cast($names as varchar), ','), cast($first_on as date), cast($after as date)
    )
)
select
    url,
    count(distinct profile_id) as link_clickers,
    count(*) as link_clicks,
    recipients,
    count(*) / nullif(recipients, 0) as clicks_per_recipient
from clicks
cross join delivered
group by url, recipients
order by link_clicks desc, url
