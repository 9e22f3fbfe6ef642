-- How did the consent of the person $id change?
select
    changed_at,
    case channel
        when 'email' then 'E-mail' when 'sms' then 'SMS' when 'sms_transactional' then 'SMS, transactional' when 'push' then 'Push'
        when 'whatsapp' then 'WhatsApp' else 'WhatsApp, transactional'
    end as channel,
    replace(lower(consent), '_', ' ') as consent,
    replace(lower(reason), '_', ' ') as reason,
    seen_at
from consent_changes
where profile_id = cast($id as varchar)
