-- Which part of all profiles is suppressed from e-mail, and why? One row per reason and one for all of them, which is judged.
with people as (
    select count(*) as profiles from profiles
),
reasons as (
    select lower(replace(reason, '_', ' ')) as name, count(*) as suppressed, false as is_all from suppressions group by all
    union all
    select 'All suppressed', count(*), true from suppressions
)
select
    name,
    suppressed,
    profiles,
    suppressed / profiles as judged_share,
    case
        when not is_all or suppressed / profiles <= $suppressed_healthy then 'Passes'
        when suppressed / profiles > $suppressed_attention then 'Act'
        else 'Look'
    end as verdict,
    format('{}: {:,} of {:,} profiles ({})', name, suppressed, profiles, percent_text(suppressed / profiles)) as finding
from reasons, people
where profiles > 0
