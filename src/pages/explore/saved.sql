-- Which views did people save?
select id, name, query from saved_views order by lower(name), created_at
