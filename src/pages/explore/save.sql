-- Keep a view under a name that no other has.
insert into saved_views (id, name, query, created_at)
select $id, cast($name as varchar), $query, $now
where not exists (select 1 from saved_views where lower(name) = lower(cast($name as varchar)))
