-- When were messages sent, and what became of them: one row per local weekday (1 is Monday) and hour of sending, of what was
-- sent on local days from $start to before $before. $senders is `campaigns`, `flows` or `all`; $offsets says from which instant
-- the account's clock is how many minutes ahead of UTC. Every offset in use is a multiple of a quarter of an hour.
with offsets as (
    select unnest(from_json(cast($offsets as varchar), '[{"starts":"TIMESTAMP","minutes":"INTEGER"}]'), recursive := true)
),
quarters as (
    select
        time_bucket(interval 15 minutes, sent_at) as quarter,
        sum(sends) as recipients,
        sum(case when outcome = 'delivered' then sends else 0 end) as delivered,
        sum(sends) filter (where outcome = 'delivered' and tells(channel, 'clicked')) as clickable,
        count(*) filter (where case when $machine then is_clicked_or_machine else is_clicked end) as clicked,
        sum(revenue) as revenue
    from deliveries($start, $metric)
    where sent_on < $before
        and (cast($channel as varchar) is null or channel = cast($channel as varchar))
        and case cast($senders as varchar) when 'campaigns' then flow_id is null when 'flows' then flow_id is not null else true end
    group by quarter
),
placed as (
    select quarter + to_minutes(minutes) as sent_locally_at, recipients, delivered, clickable, clicked, revenue
    from quarters
    asof join offsets on quarters.quarter >= offsets.starts
)
select
    isodow(sent_locally_at) as weekday,
    hour(sent_locally_at) as hour,
    cast(sum(recipients) as bigint) as recipients,
    cast(sum(delivered) as bigint) as delivered,
    cast(sum(clickable) as bigint) as clickable,
    case when sum(clickable) is not null then cast(sum(clicked) as bigint) end as clicked,
    case when cast($metric as varchar) is not null then cast(sum(revenue) as double) end as revenue,
    sum(clicked) / nullif(sum(clickable), 0) as click_rate,
    case when cast($metric as varchar) is not null then cast(sum(revenue) as double) end / nullif(sum(recipients), 0)
        as revenue_per_recipient
from placed
group by all
