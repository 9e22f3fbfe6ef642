-- Keep a view under a name.
insert into saved_views (id, name, query, created_at) values ($id, $name, $query, $now)
