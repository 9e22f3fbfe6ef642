-- Which steps does the flow $id have, and what follows each? In the order in which they were made, as far as that is known.
select id, action_type, status, cast(links as varchar) as links, name, wait_value, wait_unit, wait_more
from flow_actions
where flow_id = $id
order by created_at, try_cast(id as bigint), id
