-- How were the messages received that were sent on local days from $start to before $before, channel by channel? Conversions
-- are of $metric; $machine counts deliveries that only a machine opened or clicked, too.
with asked as (
    select *, coalesce(channel, 'unknown') as sender from page_sends where sent_on >= cast($start as date)
),
summed as (
    select * from summed_measures('asked', $machine, $metric)
)
select channel_title(sender) as name, * from rated_measures('summed')
order by recipients desc
