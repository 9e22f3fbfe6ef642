-- How did the consent of the person $id change?
select
    changed_at,
    channel_title(split_part(channel, '_', 1)) || case when channel like '%_transactional' then ', transactional' else '' end as channel,
    replace(lower(consent), '_', ' ') as consent,
    replace(lower(reason), '_', ' ') as reason,
    seen_at
from consent_changes
where profile_id = cast($id as varchar)
