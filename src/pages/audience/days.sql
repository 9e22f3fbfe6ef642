-- On each local day from $start to before $before: how many could be written to at its end through each channel, and who
-- came and went? Stocks are unknown before the history of consent begins. $midnights are the days' beginnings in UTC, and
-- one more; comings and goings are through $channel, or all.
with places as (
    select string_split(cast($midnights as varchar), ' ') as midnights
),
days as (
    select
        cast($start as date) + cast(unnest(generate_series(0, len(midnights) - 2)) as integer) as date,
        cast(unnest(midnights[1:len(midnights) - 1]) as timestamp) as starts_at,
        cast(unnest(midnights[2:]) as timestamp) as ends_at
    from places
),
-- Each local day once for every day in UTC that it touches: what happened finds its day among two or three.
touched as (
    select *, cast(unnest(generate_series(cast(starts_at as date), cast(ends_at as date), interval 1 day)) as date) as touched_on from days
),
bounds as (
    select min(starts_at) as first_at from days
),
began as (
    select min(seen_at) as began_at from consent_changes
),
before_them as (
    select channel, sum(change) as subscribers
    from consent_changes, bounds
    where changed_at < first_at
    group by channel
),
moves as (
    select channel, date, sum(change) as change
    from consent_changes
    join touched on touched_on = cast(changed_at as date) and starts_at <= changed_at and changed_at < ends_at
    group by channel, date
),
stocks as (
    select
        days.date,
        days.ends_at,
        channels.channel,
        coalesce(before_them.subscribers, 0)
            + coalesce(sum(moves.change) over (partition by channels.channel order by days.date), 0) as subscribers
    from days
    cross join (select unnest(['email', 'sms', 'push', 'whatsapp']) as channel) as channels
    left join before_them on before_them.channel = channels.channel
    left join moves on moves.channel = channels.channel and moves.date = days.date
),
sides as (
    select
        date,
        cast(sum(subscribers) filter (where channel = 'email') as bigint) as email,
        cast(sum(subscribers) filter (where channel = 'sms') as bigint) as sms,
        cast(sum(subscribers) filter (where channel = 'push') as bigint) as push,
        cast(sum(subscribers) filter (where channel = 'whatsapp') as bigint) as whatsapp
    from stocks, began
    where began_at < ends_at
    group by date
),
events as (
    select
        day,
        sum(events) filter (where what = 'subscribed') as subscribed,
        sum(events) filter (where what = 'unsubscribed') as unsubscribed,
        sum(events) filter (where what = 'complained') as complained
    from subscription_events
    where day >= $start and day < $before and (cast($channel as varchar) is null or channel = cast($channel as varchar))
    group by day
),
bounced as (
    select date, count(*) as bounced
    from suppressions
    join touched on touched_on = cast(suppressed_at as date) and starts_at <= suppressed_at and suppressed_at < ends_at
    where reason in ('HARD_BOUNCE', 'INVALID_EMAIL') and coalesce(cast($channel as varchar), 'email') = 'email'
    group by date
)
select
    days.date,
    email,
    sms,
    push,
    whatsapp,
    cast(coalesce(subscribed, 0) as bigint) as sign_ups,
    cast(coalesce(unsubscribed, 0) as bigint) as unsubscribes,
    cast(coalesce(complained, 0) as bigint) as complaints,
    cast(coalesce(bounced, 0) as bigint) as hard_bounces,
    cast(coalesce(unsubscribed, 0) + coalesce(complained, 0) + coalesce(bounced, 0) as bigint) as losses
from days
left join sides on sides.date = days.date
left join events on events.day = days.date
left join bounced on bounced.date = days.date
order by date
