-- Whose e-mail address, name, phone number or id contains $q?
select
    id, coalesce(email, phone_number, external_id, id) as contact, name, email, phone_number, external_id,
    concat_ws(', ',
        case when can_receive_email then channel_title('email') end,
        case when can_receive_sms then channel_title('sms') end,
        case when can_receive_push then channel_title('push') end,
        case when can_receive_whatsapp then channel_title('whatsapp') end
    ) as channels,
    engaged_at, orders, cast(revenue as double) as revenue, received, created_at
from audience
where contains(lower(concat_ws(chr(31), email, name, phone_number, external_id, id)), lower(cast($q as varchar)))
