-- Did the last copy of everything that pages rest on end well, and not more than $stale_days days ago? One row per entity that was
-- ever to be copied.
select
    replace(entity, '_', ' ') as name,
    status,
    copied_at,
    problem,
    case
        when status = 'failed' then 'Act'
        when copied_at is null or copied_at < cast($now as timestamp) - to_days(cast($stale_days as integer)) then 'Look'
        else 'Passes'
    end as verdict,
    replace(entity, '_', ' ') || ': ' || case when copied_at is null then 'never copied' else status || ', copied ' || strftime(copied_at, '%-d %b %Y') end as finding
from copied_entities
where status not in ('never', 'disabled') and entity not in ('profile_predictions', 'list_members', 'segment_members')
