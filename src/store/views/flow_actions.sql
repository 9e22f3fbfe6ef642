-- The steps that flows have now, with what follows each: `links` is Klaviyo's, by the kind of the step; null is untold.
create or replace view flow_actions as
select
    id,
    flow_id,
    action_type,
    status,
    created_at,
    cast(metadata as json) -> 'definition' -> 'links' as links,
    cast(metadata as json) -> 'definition' ->> '$.data.name' as name,
    try_cast(cast(metadata as json) -> 'definition' ->> '$.data.value' as integer) as wait_value,
    cast(metadata as json) -> 'definition' ->> '$.data.unit' as wait_unit,
    try_cast(cast(metadata as json) -> 'definition' ->> '$.data.secondary_value' as integer) as wait_more
from klaviyo_flow_actions
where deleted_at is null
