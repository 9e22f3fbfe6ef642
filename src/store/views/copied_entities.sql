-- What was ever copied, and how its last copy went: one row per entity.
create or replace view copied_entities as
select entity_type as entity, status, last_sync_time as copied_at, error_message as problem
from klaviyo_sync_status
