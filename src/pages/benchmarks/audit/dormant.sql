-- Which part of those who can receive e-mail did nothing for $dormant_days days up to $today, neither opened, clicked, ordered
-- nor visited? One row, if there is anyone and events reach back so far.
with people as (
    select
        count(*) as reachable,
        count(*) filter (where deeds.profile_id is null) as dormant
    from profiles
    left join last_deeds(cast($today as date) - cast($dormant_days as integer)) as deeds on deeds.profile_id = profiles.id
    where can_receive_email
        -- Whoever came just now had no time to do anything.
        and (created_at is null or created_at < cast($now as timestamp) - to_days(cast($dormant_days as integer)))
)
select
    'Can receive e-mail, and known for as long' as name,
    reachable,
    dormant,
    dormant / reachable as judged_share,
    case
        when dormant / reachable > $dormant_attention then 'Act'
        when dormant / reachable > $dormant_healthy then 'Look'
        else 'Passes'
    end as verdict,
    format('{:,} of {:,} who can receive e-mail and are known for as long did nothing for {} days ({:.1f} %)', dormant, reachable, cast($dormant_days as integer), 100 * dormant / reachable) as finding
from people, event_span
where reachable > 0 and event_span.first_on <= cast($today as date) - cast($dormant_days as integer)
