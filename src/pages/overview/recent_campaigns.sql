-- Which campaigns were sent on local days from $start to before $before, how were they received, and what did they earn so
-- far? Conversions are of $metric; $machine counts deliveries that only a machine opened or clicked, too.
with asked as (
    select *, campaign_id as sender from page_sends where sent_on >= cast($start as date) and campaign_id is not null
),
summed as (
    select * from summed_measures('asked', $machine, $metric)
),
results as (
    select * from rated_measures('summed')
),
lasts as (
    select sender, max(sent_on) as last_on from asked group by sender
)
select
    results.sender as id,
    coalesce(campaigns.name, results.sender) as name,
    coalesce(campaigns.channel, results.channel) as channel,
    campaigns.sent_at,
    last_on,
    results.* exclude (sender, channel),
    coalesce(campaigns.deleted, false) as deleted
from results
join lasts on lasts.sender = results.sender
left join campaigns on campaigns.id = results.sender
order by last_on desc
