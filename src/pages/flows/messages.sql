-- What did each message of the flow $id do on local days from $start to before $before, by $basis? One row per message that
-- the flow has now, and per one that it had and that reached someone. Conversions are of $metric; $machine counts what only
-- machines opened or clicked, too.
with counted as (
    select * exclude (sent_on, campaign_id) from page_sends where sent_on >= cast($start as date) and flow_id is not null and $basis = 'sent'
    union all by name
    select * exclude (without_delivery) from flow_activity($start, $before, $metric) where $basis = 'event'
),
asked as (
    select message_id as sender, * from counted where flow_id = $id
),
summed as (
    -- By the day of the event the opens of one delivery may fall on several days.
    select * replace (
        case when $basis = 'sent' then opened_at_all end as opened_at_all,
        case when $basis = 'sent' then opened_by_machines end as opened_by_machines
    )
    from summed_measures('asked', $machine, $metric)
),
results as (
    select * from rated_measures('summed')
),
named as (
    select * from flow_messages where flow_id = $id
),
listed as (
    select sender as message_id from results
    union
    select message_id from named where not deleted
)
select
    listed.message_id as id,
    named.action_id,
    coalesce(named.name, listed.message_id) as name,
    coalesce(named.channel, results.channel) as channel,
    subject,
    coalesce(recipients, 0) as recipients,
    results.* exclude (sender, channel, recipients),
    coalesce(named.deleted, false) as deleted
from listed
left join named on named.message_id = listed.message_id
left join results on results.sender = listed.message_id
where cast($channel as varchar) is null or coalesce(named.channel, results.channel) = cast($channel as varchar)
