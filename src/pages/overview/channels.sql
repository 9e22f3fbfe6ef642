-- Through which channels was it earned on the local days from $start to before $before, by conversions of $metric?
with earned as (
    select channel, amount
    from conversion_channels
    where metric_id = $metric and $start <= converted_on and converted_on < $before
    union all
    select null, amount
    from conversions
    where metric_id = $metric and $start <= converted_on and converted_on < $before and credited_to is null
),
channels as (
    select channel, sum(amount) as value
    from earned
    group by channel
)
select
    channel,
    cast(value as double) as value,
    cast(value as double) / nullif(cast(sum(value) over () as double), 0) as share
from channels
where value is not null
order by channel is null, channels.value desc, channel
