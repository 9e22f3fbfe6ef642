-- How many campaign e-mails did a reached person get in a week, and did more of them unsubscribe than before? One row per week
-- from Monday that began on local days from $start to before $before, judged beside the week before it.
with weeks as (
    select
        cast(date_trunc('week', sent_on) as date) as week,
        sum(sends) as delivered,
        -- By hashes of 64 bits, which are counted faster than texts.
        count(distinct hash(profile_id)) filter (where profile_id is not null) as people,
        sum(sends) filter (where unsubscribed) as unsubscribed
    from message_sends
    where kind = 'campaign' and channel = 'email' and cast(date_trunc('week', cast($start as date)) as date) - 7 <= sent_on and sent_on < $before
    group by all
),
beside as (
    select
        *,
        coalesce(unsubscribed, 0) / delivered as unsubscribe_rate,
        lag(coalesce(unsubscribed, 0) / delivered) over (order by week) as rate_before
    from weeks
)
select
    strftime(week, 'Week of %-d %b %Y') as name,
    cast(delivered as bigint) as delivered,
    people,
    delivered / people as per_person,
    unsubscribe_rate,
    rate_before,
    case
        when delivered / people > $weekly_most and unsubscribe_rate > coalesce(rate_before, 0) then 'Act'
        when delivered / people > $weekly_most then 'Look'
        else 'Passes'
    end as verdict,
    format('{}: {:.1f} e-mails a person, {} unsubscribed', name, delivered / people, percent_text(unsubscribe_rate)) as finding
from beside
where week >= cast($start as date) - 6 and people > 0
