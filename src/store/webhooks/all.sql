-- Which webhooks are there, what are they subscribed to, and what came of them?
select
    id,
    name,
    endpoint_url,
    topics,
    enabled,
    created_at,
    secret is not null as is_ours,
    (select count(*) from webhook_inbox where webhook_id = webhooks.id) as deliveries,
    (select max(received_at) from webhook_inbox where webhook_id = webhooks.id) as last_delivery_at
from webhooks
order by created_at, id
