-- Which form is $id? One that is not copied, or not any more, is known by what was seen of it.
select
    asked.id,
    coalesce(name, asked.id) as name,
    status,
    coalesce(ab_test, false) as is_test,
    coalesce(deleted, false) as deleted,
    created_at,
    updated_at
from (select cast($id as varchar) as id) as asked
left join forms on forms.id = asked.id
where forms.id is not null or exists (select 1 from form_events where form_id = cast($id as varchar))
