-- What did the person $id receive and do in all?
select received, emails_received, opens, clicks, orders, cast(revenue as double) as revenue, last_received_at, engaged_at
from audience
where id = cast($id as varchar)
