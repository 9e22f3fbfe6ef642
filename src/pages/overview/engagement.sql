-- How were the messages received that were sent on local days from $start to before $before, channel by channel? Conversions
-- are of $metric; $machine counts deliveries that only a machine opened or clicked, too.
with asked as (
    select
        * replace (coalesce(messages.channel, stats.channel) as channel),
        coalesce(messages.channel, stats.channel, 'unknown') as sender
    from message_stats(cast($start as date), cast($metric as varchar)) as stats
    left join messages using (message_id)
    where sent_on < cast($before as date)
),
summed as (
    select * from summed_measures('asked', $machine, $metric)
)
select channel_title(sender) as name, * from rated_measures('summed')
order by recipients desc
