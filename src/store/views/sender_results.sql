-- How the campaigns, or the flows (`senders`), did by the counts of `source`, a table with the columns of `message_stats` or
-- `message_activity`: of `one` alone, and of what went `through` one channel, where these are given.
create or replace macro sender_results(source, senders, one, through, machine, metric) as table
with named as (
    select
        case when senders = 'campaigns' then campaign_id else coalesce(messages.flow_id, stats.flow_id) end as sender,
        stats.* exclude (channel),
        coalesce(messages.channel, stats.channel) as channel
    from query_table(source) as stats
    left join messages on messages.message_id = stats.message_id
),
asked as (
    select * from named where sender is not null and (one is null or sender = one) and (through is null or channel = through)
),
summed as (
    select * from summed_measures('asked', machine, metric)
),
results as (
    select * from rated_measures('summed')
)
select
    sender as id,
    coalesce(campaigns.name, flows.name, sender) as name,
    coalesce(campaigns.status, flows.status) as status,
    coalesce(campaigns.channel, results.channel) as channel,
    campaigns.sent_at,
    flows.trigger_type,
    coalesce(campaigns.updated_at, flows.updated_at) as updated_at,
    coalesce(campaigns.deleted, flows.deleted, false) as deleted,
    results.* exclude (sender, channel)
from results
left join campaigns on senders = 'campaigns' and campaigns.id = sender
left join flows on senders = 'flows' and flows.id = sender
