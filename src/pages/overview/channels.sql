-- Through which channels was it earned on the local days from $start to before $before, by conversions of $metric?
with channels as (
    select channel, sum(amount) as value
    from credited_channels(cast($metric as varchar), cast($start as date), cast($before as date))
    group by channel
)
select
    channel,
    cast(value as double) as value,
    cast(value as double) / nullif(cast(sum(value) over () as double), 0) as share
from channels
where value is not null
order by channel is null, channels.value desc, channel
