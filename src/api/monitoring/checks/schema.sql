-- Does the database answer, and which migration did it come to?
select max(version) as schema from schema_migrations
