-- Whose e-mail address, name, phone number or id contains $q?
select
    id, coalesce(email, phone_number, external_id, id) as contact, name, email, phone_number, external_id,
    concat_ws(', ',
        case when can_receive_email then 'e-mail' end, case when can_receive_sms then 'SMS' end,
        case when can_receive_push then 'push' end, case when can_receive_whatsapp then 'WhatsApp' end
    ) as channels,
    engaged_at, orders, cast(revenue as double) as revenue, received, created_at
from audience
where contains(lower(concat_ws(chr(31), email, name, phone_number, external_id, id)), lower(cast($q as varchar)))
