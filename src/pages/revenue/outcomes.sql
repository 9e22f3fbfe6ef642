-- Do Klaviyo and the last touch within $windows credit the conversions of $metric on local days from $start to before
-- $before to the same message?
with asked as (
    select
        amount,
        case
            when credited_to is not null and touched_message_id = message_id then 1
            when credited_to is not null and touched_message_id is not null then 2
            when credited_to is not null then 3
            when touched_message_id is not null then 4
            else 5
        end as position
    from page_credits
    where cast($start as date) <= converted_on and converted_on < cast($before as date)
),
outcomes as (
    select unnest([1, 2, 3, 4, 5]) as position, unnest([
        'Both name the same message', 'Each names another message', 'Only Klaviyo names a message',
        'Only the last touch names a message', 'Neither names a message'
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
