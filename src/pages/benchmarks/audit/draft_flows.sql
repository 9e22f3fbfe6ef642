-- Which flows are drafts that nobody touched for $draft_days days? One row per flow that is neither archived nor deleted.
select
    id,
    name,
    status,
    updated_at,
    case
        when status = 'draft' and updated_at < cast($now as timestamp) - to_days(cast($draft_days as integer)) then 'Look'
        else 'Passes'
    end as verdict,
    '“' || name || '” is ' || coalesce(status, 'of unknown status') || ', last changed '
        || coalesce(strftime(updated_at, '%-d %b %Y'), 'at an unknown time') as finding
from flows
where not coalesce(archived, false) and not deleted
