-- How did the campaigns of $ids, a list with commas, do in all their time? Conversions are of $metric; $machine counts what
-- only machines opened or clicked, too.
with chosen as (
    select campaigns.*, first_on
    from campaigns
    left join campaign_starts on campaign_id = id
    where list_contains(string_split(cast($ids as varchar), ','), id)
),
counted as (
    select campaign_id as sender, stats.*
    from message_stats(cast($first_on as date), $metric) as stats
    join messages on messages.message_id = stats.message_id
    where list_contains(string_split(cast($ids as varchar), ','), campaign_id)
),
summed as (
    select * from summed_measures('counted', $machine, $metric)
),
results as (
    select * from rated_measures('summed')
)
select
    chosen.id, chosen.name, chosen.channel, chosen.status, chosen.sent_at,
    results.* exclude (sender, channel, machine_opens, bot_clicks)
from chosen
left join results on results.sender = chosen.id
order by list_position(string_split(cast($ids as varchar), ','), chosen.id)
