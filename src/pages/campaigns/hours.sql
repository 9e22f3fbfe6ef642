-- What did the campaigns of $ids, a list with commas, earn and see in each of the first $hours hours since their first
-- delivery? The first deliveries are looked for on local days from $first_on to before $after. One row per campaign and
-- hour, from 0; conversions are of $metric, and $machine counts opens and clicks by machines, too.
with chosen as (select string_split(cast($ids as varchar), ',') as ids),
starts as (
    select campaign_id, min(sent_at) as began_at
    from campaign_deliveries(string_split(cast($ids as varchar), ','), cast($first_on as date), cast($after as date), $metric)
    group by campaign_id
),
happened as (
    select
        campaign_id,
        reacted_at as happened_at,
        cast(reaction = 'open' as integer) as opens,
        cast(reaction = 'click' as integer) as clicks,
        0 as conversions,
        null as revenue
    from campaign_reactions(string_split(cast($ids as varchar), ','), cast($since as timestamp), cast($until as timestamp))
    where reaction in ('open', 'click') and ($machine or not by_machine)
    union all
    select campaign_id, converted_at, 0, 0, 1, amount
    from conversions
    join messages on messages.message_id = conversions.message_id
    where metric_id = $metric and credited_to is not null
        and converted_at >= cast($since as timestamp) and converted_at < cast($until as timestamp)
        and list_contains(string_split(cast($ids as varchar), ','), campaign_id)
),
sums as (
    select
        starts.campaign_id,
        date_diff('second', began_at, happened_at) // 3600 as hour,
        sum(opens) as opens,
        sum(clicks) as clicks,
        sum(conversions) as conversions,
        coalesce(sum(revenue), 0) as revenue
    from starts
    join happened on happened.campaign_id = starts.campaign_id and happened_at >= began_at
    group by starts.campaign_id, hour
)
select
    starts.campaign_id as id,
    campaigns.name,
    series.hour,
    cast(coalesce(opens, 0) as bigint) as opens,
    cast(coalesce(clicks, 0) as bigint) as clicks,
    case when cast($metric as varchar) is not null then cast(coalesce(conversions, 0) as bigint) end as conversions,
    case when cast($metric as varchar) is not null then cast(coalesce(revenue, 0) as double) end as revenue
from starts
cross join (select unnest(range(cast($hours as bigint))) as hour) as series
left join campaigns on campaigns.id = starts.campaign_id
left join sums on sums.campaign_id = starts.campaign_id and sums.hour = series.hour
-- An hour that has not come yet is not an hour without anything.
where began_at + to_hours(cast(series.hour as integer)) <= $now
order by list_position((select ids from chosen), starts.campaign_id), series.hour
