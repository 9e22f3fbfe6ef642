-- Which flow is $id? One that is not copied is known by its messages.
select
    asked.id,
    coalesce(name, asked.id) as name,
    status,
    trigger_type,
    coalesce(archived, false) as archived,
    coalesce(deleted, false) as deleted,
    created_at,
    updated_at
from (select cast($id as varchar) as id) as asked
left join flows on flows.id = asked.id
where flows.id is not null or asked.id in (select flow_id from flow_actions)
