-- Flows. What Klaviyo deleted stays, marked, because what it sent remains.
create or replace view flows as
select id, coalesce(name, id) as name, status, archived, trigger_type, created_at, updated_at, deleted_at is not null as deleted
from klaviyo_flows
