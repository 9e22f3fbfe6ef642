-- What does it do to write often? Deliveries of the 30 local days that end before $before, by how many messages the person had
-- been delivered in the $days days up to that one's day. One row per number of a week, and per span of numbers of a month.
-- $machine counts what only machines clicked, too.
with counted as (
    select
        *,
        sum(sends) over (
            partition by hash(profile_id) order by sent_on - date '1970-01-01'
            range between cast($days as bigint) - 1 preceding and current row
        ) as received
    from deliveries(cast($before as date) - 29 - cast($days as integer), $metric)
    where sent_on < $before and outcome = 'delivered' and profile_id is not null
        and (cast($channel as varchar) is null or channel = cast($channel as varchar))
),
spans as (
    select
        *,
        case
            when $days < 30 then least(received, 7)
            when received <= 2 then 1
            when received <= 4 then 3
            when received <= 8 then 5
            when received <= 12 then 9
            when received <= 20 then 13
            else 21
        end as ordinal
    from counted
    where sent_on >= cast($before as date) - 30
)
select
    ordinal,
    case
        when $days < 30 and ordinal < 7 then cast(ordinal as varchar)
        when $days < 30 then '7 and more'
        when ordinal = 21 then '21 and more'
        else concat(ordinal, '–', case ordinal when 1 then 2 when 3 then 4 when 5 then 8 when 9 then 12 else 20 end)
    end as messages_received,
    count(distinct profile_id) as people,
    cast(sum(sends) as bigint) as delivered,
    cast(sum(sends) filter (where tells(channel, 'clicked')) as bigint) as clickable,
    cast(sum(sends) filter (where tells(channel, 'unsubscribed')) as bigint) as unsubscribable,
    cast(sum(sends) filter (where tells(channel, 'complained')) as bigint) as complainable,
    case when unsubscribable is not null then count(*) filter (where is_unsubscribed) end as unsubscribed,
    case when complainable is not null then count(*) filter (where is_complained) end as complained,
    case when clickable is not null then count(*) filter (where case when $machine then is_clicked_or_machine else is_clicked end) end as clicked,
    case when cast($metric as varchar) is not null then count(*) filter (where conversions > 0) end as converted,
    unsubscribed / nullif(unsubscribable, 0) as unsubscribe_rate,
    complained / nullif(complainable, 0) as complaint_rate,
    clicked / nullif(clickable, 0) as click_rate,
    converted / nullif(delivered, 0) as conversion_rate
from spans
group by all
