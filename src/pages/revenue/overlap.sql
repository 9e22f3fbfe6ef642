-- How many messages, through how many channels, had people touched within $windows before their conversions of $metric on
-- local days from $start to before $before?
with asked as (
    select
        amount,
        case
            when touched_message_id is null then 1
            when not has_several_messages then 2
            when not has_several_channels then 3
            else 4
        end as position
    from page_credits
    where cast($start as date) <= converted_on and converted_on < cast($before as date)
),
outcomes as (
    select unnest([1, 2, 3, 4]) as position, unnest([
        'No message', 'One message', 'Several messages of one channel', 'Messages of several channels'
    ]) as name
)
select
    outcomes.position,
    name,
    count(asked.position) as orders,
    cast(coalesce(sum(amount), 0) as double) as revenue,
    count(asked.position) / nullif(sum(count(asked.position)) over (), 0) as share_of_orders
from outcomes
left join asked on asked.position = outcomes.position
group by outcomes.position, name
order by outcomes.position
