-- What did campaigns earn and see in each of the first $hours hours since their first delivery? $owners are their ids, with
-- commas, for each of $names, by which events and deliveries know their messages. The first deliveries are looked for on local
-- days from $first_on to before $after, what followed from $from_at to before $until (UTC). One row per campaign and hour, from
-- 0, that has begun; conversions are of $metric, and $machine counts opens and clicks by machines, too.
with names as (
    select
        unnest(string_split(cast($names as varchar), ',')) as name,
        unnest(string_split(cast($owners as varchar), ',')) as campaign_id
),
starts as (
    select campaign_id, min(sent_at) as began_at
    from message_deliveries(
        string_split(cast($names as varchar), ','), cast($first_on as date), cast($after as date)
    )
    join names on name = message_id
    group by campaign_id
),
happened as (
    select
        name,
        reacted_at as happened_at,
        cast(reaction = 'open' as integer) as opens,
        cast(reaction = 'click' as integer) as clicks,
        0 as conversions,
        null as revenue
    from message_reactions(
        string_split(cast($names as varchar), ','), cast($from_at as timestamp), cast($until as timestamp)
    )
    where reaction in ('open', 'click') and ($machine or not by_machine)
    union all
    select message_id, converted_at, 0, 0, 1, amount
    from bought(cast($metric as varchar))
    where credited_to is not null
        and converted_at >= cast($from_at as timestamp) and converted_at < cast($until as timestamp)
        and message_id in (select unnest(string_split(cast($names as varchar), ',')))
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
    join names on names.campaign_id = starts.campaign_id
    join happened on happened.name = names.name and happened_at >= began_at
    group by starts.campaign_id, hour
)
select
    starts.campaign_id as id,
    series.hour,
    cast(coalesce(opens, 0) as bigint) as opens,
    cast(coalesce(clicks, 0) as bigint) as clicks,
    case when cast($metric as varchar) is not null then cast(coalesce(conversions, 0) as bigint) end as conversions,
    case when cast($metric as varchar) is not null then cast(coalesce(revenue, 0) as double) end as revenue
from starts
cross join (select unnest(range(cast($hours as bigint))) as hour) as series
left join sums on sums.campaign_id = starts.campaign_id and sums.hour = series.hour
-- An hour that has not come yet is not an hour without anything.
where began_at + to_hours(cast(series.hour as integer)) <= $now
order by list_position(string_split(cast($owners as varchar), ','), starts.campaign_id), series.hour
