-- Which segments hold nobody, or nearly everybody? One row per segment whose members Klaviyo counted.
with people as (
    select count(*) as profiles from profiles
)
select
    id,
    name,
    members,
    members / profiles as judged_share,
    case when members = 0 or members / profiles > $segment_most then 'Look' else 'Passes' end as verdict,
    case
        when members = 0 then '“' || name || '” is empty'
        else format('“{}” holds {:,} profiles ({})', name, members, percent_text(members / profiles))
    end as finding
from segments, people
where members is not null and profiles > 0
