-- What do pages about messages leave out of local days from $first to before $end, by $basis? Of $of: `campaigns` or `flows`,
-- of $ids alone where any are named (with commas between them), `messages`, or `orders`, credited to a message or not; and of
-- $channel, if not all. Orders are of $metric, by $orders_basis and from $first to before $orders_end.
with machines as (
    select cast(sum(machine_opens) as bigint) as machine_opens, cast(sum(bot_clicks) as bigint) as bot_clicks
    from daily_messages($basis, cast($first as date), cast($end as date))
    where (cast($channel as varchar) is null or channel = cast($channel as varchar))
        and case cast($of as varchar) when 'campaigns' then campaign_id is not null when 'flows' then flow_id is not null else true end
        and (
            cast($ids as varchar) is null
            or list_contains(string_split(cast($ids as varchar), ','), case $of when 'flows' then flow_id else campaign_id end)
        )
),
orders as (
    select count(*) filter (where is_foreign) as foreign_orders, count(*) filter (where is_unreadable) as unreadable_values
    from left_out_orders($orders_basis, cast($first as date), cast($orders_end as date), cast($metric as varchar))
    where (cast($channel as varchar) is null or channel = cast($channel as varchar))
        and case cast($of as varchar)
            when 'campaigns' then campaign_id is not null
            when 'flows' then flow_id is not null
            when 'messages' then credited_to is not null
            else true
        end
        and (
            cast($ids as varchar) is null
            or list_contains(string_split(cast($ids as varchar), ','), case $of when 'flows' then flow_id else campaign_id end)
        )
)
select
    coalesce(machine_opens, 0) as machine_opens,
    coalesce(bot_clicks, 0) as bot_clicks,
    foreign_orders,
    unreadable_values
from machines, orders
