-- What happened to each campaign on each local day from $from to before $before, whenever it was sent? Conversions are of
-- $metric; $machine counts what only machines opened or clicked, too.
with counted as (
    select
        stats.* exclude (channel),
        {'day': happened_on, 'id': campaign_id} as sender,
        coalesce(messages.channel, stats.channel) as channel
    from message_days($from, $before, $metric) as stats
    join messages on messages.message_id = stats.message_id
    where campaign_id is not null
),
asked as (
    select * from counted where cast($channel as varchar) is null or channel = cast($channel as varchar)
)
select sender.day as day, sender.id as id, coalesce(campaigns.name, sender.id) as name, sums.* exclude (sender)
from summed_measures('asked', $machine, $metric) as sums
left join campaigns on campaigns.id = sender.id
order by day, name, sender.id
