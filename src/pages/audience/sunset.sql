-- Who can receive e-mail, received at least $mailed of them, the first at least $quiet days before $now, and was not engaged
-- since?
select
    id, coalesce(email, id) as email, name, emails_received, first_emailed_at, last_emailed_at, engaged_at, orders,
    cast(revenue as double) as revenue
from audience
where can_receive_email
    and emails_received >= cast($mailed as bigint)
    and first_emailed_at < cast($now as timestamp) - to_days(cast($quiet as integer))
    and coalesce(engaged_at < cast($now as timestamp) - to_days(cast($quiet as integer)), true)
