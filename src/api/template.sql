-- Which template is $id, and what is its HTML, if it was read?
select id, name, editor_type, updated_at, html from templates where id = $id
